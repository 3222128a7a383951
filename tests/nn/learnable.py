"""Tiny data that can be learned: a picture's class is its hue, a text's class is one of its words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.nn.tiny import SIDE, WORDS, Listed
from touchstone.core.digest import of_bytes
from touchstone.core.progress import Silent
from touchstone.core.recipe import Recipe
from touchstone.dataset.model import Examples
from touchstone.nn.assembly import TrainingData
from touchstone.nn.base_model import Base
from touchstone.nn.families import IMAGE
from touchstone.nn.train import fine_tune
from touchstone.nn.tuned import Tuned

CLASSES = ("first", "second")
QUIET = Silent()


def make(task: str, n: int, seed: int = 0, labels: Any = None) -> Examples:
    """Examples of two classes that look different."""
    rng = np.random.default_rng(seed)
    wanted = np.arange(n) % 2 if labels is None else np.asarray(labels)
    inputs = Listed(_picture(rng, int(k)) if task == IMAGE else _text(rng, int(k)) for k in wanted)
    content = [item.tobytes() if task == IMAGE else item.encode() for item in list(inputs)]
    digests = tuple(of_bytes(raw + bytes([i % 256])).removeprefix("sha256:") for i, raw in enumerate(content))
    return Examples(task, tuple(map(str, range(n))), inputs, wanted.astype(np.int64), digests)


def data(task: str, n: int = 32, n_validation: int = 16, seed: int = 0) -> TrainingData:
    return TrainingData(
        make(task, n, seed), make(task, n_validation, seed + 1), CLASSES, mirror if task == IMAGE else None
    )


def mirror(picture: Any, names: Any, rng: np.random.Generator) -> Any:
    return picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if rng.random() < 0.5 else picture.rotate(5)


def tune(base: Base, folder: Path, recipe: Recipe, given: TrainingData | None = None, seed: int = 0) -> Tuned:
    """Fine-tune with everything under one folder."""
    return fine_tune(
        base, recipe, given or data(base.task), seed=seed, head=None, folder=folder / f"{recipe.name}-{seed}",
        cache=folder / "cache", progress=QUIET,
    )  # fmt: skip


def _picture(rng: np.random.Generator, kind: int) -> Image.Image:
    values = rng.integers(0, 120, (8, 8, 3), dtype=np.uint8)
    values[:, :, 2 * kind] += 100
    return Image.fromarray(values).resize((SIDE, SIDE))


def _text(rng: np.random.Generator, kind: int) -> str:
    words = list(rng.choice(WORDS[4:], int(rng.integers(2, 9))))
    words.insert(int(rng.integers(0, len(words) + 1)), WORDS[kind])
    return " ".join(words)
