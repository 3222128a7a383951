"""Another run is worth an opening of the test set only where it can change the verdict."""

from __future__ import annotations

from typing import Any

import pytest
from scipy import stats

from touchstone.report.another_run import ERROR, _needed_count, another_run
from touchstone.report.gallery import Gallery
from touchstone.report.reading import Reading


def reading(verdict: str, reasons: list[str], *findings: dict[str, Any]) -> Reading:
    return Reading({"verdict": verdict, "reasons": reasons, "findings": list(findings)}, Gallery(), {})


def opened(times: int, allowed: int = 3) -> dict[str, Any]:
    return {
        "check": "evaluate.test_reuse",
        "status": "pass",
        "severity": "major",
        "details": {"openings": times, "budget": allowed},
    }


def asked(metric: str, bound: float, n: int, status: str = "inconclusive") -> dict[str, Any]:
    return {
        "check": "evaluate.requirements", "status": status, "severity": "blocker", "n": n, "interval": [bound - 0.05, bound + 0.05],
        "details": {"metric": metric, "minimum": bound, "on": "test"},
    }  # fmt: skip


WEAK = ["evaluate.requirements"]


def test_what_ships_needs_no_other_run() -> None:
    assert not another_run(reading("ship", [])).can_change_the_verdict


def test_no_run_signs() -> None:
    assert "signature" in another_run(reading("hold", ["govern.signoff"])).because[0]


@pytest.mark.parametrize("check", ["supply.license", "data.leakage", "govern.checkpoint"])
def test_what_no_training_changes_stops(check: str) -> None:
    found = another_run(reading("hold", [check, "adapt.overfitting"]))
    assert not found.can_change_the_verdict
    assert check in found.because[0]


def test_openings_that_are_used_up_stop() -> None:
    assert another_run(reading("hold", WEAK, opened(2), asked("accuracy", 0.8, 500))).can_change_the_verdict
    assert not another_run(reading("hold", WEAK, opened(3), asked("accuracy", 0.8, 500))).can_change_the_verdict


def test_a_bound_that_not_even_a_flawless_model_can_be_shown_to_meet_stops() -> None:
    assert not another_run(reading("hold", WEAK, opened(1), asked("accuracy", 0.95, 60))).can_change_the_verdict
    found = another_run(reading("hold", WEAK, opened(1), asked("accuracy", 0.9, 60)))
    assert found.can_change_the_verdict
    assert "accuracy would have to be 1.000 or more on 60 examples" in found.because[0].lower()


@pytest.mark.parametrize("opening", [1, 2, 3])
@pytest.mark.parametrize("bound", [0.5, 0.8, 0.95])
@pytest.mark.parametrize("n", [20, 60, 300, 5000])
def test_the_score_that_is_needed_is_the_smallest_whose_exact_bound_reaches_it(
    bound: float, n: int, opening: int
) -> None:
    error = ERROR / (opening * (opening + 1))
    lower = [stats.beta.ppf(error, k, n - k + 1) if k else 0.0 for k in range(n + 1)]
    reach = [k for k in range(n + 1) if lower[k] >= bound]
    assert _needed_count(bound, n, error) == (reach[0] / n if reach else 2.0)


def test_a_composite_score_is_an_estimate_and_says_so() -> None:
    found = another_run(reading("hold", WEAK, opened(1), asked("macro_f1", 0.8, 300)))
    assert found.can_change_the_verdict
    assert "about 0.8" in found.because[0]


def test_what_must_be_small_is_not_guessed_at() -> None:
    found = another_run(reading("hold", WEAK, opened(1), asked("latency_ms_p99", 50.0, 400)))
    assert found.can_change_the_verdict
    assert found.because == ("It would have to mend every reason of this verdict.",)
