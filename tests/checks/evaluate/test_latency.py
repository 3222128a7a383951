import numpy as np
import pytest

from tests.checks.desk import Desk, contest_desk, only
from touchstone.checks.evaluate.latency import Latency
from touchstone.core.finding import Severity, Status
from touchstone.core.measures import Latency as Timings
from touchstone.study.model import Requirement

CHECK = Latency()


def desk(n: int, mean: float, *require: Requirement, spread: float = 1.0) -> Desk:
    times = np.abs(np.random.default_rng(0).normal(mean, spread, n))
    return contest_desk(50, {"tuned": 0.9}, require=require).with_(latency=Timings(times, "a machine", 2, 0.1))


# The weakest that must trip: p99 three milliseconds over the bound, 1,000 timings.
@pytest.mark.parametrize("mean", [51, 80])
def test_trips_above_the_bound_as_a_blocker(mean: float) -> None:
    finding = only(list(CHECK.run(desk(1000, mean, Requirement("latency_ms_p99", maximum=50)))))
    assert (finding.status, finding.severity) == (Status.FAIL, Severity.BLOCKER)


def test_passes_below_the_bound_and_without_one() -> None:
    assert only(list(CHECK.run(desk(1000, 40, Requirement("latency_ms_p99", maximum=50))))).status is Status.PASS
    finding = only(list(CHECK.run(desk(1000, 40))))
    assert (finding.status, finding.severity) == (Status.PASS, Severity.INFO)
    assert set(finding.details["quantiles"]) == {"latency_ms_p50", "latency_ms_p95", "latency_ms_p99"}


@pytest.mark.parametrize(("n", "mean", "spread"), [(100, 40, 1.0), (1000, 40, 60.0), (1000, 47.8, 1.0)])
def test_is_inconclusive_on_few_timings_a_busy_machine_or_a_close_call(n: int, mean: float, spread: float) -> None:
    finding = only(list(CHECK.run(desk(n, mean, Requirement("latency_ms_p99", maximum=50), spread=spread))))
    assert (finding.status, finding.severity) == (Status.INCONCLUSIVE, Severity.BLOCKER)


def test_says_when_nothing_was_timed() -> None:
    finding = only(list(CHECK.run(contest_desk(50, {"tuned": 0.9}).with_(missing={"latency": "budget"}))))
    assert finding.status is Status.INCONCLUSIVE and "budget" in finding.statement
