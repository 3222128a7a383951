"""A base model of another domain, or of none."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.faults.digit_studies import base, drawn, study
from benchmarks.faults.family import Family
from touchstone.study.model import Study


def plant(which: tuple[str, ...], per_class: int, rng: np.random.Generator, where: Path) -> Study:
    """Some bases beside each other: a name, with a minus of shuffled weights, with a tilde of weights stirred a little."""
    train, test, _ = drawn(rng, per_class=per_class)
    bases = [
        base(where, one.strip("-~"), shuffled=rng if one[-1] in "-~" else None, stirred=0.02 if one[-1] == "~" else 0.0)
        for one in which
    ]
    return study(where, {"train": train, "test": test}, bases)


FAMILY = Family(
    check="base.domain",
    what="a base that does not fit",
    plants={
        "weak": partial(plant, ("glyphs", "glyphs-"), 30),
        "medium": partial(plant, ("glyphs", "textures"), 30),
        "strong": partial(plant, ("textures",), 60),
    },
    says={
        "weak": "shuffled weights beside a fitting base",
        "medium": "another domain beside a fitting base",
        "strong": "another domain, alone, where plain features do better",
    },
    clean=partial(plant, ("glyphs",), 30),
    hard={"a fitting base beside another fitting one": partial(plant, ("glyphs", "glyphs~"), 30)},
    verb="rank",
    about={"weak": "bases/glyphs-shuffled", "medium": "bases/textures"},
)
