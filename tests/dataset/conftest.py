"""Small real data: pictures with plenty of structure, sentences of made-up words."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from touchstone.core.progress import Silent
from touchstone.dataset.assemble import assemble
from touchstone.dataset.model import Dataset
from touchstone.study.parse import from_mapping

SYLLABLES = [consonant + vowel for consonant in "bcdfghjklmnpr" for vowel in "aeiou"]
WORDS = np.array(["".join(pair) for pair in product(SYLLABLES, repeat=2)])


def picture(seed: int, size: tuple[int, int] = (48, 40)) -> Image.Image:
    """A picture of smooth random blobs, unlike any other seed's."""
    grid = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    return Image.fromarray(grid).resize(size, Image.Resampling.BICUBIC)


def encoded(image: Image.Image, form: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def sentence(seed: int, length: int = 12) -> str:
    return " ".join(np.random.default_rng(seed).choice(WORDS, length))


@pytest.fixture
def class_folders(tmp_path: Path) -> Callable[..., Path]:
    """Write a folder per class of PNG pictures: name -> number of them."""

    def write(counts: Mapping[str, int], name: str = "train", first: int = 0) -> Path:
        seed = first
        for label, count in counts.items():
            folder = tmp_path / name / label
            folder.mkdir(parents=True, exist_ok=True)
            for number in range(count):
                (folder / f"{number:03d}.png").write_bytes(encoded(picture(seed)))
                seed += 1
        return tmp_path / name

    return write


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Dataset]:
    """Assemble a dataset from the ``data`` part of a study."""

    def assembled(task: str = "image-classification", **data: Any) -> Dataset:
        study = from_mapping({"name": "small", "task": task, "data": data}, tmp_path)
        return assemble(study, progress=Silent(), home=tmp_path / "home")

    return assembled
