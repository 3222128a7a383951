"""A border around the pictures of one class."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
from PIL import ImageOps

from benchmarks.faults.family import Family
from benchmarks.faults.material import CLASSES, of_pictures, scenes
from touchstone.study.model import Study


def plant(share: float, classes: tuple[str, ...], rng: np.random.Generator, where: Path) -> Study:
    """A white border of three pixels around a share of some classes."""
    made = []
    for image, label in scenes(rng, 400):
        if label in classes and rng.random() < share:
            image = ImageOps.expand(image.resize((66, 66)), 3, (255, 255, 255))
        made.append((image, label))
    return of_pictures(where, made)


FAMILY = Family(
    check="data.label_proxy",
    what="a border around pictures of one class",
    plants={
        "weak": partial(plant, 0.5, CLASSES[:1]),
        "medium": partial(plant, 0.8, CLASSES[:1]),
        "strong": partial(plant, 1.0, CLASSES[:1]),
    },
    says={"weak": "half of the class", "medium": "80 % of the class", "strong": "the whole class"},
    clean=partial(plant, 0.0, ()),
    hard={"the same border around half of every class": partial(plant, 0.5, CLASSES)},
)
