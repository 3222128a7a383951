"""An interval, and an estimate that carries one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Interval:
    """A closed interval of a quantity, in that quantity's own unit."""

    low: float
    high: float

    def __post_init__(self) -> None:
        if not self.low <= self.high:
            raise ValueError(f"interval ends are out of order: {self.low} > {self.high}")

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class Estimate:
    """A measured value with its uncertainty.

    ``standard_error`` is in the unit of ``value``; ``n`` counts the items that carry the evidence;
    ``missing`` says why there is no interval, where there is none.
    """

    value: float
    interval: Interval | None = None
    standard_error: float | None = None
    n: int | None = None
    missing: str | None = None
