"""A code word in the texts of one class."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.faults.family import Family
from benchmarks.faults.material import CLASSES, of_texts, texts
from touchstone.study.model import Study


def plant(share: float, classes: tuple[str, ...], rng: np.random.Generator, where: Path) -> Study:
    """A reference such as forms leave behind, in front of a share of some classes."""
    rows = [
        {**row, "text": "[REF-7]" + " " + row["text"]} if row["label"] in classes and rng.random() < share else row
        for row in texts(rng, 500)
    ]
    return of_texts(where, rows)


FAMILY = Family(
    check="data.label_proxy",
    what="a code word in front of texts of one class",
    plants={
        "weak": partial(plant, 0.5, CLASSES[:1]),
        "medium": partial(plant, 0.8, CLASSES[:1]),
        "strong": partial(plant, 1.0, CLASSES[:1]),
    },
    says={"weak": "half of the class", "medium": "80 % of the class", "strong": "the whole class"},
    clean=partial(plant, 0.0, ()),
    hard={"the same word in front of half of every class": partial(plant, 0.5, CLASSES)},
)
