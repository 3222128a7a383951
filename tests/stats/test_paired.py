"""Two models on the same items."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from touchstone.stats.paired import mcnemar, newcombe


def test_the_exact_test_agrees_with_an_independent_one():
    assert mcnemar(15, 5) == pytest.approx(binomtest(15, 20).pvalue)
    assert mcnemar(15, 5, two_sided=False) == pytest.approx(binomtest(15, 20, alternative="greater").pvalue)


def test_models_that_never_disagree_are_never_told_apart():
    assert mcnemar(0, 0) == 1.0


def test_the_exact_test_keeps_its_level_under_the_null():
    generator = np.random.default_rng(1)
    pairs = generator.binomial(200, 0.12, 2000)
    first = generator.binomial(pairs, 0.5)
    alarms = np.mean([mcnemar(int(x), int(n - x)) < 0.05 for x, n in zip(first, pairs, strict=True)])
    assert alarms <= 0.05


def test_the_interval_covers_the_true_difference():
    shares = np.array([0.80, 0.08, 0.04, 0.08])
    tables = np.random.default_rng(2).multinomial(150, shares, 2000)
    covered = np.mean([0.04 in newcombe(*map(int, table)) for table in tables])
    assert covered == pytest.approx(0.95, abs=0.02)


def test_the_interval_is_never_of_zero_width():
    interval = newcombe(50, 0, 0, 0)
    assert interval.low < 0 < interval.high


def test_swapping_the_models_mirrors_the_interval():
    one, other = newcombe(70, 15, 5, 10), newcombe(70, 5, 15, 10)
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low))


def test_no_items_say_nothing():
    assert (newcombe(0, 0, 0, 0).low, newcombe(0, 0, 0, 0).high) == (-1.0, 1.0)
