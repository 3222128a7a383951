"""A test set that was opened again and again."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.faults.digit_studies import sound
from benchmarks.faults.family import Family
from touchstone.core.progress import Silent
from touchstone.dataset.assemble import assemble
from touchstone.study.model import Study


def plant(earlier: int, rng: np.random.Generator, where: Path) -> Study:
    """Studies of other models have opened the same test set before."""
    study = sound(rng, where)
    seal = assemble(study, progress=Silent(), home=Path(os.environ["TOUCHSTONE_HOME"]), audited=False).seal
    for i in range(earlier):
        seal.open(f"study {i}", f"model {i}")
    return study


FAMILY = Family(
    check="evaluate.test_reuse",
    what="a test set opened more than the three times that are allowed",
    plants={"weak": partial(plant, 3), "medium": partial(plant, 6), "strong": partial(plant, 20)},
    says={"weak": "4 times", "medium": "7 times", "strong": "21 times"},
    clean=sound,
    hard={"opened three times": partial(plant, 2)},
    verb="run",
)
