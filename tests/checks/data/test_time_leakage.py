from dataclasses import replace

import numpy as np
import pytest

from tests.checks.desk import Desk, dataset, readable, study, texts
from touchstone.checks.data.time_leakage import TimeLeakage
from touchstone.core.finding import Finding, Severity, Status
from touchstone.dataset.model import Examples
from touchstone.study.model import Columns

STUDY = study(columns=Columns(time="taken_at"))


def dated(times: object, prefix: str) -> Examples:
    times = np.asarray(times, dtype=np.float64)
    return texts(np.arange(len(times)) % 2, prefix, times=times)


def of(train: object, test: object, given: bool = True) -> Finding:
    desk = Desk(STUDY, dataset(dated(train, "a"), dated(test, "b"), given=given))
    finding = {finding.subject: finding for finding in TimeLeakage().run(desk)}["train~test"]
    readable(finding)
    return finding


# The weakest fault that must trip: one training example later than one test example.
@pytest.mark.parametrize("seed", range(5))
def test_trips_on_a_random_split_of_dated_data(seed: int) -> None:
    times = np.random.default_rng(seed).permutation(100)
    finding = of(times[:80], times[80:])
    assert (finding.status, finding.severity) == (Status.FAIL, Severity.BLOCKER)
    assert finding.value == pytest.approx(0.5, abs=0.15)


def test_a_stray_date_trips_as_major() -> None:
    finding = of([*range(100), 201], range(200, 240))
    assert (finding.status, finding.severity) == (Status.FAIL, Severity.MAJOR)
    assert finding.details["examples"] == ["a100"]


@pytest.mark.parametrize("given", [True, False])
def test_stays_silent_on_a_split_in_time(given: bool) -> None:
    assert of(range(80), range(80, 100), given).status is Status.PASS


def test_equal_dates_at_the_border_are_no_leak() -> None:
    assert of([1, 2, 3, 3], [3, 3, 4]).status is Status.PASS


def test_what_groups_forced_on_a_split_made_here_is_major() -> None:
    finding = of([0, 1, 2, 9], [3, 4, 5], given=False)
    assert (finding.status, finding.severity) == (Status.FAIL, Severity.MAJOR)


def test_what_groups_forced_on_validation_made_here_is_minor() -> None:
    data = replace(dataset(dated([0, 1, 2, 9], "a"), dated([20, 21], "b"), given=False), validation=dated([3, 4], "v"))
    finding = {finding.subject: finding for finding in TimeLeakage().run(Desk(STUDY, data))}["train~validation"]
    assert (finding.status, finding.severity) == (Status.FAIL, Severity.MINOR)


def test_an_overlap_that_was_left_out_is_mended() -> None:
    given = dataset(dated(range(100), "a"), dated(range(90, 130), "b"), given=True)
    desk = Desk(STUDY, replace(given, train=given.train.take(range(90))))
    finding = {finding.subject: finding for finding in TimeLeakage().run(desk)}["train~test"]
    assert (finding.status, finding.severity, finding.details["severity_unmended"]) == (
        Status.FAIL,
        Severity.MINOR,
        "blocker",
    )


@pytest.mark.parametrize("test", [[np.nan, np.nan], [3, np.nan]])
def test_unknown_dates_do_not_count(test: list[float]) -> None:
    assert of([1, 2, np.nan], test).status in (Status.PASS, Status.NOT_APPLICABLE)


def test_does_not_apply_where_no_time_is_declared() -> None:
    found = list(TimeLeakage().run(Desk(study(), dataset(texts([0, 1] * 20), texts([0, 1], "b")))))
    assert {finding.status for finding in found} == {Status.NOT_APPLICABLE}
