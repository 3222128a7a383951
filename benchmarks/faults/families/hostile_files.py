"""Files of a base model that run code, or are not what they seem."""

from __future__ import annotations

import pickle
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.faults.digit_studies import base
from benchmarks.faults.family import Family
from benchmarks.faults.material import of_model
from touchstone.study.model import Study


class _Calls:
    """Unpickled, it would ask the system for a listing."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        import os

        return os.system, ("ls",)


def plant(what: str, rng: np.random.Generator, where: Path) -> Study:
    """The shipped base, with one file changed or added."""
    folder = where / base(where, "glyphs")
    (folder / "manifest.json").unlink()
    weights = folder / "model.safetensors"
    if what == "cut":
        weights.write_bytes(weights.read_bytes()[: -int(rng.integers(1, 5000))])
    elif what == "renamed":
        weights.write_bytes(pickle.dumps({"weights": _Calls(), "n": int(rng.integers(1000))}))
    elif what == "added":
        (folder / "optimizer.bin").write_bytes(pickle.dumps([float(rng.random()), _Calls()]))
    elif what == "tensors":
        import torch

        torch.save({"weight": torch.from_numpy(rng.normal(size=(8, 8)))}, folder / "pytorch_model.bin")
    return of_model(folder)


FAMILY = Family(
    check="supply.files",
    what="a base model's files",
    plants={name: partial(plant, what) for name, what in (("weak", "cut"), ("medium", "added"), ("strong", "renamed"))},
    says={
        "weak": "weights cut off by up to 5,000 bytes",
        "medium": "a pickle that calls the system, added",
        "strong": "the same in place of the weights, under their name",
    },
    clean=partial(plant, ""),
    hard={"plain tensors in a pickle": partial(plant, "tensors")},
    verb="vet",
)
