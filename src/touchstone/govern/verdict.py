"""The verdict: what the governance checkpoint makes of all findings (contract, section 7)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from touchstone.core import catalogue
from touchstone.core.finding import Finding, Severity, Status, Verdict
from touchstone.govern.policy import Policy


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict and the checks that decided it, in the order of the catalogue."""

    verdict: Verdict
    reasons: tuple[str, ...]


def judge(findings: Sequence[Finding], policy: Policy) -> Judgement:
    """Reject where a blocker failed; hold where one is open or a major failed; else ship.

    Parameters
    ----------
    findings : findings whose severities the policy has already been applied to
        (:func:`touchstone.govern.policy.applied`); one that carries ``details.waiver`` decides nothing
    policy : says whether an inconclusive major holds a study back as well

    Returns
    -------
    Judgement
        with the ids of the checks that decided it; empty for ``ship``
    """
    findings = [finding for finding in findings if "waiver" not in finding.details]
    rejecting = [finding for finding in findings if _is(finding, Severity.BLOCKER, Status.FAIL)]
    if rejecting:
        return Judgement(Verdict.REJECT, _ids(rejecting))
    holding = [finding for finding in findings if _holds(finding, policy)]
    if holding:
        return Judgement(Verdict.HOLD, _ids(holding))
    return Judgement(Verdict.SHIP, ())


def _is(finding: Finding, severity: Severity, status: Status) -> bool:
    return finding.severity is severity and finding.status is status


def _holds(finding: Finding, policy: Policy) -> bool:
    if _is(finding, Severity.BLOCKER, Status.INCONCLUSIVE) or _is(finding, Severity.MAJOR, Status.FAIL):
        return True
    return policy.hold_on_inconclusive_major and _is(finding, Severity.MAJOR, Status.INCONCLUSIVE)


def _ids(findings: Iterable[Finding]) -> tuple[str, ...]:
    order = {id: place for place, id in enumerate(catalogue.rows())}
    ids = {finding.check for finding in findings}
    return tuple(sorted(ids, key=lambda id: (order.get(id, len(order)), id)))
