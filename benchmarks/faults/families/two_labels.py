"""One input with two labels."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.faults.family import Family
from benchmarks.faults.material import CLASSES, of_texts, texts
from touchstone.study.model import Study


def plant(conflicts: int, rng: np.random.Generator, where: Path) -> Study:
    """Of 500 texts some stand twice, with another label."""
    rows = texts(rng, 500)
    again = [{**row, "label": CLASSES[(CLASSES.index(row["label"]) + 1) % 3]} for row in rows[:conflicts]]
    return of_texts(where, rows + again)


def numbered(rng: np.random.Generator, where: Path) -> Study:
    """Texts of few words that differ in a number."""
    rows = [{**row, "text": f"{row['text'].split()[0]} number {i}"} for i, row in enumerate(texts(rng, 500))]
    return of_texts(where, rows)


FAMILY = Family(
    check="data.duplicates",
    what="one text with two labels",
    plants={"weak": partial(plant, 1), "medium": partial(plant, 5), "strong": partial(plant, 50)},
    says={"weak": "1 of 500", "medium": "5 of 500", "strong": "50 of 500"},
    clean=partial(plant, 0),
    hard={"texts that differ in a number": numbered},
)
