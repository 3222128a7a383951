"""Judging again changes the verdict and never what was measured."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

import pytest

from touchstone.core.evidence import Evidence, to_plain
from touchstone.core.finding import Finding, Severity, Status
from touchstone.govern.policy import BUILT_IN, Policy, applied
from touchstone.govern.rejudge import finding_digest, measured_digest, rejudged
from touchstone.govern.verdict import judge

FAILED = Finding("evaluate.slices", "camera=east", Status.FAIL, Severity.MAJOR, "Served worse.", details={"n": 3})
SIGNED = Finding("govern.signoff", "run", Status.PASS, Severity.BLOCKER, "Self-signed.")
MENDED = Finding(
    "data.leakage", "train~test", Status.FAIL, Severity.MINOR, "Mended.", details={"severity_unmended": "major"}
)
WAIVER = {"by": "bob", "until": "2026-06-01", "reason": "known"}


def evidence(*findings: Finding, policy: Policy = BUILT_IN["default"]) -> dict[str, Any]:
    moved = applied(findings, policy)
    judgement = judge(moved, policy)
    plain = Evidence("s", "sha256:0", judgement.verdict, judgement.reasons, tuple(moved)).as_mapping()
    return dict(json.loads(json.dumps(plain)))


def plain(finding: Finding) -> dict[str, Any]:
    return dict(to_plain(asdict(finding)))


def test_nothing_new_gives_the_same_bytes() -> None:
    before = evidence(FAILED, MENDED, SIGNED)
    assert json.dumps(rejudged(before, BUILT_IN["default"], plain(SIGNED), {})) == json.dumps(before)


def test_a_waiver_carries_the_failure_openly_and_no_longer_decides() -> None:
    before = evidence(FAILED, SIGNED)
    assert (before["verdict"], before["reasons"]) == ("hold", ["evaluate.slices"])
    after = rejudged(before, BUILT_IN["default"], plain(SIGNED), {finding_digest(before["findings"][0]): WAIVER})
    assert (after["verdict"], after["reasons"]) == ("ship", [])
    assert after["findings"][0]["status"] == "fail"
    assert after["findings"][0]["details"]["waiver"] == WAIVER
    assert measured_digest(after) == measured_digest(before)


def test_a_waiver_that_ended_leaves_nothing_behind() -> None:
    before = evidence(FAILED, SIGNED)
    waived = rejudged(before, BUILT_IN["default"], plain(SIGNED), {finding_digest(before["findings"][0]): WAIVER})
    assert rejudged(waived, BUILT_IN["default"], plain(SIGNED), {}) == before


def test_a_waiver_of_one_finding_is_none_of_another() -> None:
    before = evidence(FAILED, SIGNED)
    other = evidence(replace(FAILED, statement="Served much worse."), SIGNED)
    found = rejudged(other, BUILT_IN["default"], plain(SIGNED), {finding_digest(before["findings"][0]): WAIVER})
    assert found["verdict"] == "hold"


@pytest.mark.parametrize("first", ["default", "team", "regulated"])
@pytest.mark.parametrize("second", ["default", "team", "regulated"])
def test_judging_under_another_policy_is_as_if_it_had_been_that_from_the_start(first: str, second: str) -> None:
    before = evidence(FAILED, MENDED, SIGNED, policy=BUILT_IN[first])
    due = evidence(FAILED, SIGNED, policy=BUILT_IN[second])
    after = rejudged(before, BUILT_IN[second], plain(SIGNED), {})
    assert (after["verdict"], after["reasons"]) == (due["verdict"], due["reasons"])
    assert measured_digest(after) == measured_digest(before)


def test_a_changed_number_changes_the_digest() -> None:
    before = evidence(FAILED, SIGNED)
    other = evidence(replace(FAILED, value=0.5), SIGNED)
    assert measured_digest(before) != measured_digest(other)


def test_a_new_sign_off_does_not() -> None:
    rejected = replace(SIGNED, status=Status.FAIL, statement="Rejected by bob.")
    before = evidence(FAILED, SIGNED)
    after = rejudged(before, BUILT_IN["default"], plain(rejected), {})
    assert (after["verdict"], after["reasons"]) == ("reject", ["govern.signoff"])
    assert measured_digest(after) == measured_digest(before)
