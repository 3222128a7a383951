from __future__ import annotations

import numpy as np
import pytest

from touchstone.linear.folds import folds, sample


def test_every_class_is_spread_evenly() -> None:
    labels = np.repeat([0, 1, 2], [50, 23, 6])
    for held in folds(labels, repeats=3, seed=1):
        table = np.array([[((held == f) & (labels == k)).sum() for k in range(3)] for f in range(5)])
        assert np.ptp(table, axis=0).max() <= 1 and np.ptp(table.sum(1)) <= 1


def test_groups_stay_whole_and_classes_stay_spread() -> None:
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 60, 600)
    labels = rng.integers(0, 3, 600)
    for held in folds(labels, groups=groups, repeats=2, seed=2):
        assert all(len(set(held[groups == g])) == 1 for g in range(60))
        table = np.array([[((held == f) & (labels == k)).sum() for k in range(3)] for f in range(5)])
        assert (table > 20).all()


def test_repeats_differ_and_seeds_repeat() -> None:
    labels = np.arange(60) % 3
    first = folds(labels, repeats=2, seed=3)
    assert (first[0] != first[1]).any() and (first == folds(labels, repeats=2, seed=3)).all()


def test_two_groups_make_two_folds_and_one_makes_none() -> None:
    assert folds(np.arange(10) % 2, groups=np.arange(10) // 5).max() == 1
    with pytest.raises(ValueError, match="two groups"):
        folds(np.arange(10) % 2, groups=np.zeros(10))


def test_a_sample_keeps_rare_classes_and_proportions() -> None:
    labels = np.repeat([0, 1, 2], [9000, 950, 12])
    kept = sample(labels, 1000, seed=0)
    assert np.bincount(labels[kept]).tolist() == [903, 95, 10]
    assert (np.diff(kept) > 0).all() and (sample(labels, 20_000) == np.arange(len(labels))).all()
