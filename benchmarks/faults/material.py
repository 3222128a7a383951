"""Clean material that faults are planted in: texts of made-up words, drawn scenes, scanned digits, and files of them."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from touchstone.study.model import BaseModel, Columns, Data, IntendedUse, Source, Study
from touchstone.study.paths import study_of_paths

Row = dict[str, Any]
CLASSES = ("amber", "birch", "coral")
_ONSETS, _VOWELS = ("b", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "t", "v"), "aeiou"


@cache
def words(n: int, seed: int) -> tuple[str, ...]:
    """Made-up words, all different."""
    rng, found = np.random.default_rng(seed), dict[str, None]()
    while len(found) < n:
        found["".join(str(rng.choice(_ONSETS)) + _VOWELS[rng.integers(5)] for _ in range(rng.integers(2, 5)))] = None
    return tuple(found)


def sentence(rng: np.random.Generator, label: int, mixed: float = 0.0) -> str:
    """A text of one class; ``mixed`` of its telling words belong to another."""
    common, own = words(600, 1), words(240, 2)
    found = [str(word) for word in rng.choice(common, rng.integers(7, 13))]
    for _ in range(rng.integers(3, 6)):
        pool = int(rng.integers(len(CLASSES))) if rng.random() < mixed else label
        found.append(own[80 * pool + int(rng.integers(80))])
    return " ".join(rng.permutation(found)) + str(rng.choice([".", "!", ""]))


def texts(rng: np.random.Generator, n: int, mixed: float = 0.0) -> list[Row]:
    """Labelled texts in rows of a table."""
    labels = rng.integers(0, len(CLASSES), n)
    return [{"text": sentence(rng, int(label), mixed), "label": CLASSES[label]} for label in labels]


def scene(rng: np.random.Generator, label: int, side: int = 72) -> Image.Image:
    """A shape of the class's kind, in any colour and place, on a ground of its own."""
    ground = rng.integers(30, 226, (5, 5, 3), dtype=np.uint8)
    image = Image.fromarray(ground).resize((side, side), Image.Resampling.BICUBIC)
    pen = ImageDraw.Draw(image)
    for kind in [label, *([int(rng.integers(3))] if rng.random() < 0.3 else [])]:
        r = int(rng.integers(side // 7, side // 4))
        x, y = (int(v) for v in rng.integers(r, side - r, 2))
        colour = tuple(int(c) for c in rng.integers(0, 256, 3))
        if kind == 0:
            pen.ellipse((x - r, y - r, x + r, y + r), fill=colour)
        elif kind == 1:
            pen.rectangle((x - r, y - r, x + r, y + r), fill=colour)
        else:
            pen.polygon(((x, y - r), (x - r, y + r), (x + r, y + r)), fill=colour)
    noise = rng.normal(0, 6, (side, side, 3))
    return Image.fromarray(np.clip(np.asarray(image, float) + noise, 0, 255).astype(np.uint8))


def scenes(rng: np.random.Generator, n: int) -> list[tuple[Image.Image, str]]:
    """Labelled scenes."""
    labels = rng.integers(0, len(CLASSES), n)
    return [(scene(rng, int(label)), CLASSES[label]) for label in labels]


def digits(rng: np.random.Generator, n: int) -> list[tuple[Image.Image, str]]:
    """scikit-learn's scanned digits, enlarged and softened to 32 pixels; many look alike and none are the same."""
    from sklearn.datasets import load_digits

    found = load_digits()
    rows = rng.permutation(len(found.target))[:n]
    made = []
    for row in rows:
        small = Image.fromarray((found.images[row] * 15.9).astype(np.uint8))
        large = small.resize((32, 32), Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(0.6))
        made.append((large.convert("RGB"), str(found.target[row])))
    return made


def table(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    """Write rows as CSV."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def folder(path: Path, pictures: Sequence[tuple[Image.Image, str]]) -> Path:
    """Write labelled pictures as a folder per class."""
    for i, (image, label) in enumerate(pictures):
        (path / label).mkdir(parents=True, exist_ok=True)
        image.save(path / label / f"{i:05}.png")
    return path


def of_texts(where: Path, train: Sequence[Row], test: Sequence[Row] = (), **columns: str) -> Study:
    """A study of one or two tables of texts."""
    paths = [table(where / "train.csv", train), *([table(where / "test.csv", test)] if test else [])]
    return study_of_paths(paths, columns=Columns(**columns))


def of_pictures(
    where: Path, train: Sequence[tuple[Image.Image, str]], test: Sequence[tuple[Image.Image, str]] = ()
) -> Study:
    """A study of one or two folders of pictures."""
    return study_of_paths([folder(where / "train", train), *([folder(where / "test", test)] if test else [])])


def of_model(folder: Path, use: Any = "research") -> Study:
    """A study of one base model, to be vetted for a use; it has no data."""
    return Study(
        "model", "image-classification", Data(Source(folder)), (BaseModel(str(folder), folder),), IntendedUse(use=use)
    )
