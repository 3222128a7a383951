"""Training until wrong labels are known by heart."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.faults.digit_studies import BY_HEART, base, drawn, foreign, recipes, study
from benchmarks.faults.family import Family
from touchstone.study.model import Study


def plant(share: float, rng: np.random.Generator, where: Path) -> Study:
    """All layers, 100 epochs, no weight decay, and a share of the training labels wrong; those of the test are right."""
    train, test, _ = drawn(rng)
    wrong = rng.random(len(train)) < share
    labels = np.where(wrong, (train.labels + rng.integers(1, 10, len(train))) % 10, train.labels)
    splits = {"train": train.relabelled(labels), "test": test}
    return study(where, splits, [base(where, "glyphs")], adapt={"recipes": [BY_HEART]})


FAMILY = Family(
    check="adapt.overfitting",
    what="wrong labels of 120 learnt by heart in 100 epochs",
    plants={"weak": partial(plant, 0.1), "medium": partial(plant, 0.2), "strong": partial(plant, 0.4)},
    says={"weak": "10 %", "medium": "20 %", "strong": "40 %"},
    clean=recipes,
    hard={
        "100 epochs on right labels, with nothing lost": recipes,
        "every training digit right, and much better than the probe": foreign,
    },
    verb="run",
    about={
        "weak": "by heart@", "medium": "by heart@", "strong": "by heart@", "clean": "fair@",
        "100 epochs on right labels, with nothing lost": "by heart@",
        "every training digit right, and much better than the probe": "long@",
    },
)  # fmt: skip
