from typing import Any

import pytest

from tests.checks.desk import Desk, contest_desk, only
from touchstone.checks.cost.energy import Energy
from touchstone.core.finding import Severity, Status
from touchstone.core.measures import Stage
from touchstone.study.model import Adapt, Budget

CHECK = Energy()


def desk(energy: dict[str, Any], **budget: float) -> Desk:
    one = contest_desk(50, {"scratch": 0.7, "tuned": 0.9}, adapt=Adapt(budget=Budget(**budget)))
    return one.with_(energy=energy, stages=[Stage("bank", 60.0), Stage("train", 240.0)])


READ = {"energy_wh": 10.0, "low_wh": 9.0, "high_wh": 13.0, "carbon_g": 4.4, "method": "counters", "measured": True}


# The weakest that must trip: anything above the budget.
@pytest.mark.parametrize("allowed", [9.9, 1.0])
def test_trips_over_the_energy_budget_as_minor(allowed: float) -> None:
    finding = only(list(CHECK.run(desk(READ, energy_wh=allowed))))
    assert (finding.status, finding.severity) == (Status.FAIL, Severity.MINOR)


def test_trips_over_the_minutes() -> None:
    assert only(list(CHECK.run(desk(READ, minutes=4)))).status is Status.FAIL


def test_stages_that_stood_side_by_side_are_not_counted_twice() -> None:
    finding = only(list(CHECK.run(desk(READ | {"seconds": 200.0}, minutes=4))))
    assert finding.status is Status.PASS
    assert finding.details["seconds"] == 200.0 and "3.3 minutes" in finding.statement


@pytest.mark.parametrize("budget", [{}, {"energy_wh": 20.0}, {"minutes": 5.0}])
def test_informs_within_the_budget(budget: dict[str, float]) -> None:
    finding = only(list(CHECK.run(desk(READ, **budget))))
    assert (finding.status, finding.severity, finding.subject) == (Status.PASS, Severity.INFO, "run")
    assert "training from scratch" in finding.statement


def test_unknown_energy_is_inconclusive() -> None:
    assert only(list(CHECK.run(desk({})))).status is Status.INCONCLUSIVE
