"""What ships is decided on unseen examples: the probe, unless a fine-tune gains more than luck gives."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from touchstone.pipeline.choice import choose
from touchstone.pipeline.contender import OUT_OF_FOLD, Contender


def sayings(right: Any, sure: float = 0.9) -> Any:
    """Probabilities of two classes whose truth is always 0, right where ``right`` says so."""
    first = np.where(right, sure, 1 - sure)
    return np.stack([first, 1 - first], axis=1)


def contender(right: Any, sure: float = 0.9, seeds: int = 3, averages: str | None = None, user: bool = False) -> Any:
    candidate: Any = SimpleNamespace(seeds=tuple(range(seeds)), averages=averages, user=user)
    return Contender(candidate, {}, {"validation": sayings(right, sure)})


def data(validation: int, train: int = 0) -> Any:
    return SimpleNamespace(
        validation=SimpleNamespace(labels=np.zeros(validation, int)),
        train=SimpleNamespace(labels=np.zeros(train, int), digests=[f"d{i}" for i in range(train)]),
    )


def won(n: int, gained: int, lost: int = 0, at: float = 0.7, sure: float = 0.9) -> tuple[Any, Any]:
    """Probe and fine-tune of ``n`` items, of which the fine-tune wins some and loses others."""
    base = np.arange(n) < round(at * n)
    tuned = base.copy()
    tuned[np.flatnonzero(~base)[:gained]] = True
    tuned[:lost] = False
    return contender(base), contender(tuned, sure)


def crossing(probe: Any, tuned: Any, n: int, gained: int, lost: int) -> tuple[Any, Any]:
    """The same two, with ``n`` training examples that folds answered; the order of the folds is not the data's."""
    base = np.arange(2 * n) < round(1.4 * n)
    some = np.random.default_rng(0).permutation(2 * n)[:n]
    better = base.copy()
    better[some[~base[some]][:gained]] = True
    better[some[base[some]][:lost]] = False
    rows = tuple((f"d{i}", bool(better[i]), 0.5 if better[i] else 1.0) for i in some)
    return replace(probe, predictions={OUT_OF_FOLD: sayings(base, 0.6)[None]}), replace(tuned, cross_fitted=rows)


@pytest.mark.parametrize(("n", "gained", "lost", "ships"), [(16, 3, 0, 0), (16, 4, 0, 0), (40, 8, 0, 1), (100, 12, 2, 1), (100, 8, 5, 0)])  # fmt: skip
def test_a_gain_of_few_items_is_luck(n: int, gained: int, lost: int, ships: int) -> None:
    probe, tuned = won(n, gained, lost, sure=0.6)
    assert choose(probe, [tuned], data(n)) is (probe, tuned)[ships]


def test_a_loss_that_is_surely_smaller_counts_where_no_answer_is_lost() -> None:
    right = np.ones(50, dtype=bool)
    probe, surer = contender(right, sure=0.7), contender(right, sure=0.95)
    assert choose(probe, [surer], data(50)) is surer


def test_a_rung_that_was_tried_once_gives_way_to_one_with_all_seeds() -> None:
    probe, tuned = won(100, 15)
    once = contender(np.arange(100) < 88, seeds=1)
    assert choose(probe, [once, tuned], data(100)) is tuned
    soup = contender(np.ones(100, dtype=bool), seeds=1, averages="top-1@base")
    assert choose(probe, [once, tuned, soup], data(100)) is soup


@pytest.mark.parametrize(("gained", "lost", "ships"), [(20, 4, 1), (12, 9, 0), (0, 20, 0)])
def test_what_folds_answered_unseen_decides_where_validation_is_small(gained: int, lost: int, ships: int) -> None:
    probe, tuned = crossing(*won(16, 2, 1, sure=0.6), 100, gained, lost)
    assert choose(probe, [tuned], data(16, 200)) is (probe, tuned)[ships]


def test_validation_alone_does_not_overrule_many_folds() -> None:
    probe, tuned = crossing(*won(20, 6, 0, sure=0.6), 200, 5, 40)
    assert choose(probe, [tuned], data(20, 400)) is probe
    alone = replace(tuned, cross_fitted=())
    assert choose(probe, [alone], data(20, 400)) is alone


def test_what_deepens_a_rung_has_its_gain_unless_validation_is_sure_of_more_or_less() -> None:
    probe, rung = crossing(*won(30, 3, 1, sure=0.6), 100, 20, 4)
    better, luckier, worse = (contender(np.arange(30) < right, sure=0.6) for right in (30, 25, 10))
    assert choose(probe, [rung, better], data(30, 200)) is better
    assert choose(probe, [rung, luckier], data(30, 200)) is rung
    assert choose(probe, [rung, worse], data(30, 200)) is rung
    once = replace(rung, candidate=SimpleNamespace(seeds=(0,), averages=None, user=False))
    assert choose(probe, [once, luckier], data(30, 200)) is luckier
    assert choose(probe, [once, worse], data(30, 200)) is probe


def test_a_users_recipe_stands_on_validation_alone() -> None:
    probe, rung = crossing(*won(30, 3, 1, sure=0.6), 100, 20, 4)
    users = contender(np.arange(30) < 25, sure=0.6, user=True)
    assert choose(probe, [rung, users], data(30, 200)) is rung


def drawn(rng: np.random.Generator, gain: float, n: int = 40, folds: int = 120) -> tuple[Any, Any]:
    """A probe right in 70 % of cases and a rung better by ``gain``; they agree on four items of five."""

    def pair(size: int) -> tuple[Any, Any]:
        shared, own = rng.random(size), rng.random((2, size))
        apart = rng.random(size) < 0.2
        return np.where(apart, own[0], shared) < 0.7, np.where(apart, own[1], shared) < 0.7 + gain

    (first, second), (trained, crossed) = pair(n), pair(folds)
    rows = tuple((f"d{i}", bool(right), 0.51 if right else 0.92) for i, right in enumerate(crossed))
    probe, rung = contender(first, sure=0.6), contender(second, sure=0.6)
    return replace(probe, predictions={OUT_OF_FOLD: sayings(trained, 0.6)[None]}), replace(rung, cross_fitted=rows)


def test_a_rung_that_is_no_better_ships_seldom_and_one_that_is_ships_often() -> None:
    """McNemar's test and the t-test of the losses hold their level of 5 % and 2.5 % together."""
    shipped = {}
    for gain in (0.0, 0.1):
        rng = np.random.default_rng(7)
        drawn_ = [drawn(rng, gain) for _ in range(400)]
        shipped[gain] = np.mean([choose(probe, [rung], data(40, 120)) is rung for probe, rung in drawn_])
    assert shipped[0.0] <= 0.075 + 0.03
    assert shipped[0.1] >= 0.8
