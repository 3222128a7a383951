"""A finding: a check's statement about one subject of the study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from touchstone.core.interval import Interval

FOR_INFORMATION = "for_information"
"""Key in ``details`` of a finding that speaks of something that will not ship: no policy makes it count."""


class Status(StrEnum):
    """What a check found."""

    PASS = "pass"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    NOT_APPLICABLE = "not_applicable"


class Severity(StrEnum):
    """What a finding means for the verdict, gravest first."""

    BLOCKER = "blocker"
    MAJOR = "major"
    MINOR = "minor"
    INFO = "info"


class Verdict(StrEnum):
    """What the governance checkpoint makes of all findings."""

    SHIP = "ship"
    HOLD = "hold"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Finding:
    """A check's statement about one subject, resting on evidence (section 5 of the contract)."""

    check: str
    subject: str
    status: Status
    severity: Severity
    statement: str
    value: float | None = None
    interval: Interval | None = None
    threshold: float | None = None
    n: int | None = None
    remedy: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
