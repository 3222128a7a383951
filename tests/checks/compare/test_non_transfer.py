from dataclasses import replace

import pytest

from tests.checks.desk import contest_desk, only, rate
from touchstone.checks.compare.non_transfer import NonTransfer
from touchstone.core.finding import Severity, Status

CHECK = NonTransfer()


def desks(n: int, tuned: float, simple: float, tries: int = 20, **more: object):
    return [
        contest_desk(n, {"non-transfer": simple, "linear-probe": 0.8, "tuned": tuned}, seed=seed, **more)
        for seed in range(tries)
    ]


def test_a_base_that_earns_its_keep_passes() -> None:
    assert rate(desks(500, 0.9, 0.7), CHECK, Status.PASS) >= 0.95


# The weakest that must trip: as good within a point on 8,000 items that both mostly solve, or 8 points worse on 1,000.
@pytest.mark.parametrize(
    ("n", "tuned", "simple", "word"), [(8000, 0.96, 0.96, "EQUIVALENT"), (1000, 0.82, 0.9, "HARMFUL")]
)
def test_trips_where_a_simple_model_solves_the_task_as_well(n: int, tuned: float, simple: float, word: str) -> None:
    found = desks(n, tuned, simple, wobble=0.02, tries=10)
    assert rate(found, CHECK, Status.FAIL) >= 0.9
    finding = only(list(CHECK.run(found[0])))
    assert (finding.severity, finding.details["word"]) == (Severity.MAJOR, word)


def test_a_small_test_set_is_inconclusive_and_says_how_many_more() -> None:
    finding = only(list(CHECK.run(desks(60, 0.84, 0.8)[0])))
    assert finding.status is Status.INCONCLUSIVE
    assert finding.remedy


def test_never_calls_a_helpful_base_useless() -> None:
    assert rate(desks(1000, 0.9, 0.85, tries=30), CHECK, Status.FAIL) == 0


def test_a_missing_reference_is_inconclusive() -> None:
    desk = contest_desk(100, {"tuned": 0.9}).with_(missing={"non-transfer": "budget"})
    assert only(list(CHECK.run(desk))).status is Status.INCONCLUSIVE


def test_the_ledger_of_both_sides_is_shown() -> None:
    details = only(list(CHECK.run(desks(200, 0.9, 0.7)[0]))).details
    assert set(details["ledger"]) == {"tuned@models/base", "non-transfer"}
    assert sum(details["evidence"].values()) == pytest.approx(1)


FROZEN = ("non-transfer", "linear-probe")


def small(n: int, probe: float, simple: float, seed: int, **more: object):
    """A frozen base of which little was kept to test on; both sides predict every training example out of fold."""
    scores = {"non-transfer": simple, "linear-probe": probe}
    return contest_desk(n, scores, seed=seed, n_train=100, **more).with_(chosen_subject="linear-probe")


def test_where_few_were_kept_to_test_on_every_example_is_asked() -> None:
    without = [small(12, 0.9, 0.75, seed) for seed in range(20)]
    with_all = [small(12, 0.9, 0.75, seed, cross_fitted=FROZEN) for seed in range(20)]
    assert rate(with_all, CHECK, Status.PASS) >= 0.8 > 0.5 > rate(without, CHECK, Status.PASS)
    finding = only(list(CHECK.run(with_all[0])))
    assert finding.n == 112 and finding.details["split"] == "cross-fitted"
    assert "on 112 examples, those of training predicted out of fold" in finding.statement


def test_asking_every_example_raises_no_false_praise() -> None:
    """Both are right in four of five cases: one-sided 2.5 % of praise is allowed, of 200 studies 11 at most."""
    alike = [small(20, 0.8, 0.8, seed, cross_fitted=FROZEN) for seed in range(200)]
    assert rate(alike, CHECK, Status.PASS) * 200 <= 11


def test_a_test_set_that_was_given_or_is_large_stands_alone() -> None:
    large = small(250, 0.88, 0.68, 0, cross_fitted=FROZEN)
    assert only(list(CHECK.run(large))).n == 250
    given = small(20, 0.88, 0.68, 0, cross_fitted=FROZEN)
    given = given.with_(data=replace(given.data, made_here=frozenset({"validation"})))
    assert only(list(CHECK.run(given))).n == 20


def test_a_candidate_that_is_not_cross_fitted_is_asked_on_the_test_set() -> None:
    assert only(list(CHECK.run(small(20, 0.88, 0.68, 0, cross_fitted=("non-transfer",))))).n == 20


# The base is blamed only where its frozen features do not beat the simple model either.
@pytest.mark.parametrize(("probe", "blamed"), [(0.95, False), (0.6, True)])
def test_another_base_is_asked_for_only_where_this_one_does_not_serve(probe: float, blamed: bool) -> None:
    finding = only(list(CHECK.run(contest_desk(1000, {"non-transfer": 0.85, "linear-probe": probe, "tuned": 0.6}))))
    assert (finding.status, finding.details["word"]) == (Status.FAIL, "HARMFUL")
    assert ("choose a base model closer" in (finding.remedy or "")) is blamed
    assert ("The base model is not the cause" in finding.statement) is not blamed
