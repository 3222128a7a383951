from __future__ import annotations

import numpy as np
import pytest

from touchstone.linear.folds import folds
from touchstone.rank.scores import cross_fitted_probe, h_score, knn_accuracy


def _features(n: int, d: int, k: int, spread: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, k, n)
    return rng.standard_normal((k, d))[labels] + spread * rng.standard_normal((n, d)), labels


def test_all_scores_fall_as_classes_blur() -> None:
    probe, knn, h = [], [], []
    for spread in (1.0, 3.0, 6.0):
        x, y = _features(240, 40, 4, spread)
        probed = cross_fitted_probe(x, y, folds(y, repeats=2))
        probe.append((probed.probabilities.argmax(2) == y).mean())
        knn.append(knn_accuracy(x, y))
        h.append(h_score(x, y))
    for scores in (probe, knn, h):
        assert scores[0] > scores[1] > scores[2]


def test_noise_scores_at_chance() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((300, 200)), rng.integers(0, 3, 300)
    assert knn_accuracy(x, y) == pytest.approx(1 / 3, abs=0.12)
    assert h_score(x, y) < 0.3


def test_neighbours_of_the_same_group_are_not_asked() -> None:
    rng = np.random.default_rng(2)
    groups = np.repeat(np.arange(19), 5)
    x = np.repeat(rng.standard_normal((19, 20)), 5, axis=0) + 0.01 * rng.standard_normal((95, 20))
    y = np.repeat(np.arange(19) % 2, 5)
    assert knn_accuracy(x, y) > 0.9 > 0.75 > knn_accuracy(x, y, groups=groups)


def test_neighbours_do_not_mind_the_order_of_examples() -> None:
    x, y = _features(150, 10, 3, 2.0)
    mixed = np.random.default_rng(3).permutation(150)
    assert knn_accuracy(x, y) == knn_accuracy(x[mixed], y[mixed])
