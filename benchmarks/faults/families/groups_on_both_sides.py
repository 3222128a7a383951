"""Authors whose texts stand in train and in test."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.faults.family import Family
from benchmarks.faults.material import of_texts, texts
from touchstone.study.model import Study


def plant(shared: int, rng: np.random.Generator, where: Path, name: str = "author {}") -> Study:
    """Eighty authors of train and forty of test, of whom some are the same."""
    train, test = texts(rng, 400), texts(rng, 200)
    train = [{**row, "author": name.format(i % 80)} for i, row in enumerate(train)]
    test = [{**row, "author": name.format(80 - shared + i % 40)} for i, row in enumerate(test)]
    return of_texts(where, train, test, group="author")


def no_names(rng: np.random.Generator, where: Path) -> Study:
    """Rows that name no author."""
    return plant(0, rng, where, "")


FAMILY = Family(
    check="data.group_leakage",
    what="authors on both sides of a split, declared",
    plants={"weak": partial(plant, 1), "medium": partial(plant, 8), "strong": partial(plant, 40)},
    says={"weak": "1 of 40", "medium": "8 of 40", "strong": "all 40"},
    clean=partial(plant, 0),
    hard={"nobody named": no_names},
)
