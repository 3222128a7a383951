"""Labels of one class that were written as one other class."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.faults.family import Family
from benchmarks.faults.material import CLASSES, of_texts, texts
from touchstone.study.model import Study


def plant(share: float, rng: np.random.Generator, where: Path, mixed: float = 0.05) -> Study:
    """Of 1,200 texts in three classes, a share of one class carries the label of the next one."""
    rows = texts(rng, 1200, mixed)
    first = [row for row in rows if row["label"] == CLASSES[0]]
    for row in first[: round(share * len(first))]:
        row["label"] = CLASSES[1]
    return of_texts(where, rows)


FAMILY = Family(
    check="data.label_noise",
    what="labels of one class changed to one other",
    plants={"weak": partial(plant, 0.15), "medium": partial(plant, 0.25), "strong": partial(plant, 0.4)},
    says={"weak": "15 % of the class", "medium": "25 % of it", "strong": "40 % of it"},
    clean=partial(plant, 0.0),
    hard={"classes that share words": partial(plant, 0.0, mixed=0.45)},
)
