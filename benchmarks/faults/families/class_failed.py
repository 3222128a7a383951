"""A class that is hardly ever recognised, under a fine average."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.faults.digit_studies import Model, assessed, base, drawn, sound, strength
from benchmarks.faults.family import Family
from touchstone.study.model import Study


def plant(recall: float, rng: np.random.Generator, where: Path) -> Study:
    """A model that was talked out of one class until no more than this share of it is left."""
    train, test, rest = drawn(rng)
    model, blind = Model(where, base(where, "glyphs"), train), int(rng.integers(10))
    of_class, bias = rest.take(rest.labels == blind), model.bias.copy()

    def missed(less: float) -> float:
        model.bias = bias - less * np.eye(10)[blind]
        return 1 - float(model.right(of_class).mean())

    missed(strength(missed, 1 - recall - 1e-9, 0.0, 60.0))
    return assessed(where, model, {"train": train, "test": test})


FAMILY = Family(
    check="evaluate.per_class",
    what="one class of ten, about 60 test examples, hardly ever recognised",
    plants={"weak": partial(plant, 0.10), "medium": partial(plant, 0.05), "strong": partial(plant, 0.0)},
    says={"weak": "one in 10", "medium": "one in 20", "strong": "never"},
    clean=sound,
    hard={"a hard class, recognised half of the time": partial(plant, 0.5)},
    verb="run",
)
