"""The bootstrap covers, for items, classes and groups."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import bootstrap as scipy_bootstrap

from touchstone.stats.bootstrap import bca, bootstrap, bootstrap_plan, influence, percentile, resample, zero_event_reach


def mean_of(values):
    return lambda weights: weights @ values / weights.sum(axis=1)


def balanced_accuracy_of(right, labels):
    def statistic(weights):
        return np.mean([weights[:, labels == k] @ right[labels == k] / weights[:, labels == k].sum(axis=1)
                        for k in np.unique(labels)], axis=0)  # fmt: skip

    return statistic


def rate_of(cover) -> float:
    return float(np.mean([cover(np.random.default_rng(seed)) for seed in range(200)]))


def test_the_interval_of_a_skewed_mean_covers():
    def cover(generator):
        values = generator.exponential(1.0, 60)
        return 1.0 in bootstrap(mean_of(values), 60, draws=500, seed=1).interval

    assert 0.88 <= rate_of(cover) <= 0.98


def test_the_interval_of_balanced_accuracy_covers_with_a_rare_class():
    def cover(generator):
        labels = np.repeat([0, 1], [170, 30])
        right = (generator.random(200) < np.array([0.9, 0.7])[labels]).astype(float)
        estimate = bootstrap(balanced_accuracy_of(right, labels), 200, strata=labels, draws=500, seed=1)
        return 0.8 in estimate.interval

    assert 0.90 <= rate_of(cover) <= 0.985


def test_the_interval_by_groups_covers_and_the_one_by_items_does_not():
    def study(generator):
        effect = generator.normal(0, 1, 40)
        return np.repeat(effect, 5) + 0.3 * generator.standard_normal(200)

    groups = np.repeat(np.arange(40), 5)
    by_group = rate_of(lambda g: 0.0 in bootstrap(mean_of(study(g)), 200, groups=groups, draws=300, seed=1).interval)
    by_item = rate_of(lambda g: 0.0 in bootstrap(mean_of(study(g)), 200, draws=300, seed=1).interval)
    assert 0.89 <= by_group <= 0.985
    assert by_item < 0.8


def test_the_interval_agrees_with_an_independent_one():
    values = np.random.default_rng(3).exponential(1.0, 40)
    ours = bootstrap(mean_of(values), 40, draws=20000, seed=0)
    theirs = scipy_bootstrap((values,), np.mean, n_resamples=20000, method="BCa", rng=np.random.default_rng(0))
    assert ours.interval.low == pytest.approx(theirs.confidence_interval.low, abs=0.02)
    assert ours.interval.high == pytest.approx(theirs.confidence_interval.high, abs=0.02)
    assert ours.standard_error == pytest.approx(theirs.standard_error, rel=0.03)


def test_acceleration_moves_the_interval_towards_the_long_tail():
    values = np.random.default_rng(3).exponential(1.0, 40)
    plan = resample(40, draws=4000, seed=0)
    draws = np.concatenate([mean_of(values)(w) for w in plan.batches()])
    plain = percentile(draws)
    better = bca(draws, float(values.mean()), influence(mean_of(values), plan))
    assert better.high > plain.high
    assert better.low > plain.low


def test_every_draw_keeps_the_size_of_every_class():
    labels = np.array([0] * 7 + [1] * 3 + [4] * 5)
    weights = resample(15, strata=labels, draws=50, seed=0).weights
    for label in (0, 1, 4):
        assert (weights[:, labels == label].sum(axis=1) == (labels == label).sum()).all()


def test_items_of_a_group_come_together():
    groups = np.repeat([3, 1, 8, 2], 5)
    weights = resample(20, groups=groups, draws=50, seed=0).weights.reshape(50, 4, 5)
    assert (weights == weights[:, :, :1]).all()
    assert (weights[:, :, 0].sum(axis=1) == 4).all()


def test_groups_are_drawn_within_their_class_where_there_are_enough():
    labels, groups = np.repeat([0, 1], 30), np.repeat(np.arange(12), 5)
    weights = resample(60, strata=labels, groups=groups, draws=50, seed=0).weights
    assert (weights[:, labels == 0].sum(axis=1) == 30).all()


def test_draws_do_not_depend_on_their_batches(monkeypatch):
    whole = resample(50, strata=np.arange(50) % 3, draws=40, seed=2).weights
    monkeypatch.setattr("touchstone.stats.bootstrap._CELLS", 200)
    assert (resample(50, strata=np.arange(50) % 3, draws=40, seed=2).weights == whole).all()


def test_left_out_units_leave_their_class_its_weight():
    labels = np.array([0] * 6 + [1] * 4)
    weights, stratum = resample(10, strata=labels, seed=0).jackknife()
    assert (np.isclose(weights, 0).sum(axis=1) == 1).all()
    np.testing.assert_allclose(weights[:, labels == 1].sum(axis=1), 4.0)
    assert stratum.tolist() == labels.tolist()


def test_many_items_are_left_out_in_blocks():
    weights, _ = resample(5000, strata=np.arange(5000) % 2, seed=0).jackknife()
    assert 300 <= len(weights) <= 500
    np.testing.assert_allclose((weights == 0).sum(axis=0), 1)


def test_zero_events_leave_an_interval_that_is_not_of_zero_width():
    estimate = bootstrap(mean_of(np.ones(30)), 30, seed=0)
    assert estimate.value == 1.0
    assert estimate.interval.low == pytest.approx(1 - 0.116, abs=0.001)


def test_one_group_is_no_evidence():
    estimate = bootstrap(mean_of(np.arange(10.0)), 10, groups=np.zeros(10, dtype=int), seed=0)
    assert estimate.interval is None
    assert "independent" in estimate.missing


def test_an_undefined_statistic_says_so():
    estimate = bootstrap(lambda weights: np.full(len(weights), np.nan), 10, seed=0)
    assert estimate.interval is None
    assert "undefined" in estimate.missing


def test_order_of_items_does_not_matter_beyond_the_noise_of_drawing():
    values = np.random.default_rng(0).random(100)
    one = bootstrap(mean_of(values), 100, draws=4000, seed=0)
    other = bootstrap(mean_of(values[::-1]), 100, draws=4000, seed=0)
    assert one.interval.low == pytest.approx(other.interval.low, abs=0.005)


def test_a_plan_can_be_used_for_several_statistics():
    plan = resample(30, draws=200, seed=0)
    values = np.random.default_rng(0).random(30)
    assert bootstrap_plan(mean_of(values), plan) == bootstrap(mean_of(values), 30, draws=200, seed=0)


def test_no_event_in_equal_strata_leaves_the_same_room_as_in_one():
    whole, parts = resample(60, draws=2, seed=0), resample(60, strata=np.arange(60) % 6, draws=2, seed=0)
    exact = 1 - 0.025 ** (1 / 60)
    assert zero_event_reach(whole, 0.95) == pytest.approx(exact)
    assert zero_event_reach(parts, 0.95) == pytest.approx(exact)


def test_rare_strata_leave_more_room_and_the_bound_holds():
    rng = np.random.default_rng(5)
    strata = np.repeat([0, 1, 2], [100, 20, 4])
    reach = zero_event_reach(resample(124, strata=strata, draws=2, seed=0), 0.95)
    assert 1 - 0.025 ** (1 / 124) < reach < 1
    for _ in range(300):  # no rates with a larger mean leave so clean a sample likely
        rates = rng.random(3) ** 3
        clean = np.prod((1 - rates) ** [100, 20, 4])
        assert rates.mean() <= reach + 1e-9 or clean < 0.025
