"""Who must sign, and whose signature does not count."""

from __future__ import annotations

from typing import Any

import pytest

from tests.checks.desk import contest_desk, only, readable
from touchstone.checks.govern.signoff import Signoff
from touchstone.core.finding import Finding, Severity, Status
from touchstone.core.signoff import Signature, SignOff


def signed(who: str, role: str = "owner", **more: Any) -> Signature:
    facts: dict[str, Any] = {"decision": "approve", "on": "2026-05-04", "until": "2026-10-31", **more}
    return Signature(who, role, **facts)


def state(
    *signatures: Signature, use: str = "internal", roles: tuple[str, ...] = (), author: str | None = "ann"
) -> Finding:
    asked = SignOff(use, "p", roles, author, signatures)
    finding = only(list(Signoff().run(contest_desk(50, {"tuned": 0.9}).with_(sign_off=asked))))
    readable(finding)
    assert finding.severity is Severity.BLOCKER
    return finding


TEAM = ("owner", "reviewer")


@pytest.mark.parametrize("use", ["research", "internal"])
def test_passes_without_a_signature_for_use_at_home_and_says_self_signed(use: str) -> None:
    finding = state(use=use)
    assert finding.status is Status.PASS
    assert "Self-signed" in finding.statement and finding.details["self_signed"]


@pytest.mark.parametrize("use", ["commercial", "redistribution"])
def test_is_inconclusive_where_another_person_is_asked_for_and_nobody_signed(use: str) -> None:
    finding = state(use=use)
    assert finding.status is Status.INCONCLUSIVE
    assert "touchstone approve" in (finding.remedy or "")


def test_passes_when_somebody_else_signed() -> None:
    assert state(signed("bob"), use="commercial").status is Status.PASS


def test_trips_on_the_author_s_own_signature_where_another_is_asked_for() -> None:
    assert state(signed("ann", by_author=True), use="commercial").status is Status.FAIL


def test_the_author_s_own_signature_does_no_harm_beside_a_valid_one() -> None:
    assert state(signed("ann", by_author=True), signed("bob"), use="commercial").status is Status.PASS


@pytest.mark.parametrize("what", ["plan", "evidence", "policy", "model"])
def test_trips_on_a_signature_for_other_digests(what: str) -> None:
    finding = state(signed("bob", changed=(what,)), use="commercial")
    assert finding.status is Status.FAIL
    assert what in finding.statement


@pytest.mark.parametrize("lapsed", [{"expired": True}, {"suspended": "CVE-1"}])
def test_is_inconclusive_where_the_signature_ran_out_or_is_suspended(lapsed: dict[str, Any]) -> None:
    assert state(signed("bob", **lapsed), use="commercial").status is Status.INCONCLUSIVE


def test_every_role_of_the_policy_needs_a_person_of_its_own() -> None:
    assert state(signed("bob"), roles=TEAM).status is Status.INCONCLUSIVE
    finding = state(signed("bob"), signed("eve", "reviewer"), roles=TEAM)
    assert (finding.status, finding.value, finding.threshold) == (Status.PASS, 2.0, 2.0)


def test_is_inconclusive_where_nobody_knows_who_ran_it() -> None:
    assert state(signed("bob"), use="commercial", author=None).status is Status.INCONCLUSIVE


def test_trips_on_a_rejection_whatever_others_signed() -> None:
    finding = state(signed("bob"), signed("eve", "reviewer", decision="reject"), roles=TEAM)
    assert finding.status is Status.FAIL
    assert "eve" in finding.statement


def test_a_rejection_of_something_else_counts_no_longer() -> None:
    assert (
        state(signed("bob"), signed("eve", decision="reject", changed=("model",)), use="commercial").status
        is Status.PASS
    )


def test_broken_glass_is_loud_and_counts_until_its_review() -> None:
    finding = state(signed("ann", by_author=True, break_glass=True), roles=TEAM)
    assert finding.status is Status.PASS
    assert finding.statement.startswith("BREAK-GLASS")
    assert (
        state(signed("ann", by_author=True, break_glass=True, expired=True), roles=TEAM).status is Status.INCONCLUSIVE
    )


def test_a_name_that_another_account_gave_is_said_to_be_claimed() -> None:
    assert "given by the account ann" in state(signed("bob", claimed_by="ann"), use="commercial").statement
