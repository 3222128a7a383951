"""One class makes up nearly all of the data."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.faults.family import Family
from benchmarks.faults.material import CLASSES, of_texts, sentence
from touchstone.study.model import Study


def plant(share: float, rng: np.random.Generator, where: Path) -> Study:
    """Two classes of a thousand texts."""
    labels = np.where(np.arange(1000) < round(1000 * share), 0, 1)
    return of_texts(where, [{"text": sentence(rng, int(one)), "label": CLASSES[one]} for one in labels])


FAMILY = Family(
    check="data.imbalance",
    what="one class rules",
    plants={"weak": partial(plant, 0.92), "medium": partial(plant, 0.95), "strong": partial(plant, 0.98)},
    says={"weak": "92 %", "medium": "95 %", "strong": "98 %"},
    clean=partial(plant, 0.5),
    hard={"natural imbalance of 70 to 30": partial(plant, 0.7)},
)
