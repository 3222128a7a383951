"""The questions that a study leaves open, in order, each with the cheapest way to close it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from touchstone.core import catalogue
from touchstone.core.finding import FOR_INFORMATION, Finding, Severity, Status
from touchstone.govern.policy import UNMEASURED

_GRAVITY = {severity: place for place, severity in enumerate(Severity)}
_NO_COST_KNOWN = float("inf")


@dataclass(frozen=True, slots=True)
class Question:
    """One open question."""

    check: str
    subjects: tuple[str, ...]
    asks: str
    """The catalogue's question."""
    statement: str
    """What is known so far."""
    close: str
    """The cheapest way to close it."""
    holds: bool
    """Whether it alone holds the study back under the default policy."""


def open_questions(findings: Sequence[Finding], limit: int = 5) -> tuple[Question, ...]:
    """The few open questions that matter most, gravest and then cheapest first.

    Findings of one check are one question: the subject that is cheapest to settle speaks for the others. What this
    version cannot measure, and what will not ship, asks nothing of the reader and is left out.

    Parameters
    ----------
    findings : of the whole study, severities as the policy gave them
    limit : how many questions to name at most
    """
    by_check: dict[str, list[Finding]] = {}
    for finding in findings:
        if _is_open(finding):
            by_check.setdefault(finding.check, []).append(finding)
    ordered = sorted(by_check.values(), key=lambda group: min(map(_order, group)))
    return tuple(_question(sorted(group, key=_order)) for group in ordered[:limit])


def _is_open(finding: Finding) -> bool:
    aside = {FOR_INFORMATION, UNMEASURED} & set(finding.details)
    return finding.status is Status.INCONCLUSIVE and finding.severity is not Severity.INFO and not aside


def _order(finding: Finding) -> tuple[int, float, int]:
    place = list(catalogue.rows()).index(finding.check) if finding.check in catalogue.rows() else len(catalogue.rows())
    more = finding.details.get("needed_more")
    return _GRAVITY[finding.severity], _NO_COST_KNOWN if more is None else float(more), place


def _question(group: Sequence[Finding]) -> Question:
    first = group[0]
    row = catalogue.rows().get(first.check)
    return Question(
        check=first.check,
        subjects=tuple(dict.fromkeys(finding.subject for finding in group)),
        asks=row.question if row else first.check,
        statement=first.statement,
        close=first.remedy or "no cheap way to close it is known",
        holds=any(finding.severity is Severity.BLOCKER for finding in group),
    )
