"""The evidence of a run: every finding and comparison, in the one form that machines and people read (contract 5)."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from touchstone.core.finding import Finding, Verdict
from touchstone.core.interval import Interval

SCHEMA = "touchstone/evidence/1"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One candidate's score on one split by one metric, and its paired difference to others."""

    candidate: str
    kind: str
    base: str | None
    split: str
    metric: str
    value: float
    interval: Interval | None
    versus: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    seconds: float | None = None
    energy_wh: float | None = None
    trainable_parameters: int | None = None


@dataclass(frozen=True, slots=True)
class RankedBase:
    """One candidate base model's place in the order."""

    base: str
    rank: int
    score: float
    interval: Interval | None
    chosen: bool


@dataclass(frozen=True, slots=True)
class Chosen:
    """What would ship."""

    candidate: str
    base: str | None
    path: str | None


@dataclass(frozen=True, slots=True)
class Bill:
    """What the run cost."""

    seconds: float = 0.0
    stages: Mapping[str, float] = field(default_factory=dict)
    examples_through_backbone: int = 0
    energy_wh: float | None = None
    carbon_g: float | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything a verdict rests on; parts that a verb does not make are empty or None."""

    study_name: str
    study_digest: str
    verdict: Verdict
    reasons: tuple[str, ...]
    findings: tuple[Finding, ...]
    comparison: tuple[Comparison, ...] = ()
    bases: tuple[RankedBase, ...] = ()
    chosen: Chosen | None = None
    cost: Bill = Bill()

    def as_mapping(self) -> dict[str, Any]:
        """Plain data with the contract's keys, in the contract's order; no NaN, no infinity."""
        plain: dict[str, Any] = {
            "schema": SCHEMA,
            "study": {"name": self.study_name, "digest": self.study_digest},
            "verdict": self.verdict,
            "reasons": self.reasons,
            "findings": self.findings,
            "comparison": self.comparison,
            "bases": self.bases,
            "chosen": self.chosen,
            "cost": self.cost,
        }
        return {key: to_plain(value) for key, value in plain.items()}

    def as_json(self) -> str:
        """The text of ``evidence.json``."""
        return json.dumps(self.as_mapping(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def to_plain(value: Any) -> Any:
    """What JSON can hold: intervals as ``[low, high]``, records as objects, numbers finite or null."""
    if isinstance(value, Interval):
        return [to_plain(value.low), to_plain(value.high)]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {item.name: to_plain(getattr(value, item.name)) for item in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, str | PurePath):
        return str(value).encode("utf-8", "backslashreplace").decode("utf-8")  # file names need not be UTF-8
    if isinstance(value, bool) or value is None:
        return value
    if hasattr(value, "tolist"):
        return to_plain(value.tolist())
    if isinstance(value, Sequence | set | frozenset):
        return [to_plain(item) for item in (sorted(value) if isinstance(value, set | frozenset) else value)]
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    raise TypeError(f"evidence cannot hold {type(value).__name__}")
