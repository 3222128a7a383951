"""A model that is surer than it may be."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.faults.digit_studies import Model, assessed, base, drawn, sound, strength
from benchmarks.faults.family import Family
from touchstone.study.model import Study


def plant(over: float, rng: np.random.Generator, where: Path) -> Study:
    """A middling model whose logits are stretched until confidence exceeds accuracy by so much."""
    train, test, rest = drawn(rng)
    model = Model(where, base(where, "textures"), train)
    model.sharpened(strength(lambda times: model.overconfidence(rest, times), over, 0.2, 40.0))
    return assessed(where, model, {"train": train, "test": test})


FAMILY = Family(
    check="evaluate.calibration",
    what="a model right in 85 % of cases and surer than that",
    plants={"weak": partial(plant, 0.08), "medium": partial(plant, 0.10), "strong": partial(plant, 0.13)},
    says={"weak": "by 8 points", "medium": "by 10", "strong": "by 13"},
    clean=sound,
    hard={
        "wrong in 15 % of cases, and as sure as that": partial(plant, 0.0),
        "surer by 2 points": partial(plant, 0.02),
    },
    verb="run",
)
