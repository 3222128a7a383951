"""Bounds that the model does not reach."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.faults.digit_studies import Model, assessed, base, drawn, sound
from benchmarks.faults.family import Family
from touchstone.study.model import Study


def plant(rng: np.random.Generator, where: Path) -> Study:
    """Bounds measured out on a thousand digits that no study sees; on them these scores are nearly the same number."""
    train, test, rest = drawn(rng)
    model = Model(where, base(where, "textures"), train)
    truth = float(model.right(rest).mean())
    asked = {"accuracy": 0.05, "balanced_accuracy": 0.08, "macro_recall": 0.12, "mcc": -0.04}
    require = {metric: f">= {min(truth + more, 0.999):.3f}" for metric, more in asked.items()}
    return assessed(where, model, {"train": train, "test": test}, require=require)


FAMILY = Family(
    check="evaluate.requirements",
    what="a bound above what the model can do",
    plants=dict.fromkeys(("weak", "medium", "strong"), plant),
    says={"weak": "by 5 points", "medium": "by 8", "strong": "by 12"},
    clean=sound,
    hard={"a bound that is met by a few points": plant},
    verb="run",
    about={"weak": "accuracy", "medium": "balanced_accuracy", "strong": "macro_recall",
           "a bound that is met by a few points": "mcc"},
)  # fmt: skip
