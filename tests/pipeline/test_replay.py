"""What a replay compares, and how it names a difference; a whole replay is tried in test_run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pipeline.small_run import finished
from touchstone.core.errors import InputError
from touchstone.pipeline.replay import differences, replay, untimed


def test_names_every_place_that_differs() -> None:
    was = {"a": {"b": 1, "c": [1, 2]}, "gone": 3}
    now = {"a": {"b": 2, "c": [1, 2]}, "new": None}
    assert [(one.where, one.was, one.now) for one in differences(was, now)] == [("a/b", 1, 2), ("gone", 3, None)]


def test_clocks_and_meters_are_not_compared() -> None:
    def evidence(seconds: float, value: float) -> dict[str, object]:
        findings = [
            {"check": "cost.energy", "subject": "run", "status": "pass", "value": seconds},
            {"check": "supply.files", "subject": "b", "status": "pass", "details": {"seconds": seconds, "n": value}},
            {"check": "compare.probe", "subject": "b", "status": "fail", "details": {"reference_seconds": seconds}},
        ]
        return {"findings": findings, "comparison": [], "bases": [], "chosen": None}

    assert untimed(evidence(1.0, 5)) == untimed(evidence(2.0, 5))
    assert untimed(evidence(1.0, 5)) != untimed(evidence(1.0, 6))


def test_a_changed_plan_is_no_ground_for_a_replay(tmp_path: Path) -> None:
    run = finished(tmp_path / "s")
    lock = run / "study.lock.yaml"
    lock.write_text(lock.read_text().replace("tell shapes", "tell people"))
    with pytest.raises(InputError, match="not the plan that was run"):
        replay(run)
