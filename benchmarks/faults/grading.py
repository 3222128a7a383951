"""Asking one check about planted, clean and hard data, and counting what it says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from benchmarks.faults.asking import Asking
from benchmarks.faults.family import STRENGTHS, Family
from touchstone.stats.intervals import clopper_pearson


@dataclass(frozen=True)
class Grade:
    """What a check said of studies of one kind."""

    family: str
    check: str
    kind: str
    """weak, medium, strong, clean, or the words of a hard negative."""
    planted: bool
    failed: int
    doubtful: int
    """Of those that did not fail, how many said ``inconclusive``: on planted data a miss."""
    n: int
    seconds: float
    """Of one study, however many families it served."""

    @property
    def ends(self) -> tuple[float, float]:
        """Clopper-Pearson interval (95 %) of the share that failed."""
        interval = clopper_pearson(self.failed, self.n)
        return interval.low, interval.high


def grade(name: str, family: Family, n: int, asking: Asking) -> list[Grade]:
    """Every strength, the clean twin and the hard negatives, ``n`` studies each or as many as there was time for."""
    graded = [_grade(name, family, kind, n, asking) for kind in family.kinds]
    return [one for one in graded if one.n]


def _grade(name: str, family: Family, kind: str, n: int, asking: Asking) -> Grade:
    asked = [asking.said(family.verb, family.check, family.kinds[kind], i) for i in range(n)]
    said = [one for one in asked if one is not None]
    about = family.about.get(kind, "")
    statuses = [
        {f["status"] for f in one.findings if f["check"] == family.check and _is_about(f, about)} for one in said
    ]
    assert all(statuses), f"{name}, {kind}: no finding of {family.check} about {about or 'anything'}"
    failed = sum("fail" in one for one in statuses)
    doubtful = sum("fail" not in one and "inconclusive" in one for one in statuses)
    seconds = sum(one.seconds for one in said) / max(1, len(said))
    return Grade(name, family.check, kind, kind in STRENGTHS, failed, doubtful, len(said), seconds)


def _is_about(finding: dict[str, Any], what: str) -> bool:
    return finding["subject"].startswith(what) or finding["details"].get("metric") == what
