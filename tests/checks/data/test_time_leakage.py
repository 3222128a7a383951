from dataclasses import replace

import numpy as np
import pytest

from tests.checks.data.probing import asked, desk
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


def test_unknown_dates_do_not_count() -> None:
    assert of([1, 2, np.nan], [3, np.nan]).status is Status.PASS


def test_a_declared_time_that_cannot_be_read_passes_nothing() -> None:
    finding = of([1, 2, np.nan], [np.nan, np.nan])
    assert (finding.status, finding.severity) == (Status.INCONCLUSIVE, Severity.BLOCKER)


def test_does_not_apply_where_no_time_is_declared() -> None:
    found = list(TimeLeakage().run(Desk(study(), dataset(texts([0, 1] * 20), texts([0, 1], "b")))))
    assert {finding.status for finding in found} == {Status.NOT_APPLICABLE}


def coined(number: int) -> str:
    """A word of which no part tells anything about another."""
    return "".join(np.random.default_rng(number).choice(list("bcdfghjklmnpqrstvz"), 8))


def undeclared(drift: bool, *, split_in_time: bool = False, seed: int = 0, n: int = 600) -> Finding:
    """Texts of twenty weeks; with ``drift`` every week has words of its own that tell the class."""
    rng = np.random.default_rng(seed)
    week, labels = np.sort(rng.integers(20, size=n)), rng.integers(2, size=n)
    stretch = week if drift else np.zeros(n, int)
    words = [
        " ".join([coined(10 * s + label), *(f"w{i}" for i in rng.integers(40, size=8)), f"n{rng.integers(10**9)}"])
        for s, label in zip(stretch, labels, strict=True)
    ]
    days = tuple(f"2024-{1 + w // 4:02d}-{1 + 7 * (w % 4) + int(rng.integers(7)):02d}" for w in week)
    first = np.arange(n) < 0.75 * n if split_in_time else rng.random(n) < 0.75

    def side(rows: np.ndarray) -> Examples:
        some = texts(labels[rows], words=[words[i] for i in rows], names=tuple(map(str, rows)))
        return replace(some, columns={"written": tuple(days[i] for i in rows)})

    found = desk(side(np.flatnonzero(first)), test=side(np.flatnonzero(~first)))
    return next(finding for finding in asked(TimeLeakage(), found) if finding.subject == "train~test")


def test_dates_that_nobody_declared_trip_where_they_do_harm() -> None:
    finding = undeclared(drift=True)
    assert (finding.status, finding.severity) == (Status.FAIL, Severity.MAJOR)
    assert finding.details["column"] == "written" and "data.columns.time: written" in (finding.remedy or "")


def test_dates_without_drift_and_a_split_in_time_stay_silent() -> None:
    found = [undeclared(drift=False, seed=seed) for seed in range(10)]
    assert {finding.status for finding in found} == {Status.NOT_APPLICABLE}
    assert "`written` holds dates" in found[0].statement
    in_time = undeclared(drift=True, split_in_time=True)
    assert in_time.status is Status.NOT_APPLICABLE and "written" not in in_time.statement
