"""Pictures of the training set that stand in the test set too, changed as people change pictures."""

from __future__ import annotations

import io
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from benchmarks.faults.family import Family
from benchmarks.faults.material import digits, of_pictures, scene, scenes
from touchstone.study.model import Study

HARMLESS = ("mirrored", "half size", "recompressed")


def changed(image: Image.Image, how: str, rng: np.random.Generator) -> Image.Image:
    """A copy as it comes about."""
    width, height = image.size
    if how == "mirrored":
        return ImageOps.mirror(image)
    if how == "half size":
        return image.resize((width // 2, height // 2))
    if how == "recompressed":
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=30)
        return Image.open(io.BytesIO(buffer.getvalue())).convert("RGB")
    if how == "cropped":
        x, y = (int(v) for v in rng.integers(0, (width // 5 + 1, height // 5 + 1)))
        return image.crop((x, y, x + 4 * width // 5, y + 4 * height // 5))
    if how == "brighter":
        return ImageEnhance.Brightness(image).enhance(1.2)
    if how == "turned":
        return image.rotate(5, Image.Resampling.BILINEAR)
    if how == "blurred":
        return image.filter(ImageFilter.GaussianBlur(0.8))
    if how == "grey":
        return image.convert("L").convert("RGB")
    return ImageOps.expand(image, 4)


ALL = (*HARMLESS, "cropped", "brighter", "turned", "blurred", "grey", "framed")


def plant(copies: int, ways: tuple[str, ...], rng: np.random.Generator, where: Path) -> Study:
    """``copies`` of 300 training scenes among 120 test scenes."""
    train, test = scenes(rng, 300), scenes(rng, 120 - copies)
    test += [(changed(image, ways[i % len(ways)], rng), label) for i, (image, label) in enumerate(train[:copies])]
    return of_pictures(where, train, test)


def burst(rng: np.random.Generator, where: Path) -> Study:
    """Many different things photographed on one ground."""
    ground = scene(rng, 0)
    made = [(Image.blend(ground, image, 0.6), label) for image, label in scenes(rng, 420)]
    return of_pictures(where, made[:300], made[300:])


def look_alikes(rng: np.random.Generator, where: Path) -> Study:
    """Digits, of which hundreds look alike."""
    made = digits(rng, 700)
    return of_pictures(where, made[:500], made[500:])


FAMILY = Family(
    check="data.leakage",
    what="changed copies of training pictures in the test set",
    plants={
        "weak": partial(plant, 1, ("recompressed",)),
        "medium": partial(plant, 6, HARMLESS),
        "strong": partial(plant, 18, ALL),
    },
    says={"weak": "1 recompressed", "medium": "6 mirrored, half size or recompressed", "strong": "18, of nine kinds"},
    clean=partial(plant, 0, ALL),
    hard={"burst photos of different things": burst, "digits that look alike": look_alikes},
)
