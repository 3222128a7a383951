"""Labelled data from elsewhere, on which much is lost."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.faults.digit_studies import Model, Pictures, assessed, base, drawn, sound, strength
from benchmarks.faults.family import Family
from touchstone.study.model import Study

DROPS = {"near": 0.1, "far": 0.15, "distant": 0.3, "harder": 0.02}


def plant(rng: np.random.Generator, where: Path) -> Study:
    """One model, and five shift sets of other digits, each with its own noise."""
    train, test, rest = drawn(rng)
    model = Model(where, base(where, "glyphs"), train)
    some, fixed = rest.take(slice(500)), int(rng.integers(2**31))
    right = float(model.right(some).mean())

    def noisy(sigma: float) -> Pictures:
        return some.noisy(np.random.default_rng(fixed), sigma)

    shift = {}
    for name, drop in DROPS.items():
        sigma = strength(lambda s: right - float(model.right(noisy(s)).mean()), drop, 0.0, 0.8)
        shift[name] = noisy(sigma)
    common = rng.permutation(np.flatnonzero((rest.labels < 3) | (rng.random(len(rest)) < 0.15)))
    shift["mixed"] = rest.take(common[:400])
    return assessed(where, model, {"train": train, "test": test, **shift})


FAMILY = Family(
    check="evaluate.shift",
    what="accuracy lost on 500 examples from elsewhere",
    plants=dict.fromkeys(("weak", "medium", "strong"), plant),
    says={"weak": "10 points", "medium": "15 points", "strong": "30 points"},
    clean=sound,
    hard={"2 points lost": plant, "another mix of classes": plant},
    verb="run",
    about={"weak": "near", "medium": "far", "strong": "distant", "2 points lost": "harder", "another mix of classes": "mixed"},
)  # fmt: skip
