"""The three-state rule keeps its false-alarm budget and its promise of power."""

from __future__ import annotations

import numpy as np
import pytest

from touchstone.core.finding import Severity, Status
from touchstone.core.interval import Estimate, Interval
from touchstone.stats.claims import Claim, pool_seed_variance, recipe_claim
from touchstone.stats.decide import ALPHA, bound_status, decide, opening_alpha
from touchstone.stats.power import needed_n

STUDIES = 400


def recipe(generator, accuracy: float, seeds: int, n: int, deviation: float, base):
    """Correctness (seeds, n) of a recipe: shared difficulty, items of its own, seeds that move the whole."""
    own = np.where(generator.random(n) < 0.05, generator.random(n), base)
    latent = np.where(generator.random((seeds, n)) < 0.08, generator.random((seeds, n)), own)
    shift = generator.normal(0.0, deviation, (seeds, 1)) if seeds > 1 and deviation else 0.0
    return (latent < accuracy + shift).astype(float)


def decisions(*, n: int, deviation: float, drop: float, probe: bool, alpha: float, tolerance: float = 0.01, seed: int):
    """Statuses of many studies: a fine-tuned recipe of 3 seeds against a convex probe, or against another recipe."""
    generator = np.random.default_rng(seed)
    statuses = []
    for _ in range(STUDIES):
        base = generator.random(n)
        b = recipe(generator, 0.85 - drop, 3, n, deviation, base)
        a = recipe(generator, 0.85, 1 if probe else 3, n, deviation, base)
        pooled = pool_seed_variance([x.mean(axis=1) for x in ([b] if probe else [a, b])])
        claim = recipe_claim(a, b, pooled=pooled, a_deterministic=probe)
        statuses.append(decide(claim, tolerance=tolerance, severity=Severity.MAJOR, alpha=alpha).status)
    return statuses


@pytest.mark.parametrize("deviation", [0.0, 0.01, 0.02])
@pytest.mark.parametrize("probe", [True, False])
def test_equal_recipes_alarm_within_the_budget(deviation, probe):
    alpha = 0.02
    statuses = decisions(n=500, deviation=deviation, drop=0.0, probe=probe, alpha=alpha, seed=1)
    assert statuses.count(Status.FAIL) <= alpha * STUDIES + 3 * np.sqrt(alpha * STUDIES)


@pytest.mark.parametrize("deviation", [0.0, 0.02])
def test_equal_recipes_almost_never_alarm_at_the_budget_of_a_major(deviation):
    statuses = decisions(n=1000, deviation=deviation, drop=0.0, probe=True, alpha=ALPHA[Severity.MAJOR], seed=2)
    assert statuses.count(Status.FAIL) <= 3


def test_the_budget_holds_over_a_hundred_thousand_studies():
    """The claim's own arithmetic, with normal scores: every number of seeds, deviations of 0 to 2 points."""
    from scipy.special import stdtrit

    from touchstone.stats.claims import PooledSeeds, _moderated

    generator = np.random.default_rng(3)
    repeats, alpha = 100_000, ALPHA[Severity.MAJOR]
    for df, sides in ((2, 1), (4, 2), (12, 2)):
        for deviation in (0.0, 0.01, 0.02):
            items = 0.08 / 1000
            seeds = generator.chisquare(df, repeats) / df * (deviation**2 + items / 2)
            estimate = generator.normal(0.0, np.sqrt(items + sides * deviation**2 / 3), repeats)
            prior = _moderated(PooledSeeds(0.0, df), 1.0)
            seeds = (seeds * df / prior.df + prior.variance) * sides / 3
            freedom = (items + seeds) ** 2 / (items**2 / 999 + seeds**2 / prior.df)
            alarms = np.mean(estimate > stdtrit(freedom, 1 - alpha) * np.sqrt(items + seeds))
            assert alarms <= alpha + 3 * np.sqrt(alpha / repeats)


def test_a_true_loss_of_the_promised_size_is_caught_nineteen_times_in_twenty():
    error, alpha = 0.01, ALPHA[Severity.MAJOR]
    harm = max(0.02 + 1.645 * error, (3.0902 + 1.645) * error)
    values = np.random.default_rng(4).normal(harm, error, 4000)
    caught = [decide(Claim(v, error, 5000, 5000), tolerance=0.02, severity=Severity.MAJOR).status for v in values]
    assert caught.count(Status.FAIL) / 4000 == pytest.approx(0.95, abs=0.015)
    assert alpha == 0.001


def test_at_the_needed_size_the_question_is_settled():
    tolerance, alpha = 0.02, 0.001
    n = needed_n(0.0, 0.4 / np.sqrt(200), 200, tolerance, alpha)
    error = 0.4 / np.sqrt(n)
    generator = np.random.default_rng(5)
    harmless = [decide(Claim(v, error, n, n), tolerance=tolerance, severity=Severity.MAJOR).status
                for v in generator.normal(0.0, error, 1000)]  # fmt: skip
    assert harmless.count(Status.PASS) / 1000 > 0.95
    harmful = [decide(Claim(v, error, n, n), tolerance=tolerance, severity=Severity.MAJOR).status
               for v in generator.normal(2 * tolerance, error, 1000)]  # fmt: skip
    assert harmful.count(Status.FAIL) / 1000 > 0.95


def test_a_loss_of_eight_points_is_caught_with_three_seeds_against_another_recipe():
    statuses = decisions(n=2000, deviation=0.005, drop=0.08, probe=True, alpha=ALPHA[Severity.MAJOR], seed=6)
    assert statuses.count(Status.FAIL) / STUDIES > 0.95


def test_significant_trifles_do_not_fail():
    decision = decide(Claim(0.004, 0.0005, 1e5, 100_000), tolerance=0.01, severity=Severity.BLOCKER)
    assert decision.status is Status.PASS
    assert decision.lower > 0


def test_large_noise_does_not_fail_and_names_the_size_that_would_settle_it():
    decision = decide(Claim(0.05, 0.04, 100, 100), tolerance=0.01, severity=Severity.MAJOR)
    assert decision.status is Status.INCONCLUSIVE
    assert decision.needed_n > 10_000


def test_where_seeds_are_the_trouble_seeds_are_asked_for():
    claim = Claim(0.02, 0.03, 4, 1000, 3, (-1.0, 1.0), 0.029)
    decision = decide(claim, tolerance=0.02, severity=Severity.MAJOR)
    assert decision.needed_n is None
    assert decision.needed_seeds > 3


def test_an_unknown_error_is_inconclusive():
    decision = decide(Claim(0.5, float("inf"), 1, 10), tolerance=0.01, severity=Severity.MAJOR)
    assert decision.status is Status.INCONCLUSIVE
    assert decision.needed_n is None


def test_values_that_are_not_numbers_are_inconclusive():
    decision = decide(Claim(float("nan"), 0.01, 10, 10), tolerance=0.01, severity=Severity.MAJOR)
    assert decision.status is Status.INCONCLUSIVE


def test_graver_findings_need_stronger_proof():
    assert list(ALPHA.values()) == [0.0005, 0.001, 0.01, 0.01]
    assert 12 * ALPHA[Severity.BLOCKER] + 15 * ALPHA[Severity.MAJOR] == pytest.approx(0.021)


def test_openings_of_a_test_set_share_one_budget():
    assert sum(opening_alpha(0.05, k) for k in range(1, 10_000)) == pytest.approx(0.05, rel=1e-3)
    with pytest.raises(ValueError, match="from 1"):
        opening_alpha(0.05, 0)


@pytest.mark.parametrize(("value", "status"), [(0.95, "pass"), (0.80, "fail"), (0.89, "inconclusive")])
def test_a_minimum_is_met_missed_or_open(value, status):
    estimate = Estimate(value, Interval(value - 0.02, value + 0.02), 0.01, 900)
    assert bound_status(estimate, minimum=0.90).status == status


@pytest.mark.parametrize(("value", "status"), [(0.02, "pass"), (0.20, "fail"), (0.06, "inconclusive")])
def test_a_maximum_is_met_missed_or_open(value, status):
    assert bound_status(Claim(value, 0.01, 900, 900), maximum=0.05).status == status


def test_an_open_requirement_names_the_size_that_would_settle_it():
    assert bound_status(Claim(0.88, 0.02, 900, 900), minimum=0.86).needed_n > 900


def test_a_missing_interval_leaves_a_requirement_open():
    assert bound_status(Estimate(0.99, missing="too few"), minimum=0.5).status is Status.INCONCLUSIVE


def test_a_requirement_has_exactly_one_bound():
    with pytest.raises(ValueError, match="either"):
        bound_status(Estimate(0.9), minimum=0.5, maximum=0.6)
