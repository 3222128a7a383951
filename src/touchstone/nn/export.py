"""Giving a model to others: a folder that transformers alone loads, and the proof that it repeats its predictions."""

from __future__ import annotations

import copy
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from touchstone.core.atomic import writing_folder
from touchstone.core.errors import ReloadError
from touchstone.dataset.model import Examples
from touchstone.nn import reload_script
from touchstone.nn.base_model import COMPANIONS, Base
from touchstone.nn.families import label_maps
from touchstone.nn.folding import folded
from touchstone.nn.loading import one_line, quiet
from touchstone.supply.shipped import write_sums

TOLERANCE = 1e-3
"""Greatest difference of a probability that still counts as the same prediction."""
PROVEN = 64
"""Examples that a proof looks at."""
_SECONDS = 900


def export(model: nn.Module, base: Base, folder: Path, classes: Sequence[str]) -> None:
    """Write a model in Hugging Face layout, safetensors only, whole or not at all, with the digests of its files.

    Parameters
    ----------
    model : made by :func:`touchstone.nn.families.classifier`, in any state of training
    base : where the files come from that say how inputs are prepared
    folder : replaced where it exists
    classes : names in order of their index
    """
    plain: Any = copy.deepcopy(folded(model)).to("cpu").float().eval()
    for key, value in label_maps(classes).items():
        setattr(plain.config, key, value)
    plain.config.problem_type = "single_label_classification"
    plain.config.name_or_path = ""  # the machine it was made on is nobody's business
    with writing_folder(folder) as temporary:
        with quiet():
            plain.save_pretrained(temporary)
        for name in COMPANIONS:
            if (base.path / name).is_file():
                shutil.copyfile(base.path / name, temporary / name)
        if base.max_length is not None:
            _set_max_length(temporary / "tokenizer_config.json", base.max_length)
        write_sums(temporary)
        for path in temporary.iterdir():
            path.chmod(0o666 & ~_umask())  # safetensors writes for its owner alone


def _umask() -> int:
    """What this process takes away from the rights of new files."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _set_max_length(path: Path, length: int) -> None:
    """Long texts must be cut where they were cut in training."""
    settings = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    settings["model_max_length"] = length
    path.write_text(json.dumps(settings, indent=2, ensure_ascii=False), "utf-8")


def reload_proof(folder: Path, examples: Examples, expected: NDArray[Any], task: str) -> float:
    """Load the folder in a fresh process with transformers alone and compare its predictions.

    Parameters
    ----------
    folder : as :func:`export` wrote it
    examples : up to 64 of them are looked at, spread evenly
    expected : (n, K) probabilities of the same examples
    task : image-classification or text-classification

    Returns
    -------
    the greatest difference of a probability that was seen

    Raises
    ------
    ReloadError
        where the folder does not load, or a probability differs by more than 1e-3, or a clear prediction changes
    """
    picked = np.unique(np.linspace(0, len(examples) - 1, min(PROVEN, len(examples))).round().astype(np.int64))
    with tempfile.TemporaryDirectory() as scratch:
        got = _predict_afresh(folder, [examples.inputs[int(i)] for i in picked], task, Path(scratch))
    return compare(folder, got, np.asarray(expected, dtype=np.float64)[picked])


def compare(folder: Path, got: NDArray[np.float64], wanted: NDArray[np.float64]) -> float:
    """The greatest difference of two tables of probabilities (n, K); ReloadError where they are not the same."""
    if got.shape != wanted.shape:
        raise ReloadError(f"{folder}: reloaded, it gives {got.shape[1]} classes where {wanted.shape[1]} are expected")
    differences = np.abs(got - wanted).max(axis=1)
    top = np.sort(wanted, axis=1)
    clear = (top[:, -1] - top[:, -2] > 2 * TOLERANCE) if wanted.shape[1] > 1 else np.zeros(len(wanted), bool)
    changed = int((clear & (got.argmax(1) != wanted.argmax(1))).sum())
    worst = float(differences.max())
    if not worst <= TOLERANCE or changed:
        what = f"a probability differs by {worst:.2g}, and {changed} of {len(wanted)} clear predictions change"
        raise ReloadError(f"{folder}: reloaded by transformers alone, {what}")
    return worst


def _predict_afresh(folder: Path, inputs: Sequence[Any], task: str, scratch: Path) -> NDArray[np.float64]:
    listed = []
    for index, value in enumerate(inputs):
        if task == "image-classification":
            value.convert("RGB").save(scratch / f"{index}.png")  # PNG loses nothing
            listed.append(str(scratch / f"{index}.png"))
        else:
            listed.append(str(value))
    (scratch / "inputs.json").write_text(json.dumps(listed), "utf-8")
    answer = scratch / "probabilities.json"
    arguments = [task, str(folder.resolve()), str(scratch / "inputs.json"), str(answer)]
    command = [sys.executable, "-I", reload_script.__file__, *arguments]
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": "", "TRANSFORMERS_VERBOSITY": "error"}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired as fault:
        raise ReloadError(f"{folder}: it did not load and predict within {_SECONDS} s") from fault
    if done.returncode or not answer.is_file():
        lines = done.stderr.strip().splitlines() or ["no message"]
        raise ReloadError(f"{folder}: transformers alone cannot load it ({one_line(Exception(lines[-1]))})")
    return np.asarray(json.loads(answer.read_text("utf-8")), dtype=np.float64)
