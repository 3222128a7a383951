"""The first screen's sentences."""

from __future__ import annotations

from typing import Any

import pytest

from tests.report import told_runs
from touchstone.core.finding import Finding, Severity, Status
from touchstone.govern.causes import likely_cause
from touchstone.report import contest, story
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
    (0.021, 0.037, 0.053, "macro_f1", "pass", "3.7 points of macro F1 better than"),
    (-0.053, -0.037, -0.021, "macro_f1", "fail", "3.7 points of macro F1 worse than"),
    (-0.01, 0.01, 0.03, "macro_f1", "inconclusive", "Cannot be told apart from"),
    (-0.05, -0.03, -0.01, "brier", "pass", "3.0 points of Brier score better than"),
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


def test_two_trainings_that_tell_no_spread_are_not_called_alike() -> None:
    ((_, line),) = story.better_than(with_versus(-1.0, 0.03, 1.0, "macro_f1")).lines
    assert line.startswith("Not shown against") and "100" not in line


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


def test_a_waived_failure_is_in_the_headline_with_its_end_and_its_signer() -> None:
    run = told_runs.waived()
    headline = story.headline(reading(run))
    assert headline.startswith(
        "Ready to use. One serious finding stands and is carried openly under a waiver: "
        "the origin of the base model cannot be shown (until 2026-12-24, waived by Maria)."
    )
    assert "stands against it" not in headline
    assert "before the waiver ends on 2026-12-24: find out why." in story.what_next(reading(run))
    assert "Nothing of weight" in story.headline(reading(told_runs.ship()))


def test_a_question_that_a_signature_has_settled_is_not_asked_again() -> None:
    run = told_runs.ship()
    asked = (
        "Have the roles that the policy names signed? Touchstone approve RUN --reason .",
        "Is any group, declared or discovered, served worse? Label more.",
    )
    gallery = Gallery(open_questions=asked)
    assert story.in_doubt(reading(run, gallery)).startswith("Is any group, declared or discovered, served worse?")
    signing = next(f for f in run.evidence["findings"] if f["check"] == "govern.signoff")
    signing |= {
        "status": "inconclusive",
        "severity": "blocker",
        "remedy": "sign: touchstone approve RUN --role ROLE --reason ...",
    }
    assert "--role ROLE --reason ..." in story.in_doubt(reading(run, gallery))


def with_finding(status: str, value: float, interval: list[float] | None, **details: Any) -> Reading:
    told = with_versus(-0.002, 0.043, 0.087)
    found = told_runs.finding(
        "compare.probe", "full@b", status, "x", value=value, interval=interval, metric="macro_f1", **details
    )
    told.evidence["findings"] = [found]
    return told


def test_what_the_check_found_goes_before_the_comparison() -> None:
    ((status, line),) = story.better_than(with_finding("pass", 0.043, [0.015, 0.071])).lines
    assert (status, line) == (
        "pass",
        "4.3 points of macro F1 better than the frozen base with a linear probe (1.5 to 7.1)",
    )
    chart = contest.scores(with_finding("pass", 0.043, [0.015, 0.071]))
    assert chart is not None
    assert chart.bars[0].extra == "+0.043 (+0.015 to +0.071)"
    ((status, line),) = story.better_than(with_finding("fail", 0.0, [-0.01, 0.01])).lines
    assert status == "fail"
    assert line.startswith("Not better than the frozen base")


def test_no_tick_where_the_check_does_not_pass() -> None:
    told = with_finding("inconclusive", 0.046, [0.009, 0.083], reason="reference undertrained")
    ((status, line),) = story.better_than(told).lines
    assert status == "inconclusive"
    assert line.endswith("(0.9 to 8.3), which does not count: that one was still improving when its budget ended")
    chart = contest.gains(told)
    assert chart is not None
    assert chart.bars[0].tone == ""


def test_a_probe_that_no_model_file_can_hold_is_told_as_such_whatever_ships() -> None:
    run = told_runs.ship()
    plain = [line for _, line in story.better_than(reading(run)).lines]
    assert any("the frozen base with a linear probe" in line for line in plain)
    row = next(row for row in run.evidence["comparison"] if row["candidate"] == "linear-probe")
    run.evidence["comparison"].append({**row, "candidate": "last-layer@base"})
    rich = [line for _, line in story.better_than(reading(run)).lines]
    assert any("no plain model file can hold" in line for line in rich)
    assert not any("the frozen base with a linear probe" in line for line in rich)


def test_a_model_that_guesses_is_praised_for_nothing() -> None:
    run = told_runs.ship()
    found = next(f for f in run.evidence["findings"] if f["check"] == "compare.majority")
    found |= {"status": "fail", "details": {"accuracy": 0.95, "majority_accuracy": 0.95}}
    told = reading(run)
    assert story.how_good(told).startswith(
        "It is no better than always guessing the commonest class: that alone is right in about 95 of 100 examples"
    )
    lines = {line: status for status, line in story.better_than(told).lines}
    assert "pass" not in [status for line, status in lines.items() if "guessing the commonest class (" not in line]
    assert any("does not count: it is not shown to beat guessing" in line for line in lines)


def test_the_mean_over_seeds_and_the_delivered_model_are_told_apart() -> None:
    run = told_runs.ship()
    details = {f["check"]: f["details"] for f in run.evidence["findings"]}
    details["compare.probe"]["seeds"] = 3
    details["compare.majority"]["accuracy"] = 0.931
    said = story.how_good(reading(run))
    assert "this recipe gets about 92 right (the mean of 3 seeds, likely between 90 and 93)" in said
    assert "The model that is delivered got 93.1 %." in said
    assert story.first_screen(reading(run)).requirements_note.endswith("means over 3 seeds.")


def test_a_common_cause_is_told_without_ids() -> None:
    findings = [
        Finding(check, "x", Status.FAIL, Severity.MAJOR, "bad")
        for check in ("evaluate.requirements", "evaluate.per_class", "evaluate.calibration", "evaluate.shift")
    ]
    for failing in (findings, findings[:2]):
        cause = likely_cause(failing)
        assert cause is not None
        said = story.what_next(Reading({"verdict": "hold"}, Gallery(common_cause=cause.sentence), {}))
        assert "ikely common cause of" in said
        assert "evaluate." not in said
