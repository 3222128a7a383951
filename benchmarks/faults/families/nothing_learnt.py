"""Labels that nothing predicts, and models that guess."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.faults.digit_studies import Model, assessed, base, drawn, sound, study
from benchmarks.faults.family import Family
from touchstone.study.model import Study


def nothing_there(rng: np.random.Generator, where: Path) -> Study:
    """Labels drawn at random in both splits; the whole study is run."""
    train, test, _ = drawn(rng)
    splits = {
        "train": train.relabelled(rng.permutation(train.labels)),
        "test": test.relabelled(rng.permutation(test.labels)),
    }
    return study(where, splits, [base(where, "glyphs")])


def unlearnt(rng: np.random.Generator, where: Path) -> Study:
    """A finished model whose head was fitted to shuffled labels."""
    train, test, _ = drawn(rng)
    model = Model(where, base(where, "glyphs"), train.relabelled(rng.permutation(train.labels)))
    return assessed(where, model, {"train": train, "test": test})


def constant(rng: np.random.Generator, where: Path) -> Study:
    """A finished model that always says the same."""
    train, test, _ = drawn(rng)
    model = Model(where, base(where, "glyphs"), train)
    model.bias = model.bias + 100.0 * np.eye(10)[3]
    return assessed(where, model, {"train": train, "test": test})


def two_classes(share: float, rng: np.random.Generator, where: Path) -> Study:
    """Threes among eights, of which the eights are so many."""
    train, test, _ = drawn(rng, n_test=1200, per_class=60)

    def some(pictures, n):  # type: ignore[no-untyped-def]
        rows = [np.flatnonzero(pictures.labels == k)[:m] for k, m in ((8, round(share * n)), (3, n - round(share * n)))]
        return pictures.take(rng.permutation(np.concatenate(rows)))

    splits = {"train": some(train, 80), "test": some(test, 110)}
    return assessed(where, Model(where, base(where, "glyphs"), splits["train"]), splits)


FAMILY = Family(
    check="compare.majority",
    what="a model that guesses",
    plants={"weak": nothing_there, "medium": unlearnt, "strong": constant},
    says={
        "weak": "trained here on labels that nothing predicts",
        "medium": "brought, its head fitted to shuffled labels",
        "strong": "brought, always the same answer",
    },
    clean=sound,
    hard={"natural imbalance of 70 to 30": partial(two_classes, 0.7)},
    verb="run",
)
