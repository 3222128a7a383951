"""A camera whose pictures are noisy."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.faults.digit_studies import Model, assessed, base, cameras, drawn, sound, strength
from benchmarks.faults.family import Family
from touchstone.study.model import Study


def plant(gap: float, rng: np.random.Generator, where: Path) -> Study:
    """Every third test picture comes from a camera that costs so many points of accuracy."""
    train, test, rest = drawn(rng)
    model = Model(where, base(where, "glyphs"), train)
    some, fixed = rest.take(slice(500)), int(rng.integers(2**31))
    right = float(model.right(some).mean())

    def lost(sigma: float) -> float:
        return right - float(model.right(some.noisy(np.random.default_rng(fixed), sigma)).mean())

    sigma = strength(lost, gap, 0.0, 0.8) if gap else 0.0
    of_train, of_test = cameras(rng, len(train)), cameras(rng, len(test))
    noise = np.where(np.array(of_test) == "west", sigma, 0.0)
    splits = {"train": train.beside(camera=of_train), "test": test.noisy(rng, noise).beside(camera=of_test)}
    return assessed(where, model, splits, data={"slices": ["camera"]})


def hard_classes(rng: np.random.Generator, where: Path) -> Study:
    """A camera that sees the two digits which this model finds hardest, no worse than others do."""
    train, test, rest = drawn(rng)
    model = Model(where, base(where, "textures"), train)
    recalls = [float(model.right(rest.take(rest.labels == k)).mean()) for k in range(10)]
    hardest = set(np.argsort(recalls)[:2].tolist())

    def seen(labels: np.ndarray) -> list[str]:
        return [
            "west" if int(k) in hardest and rng.random() < 0.7 else str(rng.choice(["east", "north"])) for k in labels
        ]

    splits = {"train": train.beside(camera=seen(train.labels)), "test": test.beside(camera=seen(test.labels))}
    return assessed(where, model, splits, data={"slices": ["camera"]})


FAMILY = Family(
    check="evaluate.slices",
    what="one camera of three, 200 test examples, served worse",
    plants={"weak": partial(plant, 0.10), "medium": partial(plant, 0.20), "strong": partial(plant, 0.35)},
    says={"weak": "by 10 points", "medium": "by 20", "strong": "by 35"},
    clean=sound,
    hard={
        "a camera served worse by 2 points": partial(plant, 0.02),
        "a camera that sees the hardest classes": hard_classes,
    },
    verb="run",
)
