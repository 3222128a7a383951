"""Intervals of proportions cover what they promise."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from touchstone.stats.intervals import (
    clopper_pearson,
    lower_bound,
    standard_deviation_interval,
    upper_bound,
    wilson,
)


def coverage(interval, n: int, p: float) -> float:
    """The exact coverage at one true proportion, summed over every outcome."""
    return sum(binom.pmf(x, n, p) for x in range(n + 1) if p in interval(x, n))


@pytest.mark.parametrize("n", [5, 30, 100])
@pytest.mark.parametrize("p", [0.01, 0.2, 0.5, 0.93])
def test_the_exact_interval_covers_at_least_its_level_everywhere(n, p):
    assert coverage(clopper_pearson, n, p) >= 0.95


@pytest.mark.parametrize("n", [30, 100])
def test_the_score_interval_covers_its_level_on_average(n):
    assert np.mean([coverage(wilson, n, p) for p in np.linspace(0.02, 0.98, 25)]) == pytest.approx(0.95, abs=0.01)


@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_exact_interval_mirrors_and_holds_the_share(case):
    x, n = case
    interval, mirrored = clopper_pearson(x, n), clopper_pearson(n - x, n)
    assert x / n in interval
    assert interval.low == pytest.approx(1 - mirrored.high)


def test_the_exact_interval_agrees_with_an_independent_one():
    theirs = binomtest(7, 50).proportion_ci(0.95, method="exact")
    ours = clopper_pearson(7, 50)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high))


def test_the_score_interval_agrees_with_an_independent_one():
    theirs = binomtest(7, 50).proportion_ci(0.95, method="wilson")
    ours = wilson(7, 50)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high))


def test_zero_events_leave_the_rule_of_three_open():
    assert upper_bound(0, 100, 0.05) == pytest.approx(0.03, abs=0.001)
    assert lower_bound(0, 100, 0.05) == 0.0
    assert upper_bound(100, 100, 0.05) == 1.0


@pytest.mark.parametrize("interval", [clopper_pearson, wilson])
def test_no_trials_say_nothing(interval):
    assert (interval(0, 0).low, interval(0, 0).high) == (0.0, 1.0)


def test_impossible_counts_are_refused():
    with pytest.raises(ValueError, match="successes must lie"):
        clopper_pearson(5, 4)


def test_the_interval_of_a_deviation_covers_for_three_seeds():
    values = np.random.default_rng(0).standard_normal((4000, 3)).std(axis=1, ddof=1)
    unit = standard_deviation_interval(1.0, 2)
    covered = np.mean((values * unit.low <= 1.0) & (values * unit.high >= 1.0))
    assert covered == pytest.approx(0.95, abs=0.015)


def test_one_seed_leaves_the_deviation_open():
    assert math.isinf(standard_deviation_interval(0.0, 0).high)
