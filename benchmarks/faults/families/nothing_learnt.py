"""Labels that nothing predicts, and models that guess."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.faults.digit_studies import Model, Pictures, assessed, base, drawn, sound, strength, study
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


def hardly_another(rng: np.random.Generator, where: Path) -> Study:
    """A finished model that says the same save for one answer in sixty or so."""
    train, test, rest = drawn(rng)
    model = Model(where, base(where, "glyphs"), train)
    bias = model.bias.copy()

    def favoured(more: float) -> float:
        model.bias = bias + more * np.eye(10)[3]
        return float((model.logits(rest).argmax(1) == 3).mean())

    favoured(strength(favoured, 0.985, 0.0, 100.0))
    return assessed(where, model, {"train": train, "test": test})


def constant(rng: np.random.Generator, where: Path) -> Study:
    """A finished model that always says the same."""
    train, test, _ = drawn(rng)
    model = Model(where, base(where, "glyphs"), train)
    model.bias = model.bias + 100.0 * np.eye(10)[3]
    return assessed(where, model, {"train": train, "test": test})


def imbalanced(rng: np.random.Generator, where: Path) -> Study:
    """Of three digits one makes up seven tenths, one two, one one."""
    train, test, _ = drawn(rng, n_test=1200, per_class=60)

    def some(pictures: Pictures, n: int) -> Pictures:
        counts = {8: round(0.7 * n), 3: round(0.2 * n), 5: round(0.1 * n)}
        rows = [np.flatnonzero(pictures.labels == k)[:m] for k, m in counts.items()]
        return pictures.take(rng.permutation(np.concatenate(rows)))

    splits = {"train": some(train, 80), "test": some(test, 150)}
    return assessed(where, Model(where, base(where, "glyphs"), splits["train"]), splits)


FAMILY = Family(
    check="compare.majority",
    what="a model that guesses",
    plants={"weak": nothing_there, "medium": hardly_another, "strong": constant},
    says={
        "weak": "trained here on labels that nothing predicts",
        "medium": "brought, the same answer 59 times of 60",
        "strong": "brought, always the same answer",
    },
    clean=sound,
    hard={"natural imbalance of 70, 20 and 10 %": imbalanced},
    verb="run",
)
