"""A base that makes the result worse than training from scratch."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.faults.digit_studies import Model, assessed, base, drawn, recipes
from benchmarks.faults.family import Family
from touchstone.study.model import Study


def plant(name: str, shuffled: bool, per_class: int, rng: np.random.Generator, where: Path) -> Study:
    """A finished head on a base, held against the same architecture trained from scratch."""
    train, test, _ = drawn(rng, 700, per_class)
    written = base(where, name, shuffled=rng if shuffled else None)
    return assessed(where, Model(where, written, train), {"train": train, "test": test}, adapt={"seeds": 3})


FAMILY = Family(
    check="compare.scratch",
    what="a model that training from scratch beats",
    plants={
        "weak": partial(plant, "glyphs", True, 30),
        "medium": partial(plant, "textures", False, 30),
        "strong": partial(plant, "textures", False, 60),
    },
    says={
        "weak": "a base of shuffled weights, 30 digits of each class",
        "medium": "a base from elsewhere, 30 digits of each class",
        "strong": "a base from elsewhere, 60 digits of each class",
    },
    clean=recipes,
    hard={"a fitting base, where scratch does nearly as well": partial(plant, "glyphs", False, 30)},
    verb="run",
    about={"clean": "fair@"},
)
