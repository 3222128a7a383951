import pytest

from tests.checks.desk import BASE, contest_desk, only
from touchstone.checks.govern.checkpoint import Checkpoint
from touchstone.core.finding import Finding, Severity, Status

CHECK = Checkpoint()
ALL = (
    "supply.license",
    "supply.provenance",
    "evaluate.slices",
    "evaluate.shift",
    "compare.scratch",
    "compare.non_transfer",
    "supply.documentation",
)


def state(statuses: dict[str, Status], **details: object) -> Finding:
    found = [
        Finding(
            id, BASE, statuses.get(id, Status.PASS), Severity.MAJOR, "Said.", details=details if id in statuses else {}
        )
        for id in ALL
    ]
    return only(list(CHECK.run(contest_desk(50, {"tuned": 0.9}).with_(findings=found))))


def test_passes_where_all_five_are_there() -> None:
    assert state({}).status is Status.PASS


@pytest.mark.parametrize("id", ALL)
def test_trips_where_any_is_missing(id: str) -> None:
    finding = state({id: Status.FAIL})
    assert (finding.status, finding.severity) == (Status.FAIL, Severity.MAJOR)


def test_slices_and_shift_that_failed_are_not_asked_to_be_declared() -> None:
    finding = state({"evaluate.slices": Status.FAIL, "evaluate.shift": Status.FAIL})
    assert "slices and shift (`evaluate.slices` and `evaluate.shift` failed)" in finding.statement
    assert finding.remedy == "slices and shift: mend what `evaluate.slices` and `evaluate.shift` found"
    assert finding.details["failed"] == {"slices and shift": ["evaluate.slices", "evaluate.shift"]}


def test_slices_and_shift_that_were_not_declared_are_asked_for() -> None:
    finding = state({"evaluate.slices": Status.NOT_APPLICABLE, "evaluate.shift": Status.NOT_APPLICABLE})
    assert finding.status is Status.INCONCLUSIVE and "declare slice columns" in (finding.remedy or "")


@pytest.mark.parametrize("id", ALL)
@pytest.mark.parametrize("status", [Status.INCONCLUSIVE, Status.NOT_APPLICABLE])
def test_is_inconclusive_where_any_is_open(id: str, status: Status) -> None:
    finding = state({id: status})
    assert (finding.status, finding.severity) == (Status.INCONCLUSIVE, Severity.MAJOR)


def test_what_was_not_asked_is_open() -> None:
    finding = only(list(CHECK.run(contest_desk(50, {"tuned": 0.9}))))
    assert finding.status is Status.INCONCLUSIVE
    assert set(finding.details["confirmations"].values()) == {"open"}


def test_what_will_not_ship_does_not_count() -> None:
    assert state({"compare.scratch": Status.FAIL}, for_information="a recipe of the user's").status is not Status.FAIL


def test_a_minor_fault_leaves_its_confirmation_open() -> None:
    found = [Finding(id, BASE, Status.PASS, Severity.MAJOR, "Said.") for id in ALL if id != "supply.documentation"]
    empty = Finding("supply.documentation", BASE, Status.FAIL, Severity.MINOR, "The card is empty.")
    finding = only(list(CHECK.run(contest_desk(50, {"tuned": 0.9}).with_(findings=[*found, empty]))))
    assert finding.status is Status.INCONCLUSIVE
    assert finding.details["confirmations"]["limits documented"] == "open"


def test_slices_that_were_declared_and_left_open_are_not_asked_to_be_declared() -> None:
    finding = state({"evaluate.slices": Status.INCONCLUSIVE})
    assert finding.remedy == "slices and shift: settle what `evaluate.slices` left open"
