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
