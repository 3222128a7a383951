from itertools import product

import pytest

from touchstone.core.finding import Finding, Severity, Status, Verdict
from touchstone.govern.policy import BUILT_IN, Policy
from touchstone.govern.verdict import judge

DEFAULT, REGULATED = BUILT_IN["default"], BUILT_IN["regulated"]


def finding(check: str, severity: Severity, status: Status) -> Finding:
    return Finding(check, "s", status, severity, "Said.")


@pytest.mark.parametrize(("severity", "status"), list(product(Severity, Status)))
def test_the_rule_of_the_contract_case_by_case(severity: Severity, status: Status) -> None:
    expected = {
        (Severity.BLOCKER, Status.FAIL): Verdict.REJECT,
        (Severity.BLOCKER, Status.INCONCLUSIVE): Verdict.HOLD,
        (Severity.MAJOR, Status.FAIL): Verdict.HOLD,
    }.get((severity, status), Verdict.SHIP)
    found = judge([finding("data.size", severity, status)], DEFAULT)
    assert found.verdict is expected
    assert found.reasons == (() if expected is Verdict.SHIP else ("data.size",))


def test_nothing_found_ships_and_the_gravest_decides() -> None:
    assert judge([], DEFAULT).verdict is Verdict.SHIP
    found = judge(
        [
            finding("compare.scratch", Severity.BLOCKER, Status.INCONCLUSIVE),
            finding("evaluate.requirements", Severity.BLOCKER, Status.FAIL),
            finding("adapt.forgetting", Severity.MAJOR, Status.FAIL),
        ],
        DEFAULT,
    )
    assert (found.verdict, found.reasons) == (Verdict.REJECT, ("evaluate.requirements",))


def test_reasons_are_named_once_in_the_order_of_the_catalogue() -> None:
    several = [
        finding(id, Severity.MAJOR, Status.FAIL)
        for id in ("evaluate.shift", "data.leakage", "evaluate.shift", "mine.own")
    ]
    assert judge(several, DEFAULT).reasons == ("data.leakage", "evaluate.shift", "mine.own")


def test_an_inconclusive_major_holds_only_where_the_policy_says_so() -> None:
    one = [finding("evaluate.shift", Severity.MAJOR, Status.INCONCLUSIVE)]
    assert judge(one, DEFAULT).verdict is Verdict.SHIP
    assert judge(one, Policy("strict", hold_on_inconclusive_major=True)).verdict is Verdict.HOLD
    assert REGULATED.hold_on_inconclusive_major


def test_duplicating_findings_never_improves_a_verdict() -> None:
    one = [finding("data.size", Severity.MINOR, Status.FAIL), finding("evaluate.shift", Severity.MAJOR, Status.FAIL)]
    assert judge(one * 3, DEFAULT) == judge(one, DEFAULT)
