"""The first screen's sentences."""

from __future__ import annotations

from typing import Any

import pytest

from tests.report import told_runs
from touchstone.report import story
from touchstone.report.gallery import Gallery
from touchstone.report.reading import Reading


def reading(run: told_runs.ToldRun, gallery: Gallery | None = None) -> Reading:
    return Reading(run.evidence, run.gallery if gallery is None else gallery, run.study)


def with_versus(low: float, value: float, high: float, metric: str = "macro_f1") -> Reading:
    row = {"candidate": "full@b", "kind": "adapted", "base": "b", "split": "test", "metric": metric, "value": 0.7, "interval": [0.6, 0.8],
           "versus": {"linear-probe": {"difference": value, "interval": [low, high]}}}  # fmt: skip
    return Reading(
        {"comparison": [row], "chosen": {"candidate": "full", "base": "b"}, "verdict": "hold"}, Gallery(), {}
    )


@pytest.mark.parametrize(("low", "value", "high", "metric", "status", "start"), [
    (0.021, 0.037, 0.053, "macro_f1", "pass", "3.7 points better than"),
    (-0.053, -0.037, -0.021, "macro_f1", "fail", "3.7 points worse than"),
    (-0.01, 0.01, 0.03, "macro_f1", "inconclusive", "Cannot be told apart from"),
    (-0.05, -0.03, -0.01, "brier", "pass", "3.0 points better than"),
    (0.1, 0.2, 0.3, "log_loss", "fail", "Worse than"),
])  # fmt: skip
def test_a_difference_reads_better_worse_or_not_told_apart(
    low: float, value: float, high: float, metric: str, status: str, start: str
) -> None:
    ((said, line),) = story.better_than(with_versus(low, value, high, metric)).lines
    assert said == status and line.startswith(start)


def test_a_difference_without_an_interval_claims_nothing() -> None:
    row = with_versus(0, 0, 0)
    row.evidence["comparison"][0]["versus"]["linear-probe"]["interval"] = None
    assert story.better_than(row).lines == []


def test_a_candidate_is_not_held_against_itself() -> None:
    run = told_runs.ship()
    run.evidence["chosen"] = {"candidate": "linear-probe", "base": "models/mobilenetv2", "path": "model/"}
    row = next(row for row in run.evidence["comparison"] if row["candidate"] == "linear-probe")
    row["versus"] = told_runs.versus(linear_probe=(0.0, 0.01), majority=(0.8, 0.02))
    assert len(story.better_than(reading(run)).lines) == 1


def test_the_same_recipe_on_another_base_is_not_taken_for_the_chosen_one() -> None:
    run = told_runs.hold()
    twin = told_runs.row("full@models/mobilenetv2", "adapted", "models/mobilenetv2", "macro_f1", 0.99, 0.001)
    run.evidence["comparison"].insert(0, twin)
    assert "0.672" in story.how_good(reading(run))


def test_an_undecided_blocker_is_told_as_open_not_as_failed() -> None:
    finding = told_runs.finding("evaluate.requirements", "macro_f1", "inconclusive", "0.8 (0.7 to 0.9)")
    held = Reading({"verdict": "hold", "reasons": ["evaluate.requirements"], "findings": [finding]}, Gallery(), {})
    assert story.headline(held) == "Not yet. Still open: whether the study's thresholds are met."


def test_many_reasons_are_counted_not_listed() -> None:
    checks = ["adapt.forgetting", "adapt.overfitting", "adapt.stability", "evaluate.slices", "evaluate.shift"]
    findings = [told_runs.finding(check, "x", "fail", "bad") for check in checks]
    text = story.headline(Reading({"verdict": "hold", "reasons": checks, "findings": findings}, Gallery(), {}))
    assert text.endswith(", the result rests on luck of the random seed and 2 more.")


def test_without_a_gallery_doubt_and_next_step_come_from_the_findings() -> None:
    held = reading(told_runs.hold(), Gallery())
    assert story.in_doubt(held).startswith("6 points better than from scratch, but it could be -4 to 16")
    assert story.what_next(held) == "Thaw the top block only, or ship the linear probe."


@pytest.mark.parametrize("verdict", ["ship", "hold", "reject", "sell", None])
def test_an_unknown_verdict_is_told_as_hold(verdict: Any) -> None:
    screen = story.first_screen(Reading({"verdict": verdict}, Gallery(), {}))
    assert screen.verdict == (verdict if verdict in ("ship", "hold", "reject") else "hold")


def test_a_missing_signature_is_said() -> None:
    assert story.sign_off(Reading({}, Gallery(), {})) == "No signature is recorded."


def test_a_status_that_nobody_knows_is_a_doubt_and_not_left_out() -> None:
    finding = told_runs.finding("data.size", "test", "splendid", "all is well")
    assert Reading({"findings": [finding]}, Gallery(), {}).open == [finding]


def test_what_is_settled_comes_from_the_findings_where_the_run_does_not_say_it() -> None:
    held = Reading(told_runs.hold().evidence, Gallery(), {})
    assert story.beyond_doubt(held) == ["No test picture stands in the training data."]


def test_a_check_that_fails_anywhere_settles_nothing() -> None:
    clean = told_runs.finding("data.leakage", "train~validation", "pass", "no copies in validation")
    tested = told_runs.finding("data.leakage", "train~test", "pass", "no copies in test")
    leaked = told_runs.finding("data.leakage", "train~test", "fail", "twelve copies", severity="minor")
    assert story.beyond_doubt(Reading({"findings": [clean, tested]}, Gallery(), {})) == ["No copies in test."]
    assert story.beyond_doubt(Reading({"findings": [clean, leaked]}, Gallery(), {})) == []
