"""Monotone regression, and curves that fall."""

from __future__ import annotations

import numpy as np
from sklearn.isotonic import isotonic_regression

from touchstone.stats.monotone import falls, isotonic, still_improving


def test_it_agrees_with_an_independent_implementation():
    generator = np.random.default_rng(0)
    weights = generator.uniform(0.5, 2.0, 9)
    for _ in range(20):
        scores = generator.standard_normal(9)
        theirs = isotonic_regression(scores, sample_weight=weights)
        np.testing.assert_allclose(isotonic(scores[None, :], weights)[0], theirs, atol=1e-12)


def test_a_flat_noisy_curve_is_called_falling_no_more_often_than_promised():
    generator = np.random.default_rng(1)
    p = [falls(0.02 * generator.standard_normal(6), np.full(6, 0.02), draws=199, seed=s) for s in range(300)]
    assert np.mean(np.array(p) <= 0.05) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 300)


def test_a_falling_curve_is_called_falling():
    assert falls(np.linspace(0.9, 0.6, 6), np.full(6, 0.02)) < 0.01


def test_says_when_it_was_still_improving():
    rng = np.random.default_rng(0)
    falling = np.linspace(2.0, 0.5, 24) + rng.normal(0, 0.02, 24)
    flat = np.r_[np.linspace(2.0, 1.0, 12), np.full(12, 1.0)] + rng.normal(0, 0.02, 24)
    assert still_improving(falling)
    assert not still_improving(flat)
    assert not still_improving([1.0, 0.9])


def test_rarely_calls_a_flat_curve_improving():
    rng = np.random.default_rng(1)
    alarms = sum(still_improving(1 + rng.normal(0, 0.05, 24)) for _ in range(200))
    assert alarms <= 20
