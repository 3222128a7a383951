from __future__ import annotations

import numpy as np
import pytest

from touchstone.evaluate.shift import drop, shared_accuracies


def test_another_mix_of_classes_alone_is_no_drop() -> None:
    rng = np.random.default_rng(0)
    rate = np.array([0.95, 0.6])
    test, moved = rng.choice(2, 4000, p=[0.9, 0.1]), rng.choice(2, 4000, p=[0.2, 0.8])
    right, far = rng.random(4000) < rate[test], rng.random(4000) < rate[moved]
    assert right.mean() - far.mean() > 0.2
    assert abs(drop(right, test, far, moved).value) < 0.05


def test_intervals_cover_and_alarms_keep_their_size() -> None:
    rng = np.random.default_rng(1)
    covered = alarms = 0
    for _ in range(300):
        test, moved = rng.integers(0, 4, 200), rng.choice(4, 120, p=[0.4, 0.3, 0.2, 0.1])
        rate = np.array([0.95, 0.9, 0.8, 0.7])
        claim = drop(rng.random(200) < rate[test], test, rng.random(120) < rate[moved], moved)
        covered += claim.interval().low <= 0.0 <= claim.interval().high
        alarms += claim.lower(0.05) > 0
    assert covered >= 273  # 95 % of 300 is 285; fewer than 273 has probability .001
    assert alarms <= 27


def test_a_collapse_is_proven() -> None:
    rng = np.random.default_rng(2)
    test, moved = rng.integers(0, 3, 500), rng.integers(0, 3, 300)
    claim = drop(rng.random(500) < 0.9, test, rng.random(300) < 0.6, moved)
    assert claim.value == pytest.approx(0.3, abs=0.1) and claim.lower(0.001) > 0


def test_seeds_are_averaged() -> None:
    right = np.array([[1, 1, 0, 1], [1, 0, 0, 1]])
    labels = np.zeros(4, dtype=int)
    assert drop(right, labels, right[:, :2], labels[:2]).value == pytest.approx(0.625 - 0.75)


def test_groups_widen_the_claim() -> None:
    rng = np.random.default_rng(3)
    groups = np.repeat(np.arange(30), 10)
    right = np.repeat(rng.random(30) < 0.7, 10)
    labels = rng.integers(0, 2, 300)
    alone = drop(right, labels, right, labels)
    together = drop(right, labels, right, labels, test_groups=groups, shift_groups=groups)
    assert together.standard_error > 2 * alone.standard_error and together.df < alone.df


def test_without_a_shared_class_nothing_is_claimed() -> None:
    claim = drop(np.ones(5), np.zeros(5, dtype=int), np.ones(5), np.ones(5, dtype=int))
    assert claim.standard_error == np.inf


def test_classes_unknown_on_one_side_are_left_out() -> None:
    shown = shared_accuracies(np.array([1, 0, 1]), np.array([0, 0, 1]), np.array([1, 1, 0]), np.array([0, 0, 2]))
    assert shown == (0.5, 1.0)
