from dataclasses import replace

import numpy as np
import pytest

from tests.checks.desk import Desk, dataset, readable, study, texts
from touchstone.checks.data.group_leakage import GroupLeakage
from touchstone.core.finding import Finding, Severity, Status
from touchstone.dataset.model import Examples
from touchstone.study.model import Columns

STUDY = study(columns=Columns(group="patient"))


def people(n: int, prefix: str, first: int, size: int = 4) -> Examples:
    """``n`` examples of patients ``first``, ``first`` + 1, ..., ``size`` of each."""
    return texts(np.arange(n) % 2, prefix, groups=tuple(f"p{first + i // size}" for i in range(n)))


def by_subject(desk: Desk) -> dict[str, Finding]:
    found = {finding.subject: finding for finding in GroupLeakage().run(desk)}
    for finding in found.values():
        readable(finding)
    return found


# The weakest fault that must trip: one patient with one image on the other side.
@pytest.mark.parametrize("first", [0, 20, 24])
def test_trips_on_groups_shared_between_given_splits(first: int) -> None:
    finding = by_subject(Desk(STUDY, dataset(people(100, "a", 0), people(40, "b", first), given=True)))["train~test"]
    assert (finding.status, finding.severity) == (Status.FAIL, Severity.BLOCKER)
    assert "patient" in finding.statement


def test_trips_on_a_single_shared_example() -> None:
    test = people(40, "b", 50)
    test = replace(test, groups=("p3", *(test.groups or ())[1:]))
    finding = by_subject(Desk(STUDY, dataset(people(100, "a", 0), test, given=True)))["train~test"]
    assert finding.status is Status.FAIL
    assert finding.details["examples"] == ["b0"]
    assert finding.details["shared_groups"] == ["p3"]


@pytest.mark.parametrize("given", [True, False])
def test_stays_silent_where_groups_are_apart(given: bool) -> None:
    found = by_subject(Desk(STUDY, dataset(people(100, "a", 0), people(40, "b", 25), people(20, "v", 60), given=given)))
    assert {finding.status for finding in found.values()} == {Status.PASS}
    assert "train~test" in found and "train~validation" in found


def test_validation_made_from_training_data_is_held_against_the_test_set_as_well() -> None:
    desk = Desk(STUDY, dataset(people(100, "a", 0), people(40, "b", 60), people(20, "v", 60), given=False))
    assert by_subject(desk)["train~test"].status is Status.FAIL


def test_a_shared_group_with_validation_is_major_at_most() -> None:
    desk = Desk(STUDY, dataset(people(100, "a", 0), people(40, "b", 60), people(20, "v", 0), given=True))
    found = by_subject(desk)
    assert (found["train~validation"].status, found["train~validation"].severity) == (Status.FAIL, Severity.MAJOR)
    assert found["train~test"].status is Status.PASS


def test_an_overlap_that_was_left_out_is_mended() -> None:
    given = dataset(people(100, "a", 0), people(40, "b", 20), given=True)
    mended = replace(given, test=given.test.take(range(20, 40)))
    finding = by_subject(Desk(STUDY, mended))["train~test"]
    assert (finding.status, finding.severity) == (Status.FAIL, Severity.MINOR)
    assert finding.details["severity_unmended"] == "blocker"
    assert "20 remain" in finding.statement


def test_does_not_apply_where_no_group_is_declared() -> None:
    found = by_subject(Desk(study(), dataset(texts([0, 1] * 20), texts([0, 1], "b"))))
    assert {finding.status for finding in found.values()} == {Status.NOT_APPLICABLE}


def test_missing_groups_are_no_group() -> None:
    train = texts([0, 1] * 4, groups=("",) * 8)
    test = texts([0, 1], "b", groups=("", ""))
    assert by_subject(Desk(STUDY, dataset(train, test, given=True)))["train~test"].status is Status.PASS
