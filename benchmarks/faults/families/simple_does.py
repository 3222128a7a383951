"""A task that a simple model without a base solves as well, or better."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.faults.digit_studies import Model, Pictures, assessed, base, drawn
from benchmarks.faults.family import Family
from touchstone.study.model import Study


def brightness(rng: np.random.Generator, where: Path) -> Study:
    """Three kinds of evenly grey pictures, told apart by any average of pixels."""

    def some(n: int) -> Pictures:
        labels = rng.integers(0, 3, n)
        grey = 0.25 + 0.25 * labels[:, None, None] + rng.normal(0, 0.03, (n, 1, 1))
        return Pictures(np.broadcast_to(grey, (n, 8, 8)), labels, {}).noisy(rng, 0.05)

    splits = {"train": some(120), "test": some(600)}
    return assessed(where, Model(where, base(where, "glyphs"), splits["train"]), splits)


def brought(name: str, shuffled: bool, per_class: int, noise: float, rng: np.random.Generator, where: Path) -> Study:
    """A head on a base, for digits with noise."""
    train, test, _ = (some.noisy(rng, noise) for some in drawn(rng, 900, per_class))
    written = base(where, name, shuffled=rng if shuffled else None)
    return assessed(where, Model(where, written, train), {"train": train, "test": test})


FAMILY = Family(
    check="compare.non_transfer",
    what="a model that a simple one without a base equals or beats",
    plants={
        "weak": brightness,
        "medium": partial(brought, "glyphs", True, 30, 0.0),
        "strong": partial(brought, "textures", False, 12, 0.0),
    },
    says={
        "weak": "three greys, which both tell",
        "medium": "digits, on a base of shuffled weights",
        "strong": "digits, on a base from elsewhere",
    },
    clean=partial(brought, "glyphs", False, 12, 0.1),
    hard={"a lead of a few points, on 5 digits of each class": partial(brought, "glyphs", False, 5, 0.0)},
    verb="run",
)
