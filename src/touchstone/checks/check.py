"""What a check is, and the one place where evidence becomes a status."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from touchstone.checks.context import Context, Need
from touchstone.core import catalogue
from touchstone.core.finding import Finding, Severity, Status
from touchstone.core.interval import Interval


class Check(ABC):
    """A question to a study. The class docstring tells question, method, source and what it cannot see."""

    id: ClassVar[str]
    needs: ClassVar[frozenset[Need]] = frozenset()
    thresholds: ClassVar[Mapping[str, float]] = {}
    """The numbers that decide, by name, for the catalogue."""

    @property
    def severity(self) -> Severity:
        """The first severity of the check's row in the catalogue."""
        return catalogue.rows()[self.id].severity

    @property
    def question(self) -> str:
        """The catalogue's one-line question."""
        return catalogue.rows()[self.id].question

    @abstractmethod
    def run(self, context: Context) -> Iterator[Finding]:
        """State at least one finding for every subject the check is asked about."""

    def finding(
        self,
        subject: str,
        status: Status,
        statement: str,
        *,
        severity: Severity | None = None,
        value: float | None = None,
        interval: Interval | None = None,
        threshold: float | None = None,
        n: int | None = None,
        remedy: str | None = None,
        **details: Any,
    ) -> Finding:
        """A finding of this check; a number without an interval must say why in ``details``."""
        if value is not None and interval is None:
            details.setdefault("no_interval", "counted, not estimated")
        return Finding(
            self.id, subject, status, severity or self.severity, statement,
            value, interval, threshold, n, remedy, details,
        )  # fmt: skip
