"""Permutation p-values and the max-statistic test."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from touchstone.stats.permutation import max_t, membership_max_t, p_value, permuted_orders, tail_p_value


def test_p_values_are_calibrated_under_the_null():
    generator = np.random.default_rng(0)
    p = np.array([p_value(row[1:], row[0]) for row in generator.standard_normal((2000, 100))])
    for level in (0.05, 0.2):
        assert np.mean(p <= level) == pytest.approx(level, abs=4 * np.sqrt(level * (1 - level) / 2000))


def test_a_tie_counts_against_the_finding():
    assert p_value(np.full(99, 0.1 + 0.2), 0.3) == 1.0


def test_tails_follow_the_truth_below_the_resolution_of_the_draws():
    generator = np.random.default_rng(1)
    for truth in (1e-3, 3e-4):
        p = [tail_p_value(generator.standard_normal(999), norm.isf(truth)) for _ in range(80)]
        assert truth / 2 < np.median(p) < truth * 3


def test_the_tail_spends_its_budget_and_little_more():
    generator = np.random.default_rng(2)
    truths = np.geomspace(2e-5, 6e-3, 10)
    alarms = [
        np.mean([tail_p_value(generator.standard_normal(999), norm.isf(t)) <= 0.001 for _ in range(60)]) for t in truths
    ]
    assert np.trapezoid(alarms, truths) + truths[0] < 0.001 * 1.4


def test_the_tail_goes_at_most_two_decades_beyond_the_draws():
    null = np.random.default_rng(3).standard_normal(999)
    assert tail_p_value(null, 1e6) == pytest.approx(1e-5)


def test_with_many_draws_above_the_tail_is_not_used():
    null = np.random.default_rng(4).standard_normal(999)
    assert tail_p_value(null, 1.0) == p_value(null, 1.0)


def test_orders_keep_items_in_their_stratum_and_group():
    strata, groups = np.repeat([0, 1], 10), np.tile([5, 9], 10)
    orders = permuted_orders(20, strata=strata, groups=groups, draws=50, generator=np.random.default_rng(0))
    assert (np.sort(orders, axis=1) == np.arange(20)).all()
    assert (strata[orders] == strata).all()
    assert (groups[orders] == groups).all()
    assert len(np.unique(orders, axis=0)) == 50


def test_every_order_is_equally_likely():
    orders = permuted_orders(3, draws=6000, generator=np.random.default_rng(0))
    counts = np.unique(orders, axis=0, return_counts=True)[1]
    assert len(counts) == 6
    assert counts.min() > 900


def test_the_family_alarms_at_its_level_over_forty_overlapping_subsets():
    alarms = 0
    for seed in range(150):
        generator = np.random.default_rng(seed)
        labels = generator.integers(0, 3, 300)
        errors = generator.random(300) < np.array([0.05, 0.2, 0.4])[labels]
        # membership follows the class, and the class is hard: only stratification keeps this silent
        membership = generator.random((40, 300)) < np.array([0.1, 0.2, 0.5])[labels]
        test = membership_max_t(errors, membership, strata=labels, draws=199, seed=seed, refine=False)
        alarms += test.p_value <= 0.05
    assert alarms / 150 <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 150)


def test_a_subset_with_thirty_points_more_errors_is_found():
    found = 0
    for seed in range(30):
        generator = np.random.default_rng(seed)
        membership = generator.random((20, 1000)) < 0.05
        errors = generator.random(1000) < np.where(membership[7], 0.42, 0.12)
        test = membership_max_t(errors, membership, draws=499, seed=seed)
        found += test.p_value <= 0.01 and int(test.p_values.argmin()) == 7
    assert found >= 26


def test_alike_items_of_a_group_raise_no_alarm():
    alarms = blind = 0
    for seed in range(100):
        generator = np.random.default_rng(seed)
        groups = np.repeat(np.arange(40), 10)
        errors = (generator.random(40) < 0.3)[groups].astype(float)
        membership = (generator.random((5, 40)) < 0.3)[:, groups]
        alarms += membership_max_t(errors, membership, groups=groups, draws=199, seed=seed).p_value <= 0.05
        blind += membership_max_t(errors, membership, draws=199, seed=seed).p_value <= 0.05
    assert alarms <= 12
    assert blind > 50


def test_an_empty_subset_says_nothing():
    errors = np.random.default_rng(0).random(50)
    test = membership_max_t(errors, np.zeros((1, 50), dtype=bool), draws=99, seed=0)
    assert test.statistics.tolist() == [0.0]
    assert test.p_value == 1.0


def test_the_general_test_agrees_with_the_one_for_subsets():
    generator = np.random.default_rng(5)
    values, membership = generator.random(80), generator.random((4, 80)) < 0.3
    centred = membership - membership.mean(axis=1, keepdims=True)
    spread = np.sqrt((centred**2).sum(axis=1) * values.var(ddof=1))
    general = max_t(lambda orders: values[orders] @ centred.T / spread, 80, draws=199, seed=6)
    special = membership_max_t(values, membership, draws=199, seed=6)
    np.testing.assert_allclose(general.statistics, special.statistics)
    np.testing.assert_allclose(general.p_values, special.p_values)
