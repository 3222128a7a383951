"""Checks that speak of the chosen candidate and of each recipe of the user's."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar

from touchstone.checks.check import Check
from touchstone.checks.context import Context, Need
from touchstone.core.finding import FOR_INFORMATION, Finding, Severity, Status
from touchstone.core.measures import Candidate


class JudgedCheck(Check):
    """Asks the same of the candidate that would ship and of every recipe of the user's; only the first decides."""

    needs: ClassVar[frozenset[Need]] = frozenset({Need.DATA, Need.ADAPTED, Need.TEST})

    def run(self, context: Context) -> Iterator[Finding]:
        chosen = context.chosen
        for candidate in context.judged:
            ships = chosen is not None and candidate.subject == chosen.subject
            for finding in self.judge(context, candidate):
                yield finding if ships else for_information(finding, "a recipe of the user's that was not chosen")

    @abstractmethod
    def judge(self, context: Context, candidate: Candidate) -> Iterator[Finding]:
        """State at least one finding about the candidate."""

    def not_applicable(self, candidate: Candidate, why: str) -> Finding:
        """The question does not arise for this candidate."""
        return self.finding(candidate.subject, Status.NOT_APPLICABLE, why)


def for_information(finding: Finding, why: str) -> Finding:
    """The same finding about something that will not ship: it informs and never decides."""
    details = {**finding.details, FOR_INFORMATION: why}
    if finding.status in (Status.FAIL, Status.INCONCLUSIVE) and finding.severity is not Severity.INFO:
        details["severity_if_chosen"] = str(finding.severity)
    return replace(finding, severity=Severity.INFO, details=details)


def is_frozen(candidate: Candidate) -> bool:
    """Whether no weight of the backbone was trained: the linear probe and its kin."""
    if candidate.kind == "reference" or candidate.frozen:
        return True
    return candidate.recipe is not None and candidate.recipe.layers == "head" and candidate.recipe.lora is None
