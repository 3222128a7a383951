"""Claims count every source of randomness."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from touchstone.stats.claims import (
    Claim,
    PooledSeeds,
    composite_claim,
    corrected_resampled_claim,
    item_claim,
    pool_seed_variance,
    recipe_claim,
)


def scores(generator, seeds: int, n: int, accuracy: float = 0.85, deviation: float = 0.0):
    """Correctness of one recipe's seeds on shared items: (seeds, n)."""
    shift = generator.normal(0, deviation, (seeds, 1)) if deviation else 0.0
    latent = np.where(generator.random((seeds, n)) < 0.1, generator.random((seeds, n)), generator.random(n))
    return (latent < accuracy + shift).astype(float)


def test_an_item_claim_is_a_t_test():
    values = np.random.default_rng(0).standard_normal(50) + 0.2
    theirs = ttest_1samp(values, 0.0, alternative="greater")
    ours = item_claim(values, scale=0.0)
    assert ours.p_value() == pytest.approx(theirs.pvalue)
    assert ours.lower(0.025) == pytest.approx(ttest_1samp(values, 0.0).confidence_interval().low)


@pytest.mark.parametrize("n", [40, 200])
def test_the_interval_of_an_item_claim_covers(n):
    generator = np.random.default_rng(1)
    values = generator.choice([-1.0, 0.0, 1.0], p=[0.05, 0.85, 0.10], size=(1000, n))
    covered = np.mean([0.05 in item_claim(row).interval() for row in values])
    assert 0.93 <= covered <= 0.985


def test_groups_widen_a_claim_and_make_it_cover():
    generator = np.random.default_rng(2)
    groups = np.repeat(np.arange(30), 10)
    values = np.repeat(generator.normal(0, 0.1, (400, 30)), 10, axis=1) + generator.normal(0, 0.05, (400, 300))
    grouped = [item_claim(row, groups=groups) for row in values]
    blind = [item_claim(row) for row in values]
    assert np.mean([0.0 in claim.interval() for claim in grouped]) == pytest.approx(0.95, abs=0.035)
    assert np.mean([0.0 in claim.interval() for claim in blind]) < 0.7


def test_class_weights_give_a_balanced_mean_with_the_right_error():
    generator = np.random.default_rng(3)
    labels = np.repeat([0, 1], [360, 40])
    weights = 400 / (2 * np.bincount(labels))[labels]
    truth = 0.5 * 0.05 + 0.5 * 0.2
    claims = [
        item_claim(
            (generator.random(400) < np.array([0.05, 0.2])[labels]).astype(float), weights=weights, strata=labels
        )
        for _ in range(500)
    ]
    assert np.mean([c.value for c in claims]) == pytest.approx(truth, abs=0.005)
    assert np.mean([c.standard_error for c in claims]) == pytest.approx(np.std([c.value for c in claims]), rel=0.1)
    assert np.mean([truth in c.interval() for c in claims]) >= 0.92


def test_models_that_never_disagree_may_still_differ():
    claim = item_claim(np.zeros(100))
    assert claim.upper(0.05) == pytest.approx(0.03, abs=0.001)


def test_bounds_stay_within_what_is_possible():
    claim = item_claim(np.array([1.0, 1.0, -1.0]))
    assert claim.interval(0.999).low == -1.0
    assert claim.interval(0.999).high == 1.0


def test_one_item_proves_nothing():
    assert item_claim(np.array([1.0])).lower(0.05) == -1.0


def test_no_items_prove_nothing():
    claim = item_claim(np.zeros(0), strata=np.zeros(0, dtype=int))
    assert (claim.lower(0.05), claim.upper(0.05)) == (-1.0, 1.0)


def test_a_negated_claim_swaps_its_bounds():
    claim = Claim(0.03, 0.01, 20, 100, 3, (-1.0, 1.0))
    assert claim.negated().lower(0.01) == pytest.approx(-claim.upper(0.01))
    assert claim.negated().negated() == claim


def test_the_p_value_is_the_alpha_at_which_the_bound_meets_the_null():
    claim = Claim(0.03, 0.01, 7.0, 100)
    assert claim.lower(claim.p_value()) == pytest.approx(0.0, abs=1e-9)


def test_probabilities_add_up():
    below, within, above = Claim(0.03, 0.02, 30, 100).probabilities(0.01)
    assert below + within + above == pytest.approx(1.0)
    assert above > within > below


def test_seed_variance_is_pooled_by_degrees_of_freedom():
    pooled = pool_seed_variance([np.array([0.0, 2.0]), np.array([1.0, 1.0, 1.0]), np.array([5.0])])
    assert pooled == PooledSeeds(2.0 / 3.0, 3)
    assert pool_seed_variance([np.array([0.9])]) is None


def test_one_seed_never_proves_anything():
    claim = recipe_claim(np.ones((1, 500)), np.zeros((1, 500)), pooled=None)
    assert (claim.lower(0.05), claim.upper(0.05)) == (-1.0, 1.0)


def test_convex_models_need_no_seeds():
    claim = recipe_claim(np.ones((1, 500)), np.zeros((1, 500)), pooled=None, a_deterministic=True, b_deterministic=True)
    assert claim.lower(0.0005) > 0.9
    assert claim.seed_error == 0.0


def test_more_seeds_make_a_claim_sharper():
    generator = np.random.default_rng(4)
    pooled = PooledSeeds(0.02**2, 12)
    three = recipe_claim(scores(generator, 3, 400), scores(generator, 3, 400), pooled=pooled)
    nine = recipe_claim(scores(generator, 9, 400), scores(generator, 9, 400), pooled=pooled)
    assert nine.seed_error < three.seed_error


def test_recipes_plainly_less_stable_than_the_pool_use_their_own_variance():
    generator = np.random.default_rng(5)
    stable = PooledSeeds(0.001**2, 20)
    wild = scores(generator, 5, 400, deviation=0.1)
    with_pool = recipe_claim(wild, scores(generator, 5, 400), pooled=stable)
    alone = recipe_claim(wild, scores(generator, 5, 400), pooled=None)
    assert with_pool.seed_error == pytest.approx(alone.seed_error, rel=0.5)


@pytest.mark.parametrize("deviation", [0.0, 0.01, 0.02])
def test_the_interval_of_a_recipe_claim_covers(deviation):
    generator = np.random.default_rng(6)
    covered = 0
    for _ in range(300):
        a, b = scores(generator, 3, 300, deviation=deviation), scores(generator, 3, 300, deviation=deviation)
        covered += 0.0 in recipe_claim(a, b, pooled=None).interval()
    assert covered / 300 >= 0.93


def test_a_composite_claim_agrees_with_the_item_claim_where_both_apply():
    generator = np.random.default_rng(7)
    a, b = scores(generator, 3, 400), scores(generator, 3, 400, accuracy=0.8)
    pooled = PooledSeeds(0.01**2, 12)
    difference = a.mean(axis=0) - b.mean(axis=0)
    weights = generator.multinomial(400, np.full(400, 1 / 400), size=2000)
    composite = composite_claim(
        weights @ difference / 400, float(difference.mean()), a_values=a.mean(axis=1), b_values=b.mean(axis=1),
        pooled=pooled, n=400,
    )  # fmt: skip
    item = recipe_claim(a, b, pooled=pooled)
    assert composite.value == pytest.approx(item.value)
    assert composite.standard_error == pytest.approx(item.standard_error, rel=0.05)


def test_an_undefined_composite_proves_nothing():
    claim = composite_claim(np.full(100, np.nan), 0.1, a_values=np.ones(3), b_values=np.ones(3), pooled=None, n=50)
    assert math.isinf(claim.standard_error)


def test_folds_that_share_training_data_count_for_less():
    d = np.array([0.02, 0.03, 0.01, 0.04, 0.02])
    claim = corrected_resampled_claim(d, n_train=80, n_test=20)
    assert claim.standard_error == pytest.approx(d.std(ddof=1) * math.sqrt(1 / 5 + 1 / 4))
    assert claim.df == 4
