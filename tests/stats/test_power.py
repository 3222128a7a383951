"""Sizes that make a question answerable."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from touchstone.stats.power import (
    detectable,
    items_for_recall,
    mcnemar_power,
    needed_n,
    needed_seeds,
    timings_for_p99,
    timings_for_quantile,
    trials_for_rate,
)


def test_needed_n_is_the_promised_formula():
    wanted = 1000 * ((3.0902 + 1.6449) * 0.01 / 0.02) ** 2
    assert needed_n(0.0, 0.01, 1000, 0.02, 0.001) == pytest.approx(wanted, rel=1e-3)


def test_needed_n_is_always_more_than_there_is():
    assert needed_n(0.019, 0.002, 1000, 0.02, 0.001) > 1000


@pytest.mark.parametrize("error", [0.0, float("inf"), float("nan")])
def test_needed_n_is_none_where_the_error_is_unknown(error):
    assert needed_n(0.0, error, 1000, 0.02, 0.001) is None


def test_items_cannot_mend_too_few_seeds():
    assert needed_n(0.0, 0.02, 1000, 0.02, 0.001, seed_error=0.015) is None
    assert needed_seeds(0.015, 3, 0.02, 0.001) > 3


def test_seeds_are_not_asked_for_where_they_are_no_trouble():
    assert needed_seeds(0.0, 3, 0.02, 0.001) is None


def test_power_matches_simulation():
    generator = np.random.default_rng(0)
    tables = generator.multinomial(400, [0.095, 0.045, 0.86], 600)
    caught = [binomtest(int(lost), int(lost + won)).pvalue < 0.005 and lost - won >= 4 for lost, won, _ in tables]
    expected = mcnemar_power(400, 0.14, 0.05, 0.005)
    assert np.mean(caught) == pytest.approx(expected, abs=4 * np.sqrt(0.25 / 600))


def test_power_agrees_with_the_published_table():
    assert mcnemar_power(100, 0.14, 0.10, 0.005) == pytest.approx(0.38, abs=0.03)
    assert mcnemar_power(200, 0.14, 0.10, 0.005) == pytest.approx(0.84, abs=0.03)
    assert mcnemar_power(3200, 0.14, 0.03, 0.005) > 0.95


def test_power_grows_with_size_and_vanishes_without_disagreement():
    assert mcnemar_power(400, 0.14, 0.05, 0.005) < mcnemar_power(800, 0.14, 0.05, 0.005)
    assert mcnemar_power(400, 0.0, 0.0, 0.005) == 0.0


def test_recall_within_eight_points_needs_about_a_hundred_items():
    assert items_for_recall(0.08) == pytest.approx(100, abs=6)
    assert items_for_recall(0.11) == pytest.approx(50, abs=3)


def test_timings_for_the_last_percent():
    assert timings_for_p99() == 299
    assert timings_for_quantile(0.5) == 5


def test_trials_that_show_a_low_rate_match_the_published_counts():
    assert [trials_for_rate(0.02, x) for x in range(4)] == [149, 236, 313, 386]
    assert [trials_for_rate(0.05, x) for x in range(4)] == [59, 93, 124, 153]


def test_what_is_detectable_lies_above_the_tolerance():
    assert detectable(0.01, 0.05, 0.001) == pytest.approx(0.05 + 1.645 * 0.01, abs=1e-4)
    assert detectable(0.05, 0.05, 0.001) == pytest.approx((3.0902 + 1.6449) * 0.05, abs=1e-4)
