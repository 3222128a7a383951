"""Labels that were changed at random."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.faults.family import Family
from benchmarks.faults.material import CLASSES, of_texts, texts
from touchstone.study.model import Study


def plant(share: float, rng: np.random.Generator, where: Path, mixed: float = 0.05) -> Study:
    """Of 1,200 texts a share carries the label of another class."""
    rows = texts(rng, 1200, mixed)
    for row in rows[: round(share * len(rows))]:
        row["label"] = CLASSES[(CLASSES.index(row["label"]) + int(rng.integers(1, 3))) % 3]
    return of_texts(where, rows)


FAMILY = Family(
    check="data.label_noise",
    what="labels changed at random",
    plants={"weak": partial(plant, 0.06), "medium": partial(plant, 0.1), "strong": partial(plant, 0.2)},
    says={"weak": "6 %", "medium": "10 %", "strong": "20 %"},
    clean=partial(plant, 0.0),
    hard={"classes that share words": partial(plant, 0.0, mixed=0.45)},
)
