"""A straight scale with round ticks, and where on it a value falls."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from touchstone.report.numerals import is_number


@dataclass(frozen=True, slots=True)
class Axis:
    """A scale from ``low`` to ``high``."""

    low: float
    high: float
    ticks: tuple[float, ...]
    decimals: int

    def place(self, value: Any) -> float | None:
        """Where a value falls, in per cent of the scale's length, kept inside; None where there is no value."""
        if not is_number(value):
            return None
        share = (value - self.low) / (self.high - self.low)
        return round(100 * min(1.0, max(0.0, share)), 2)

    def labels(self) -> list[tuple[float | None, str]]:
        """Each tick's place and its text."""
        return [(self.place(tick), f"{tick:.{self.decimals}f}".replace("-", "−")) for tick in self.ticks]


def round_axis(
    values: Iterable[Any], *, include: Iterable[float] = (), most: float | None = None, steps: int = 5
) -> Axis:
    """A scale that holds all values, with ends and about ``steps`` ticks on round numbers.

    ``most`` is the largest value that is possible at all (1 for an accuracy): the scale does not go past it.
    """
    known = [float(value) for value in values if is_number(value)] + list(include)
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    if high - low < 1e-9:
        low, high = low - 0.05, high + 0.05
    step = _round_step((high - low) / steps)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    if most is not None and last * step > most + 1e-9 and high <= most:
        last = math.floor(most / step + 1e-9)
        end = most
    else:
        end = last * step
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    ticks = tuple(round(i * step, 10) for i in range(first, last + 1))
    return Axis(round(first * step, 10), round(end, 10), ticks, decimals)


def _round_step(rough: float) -> float:
    size = 10.0 ** math.floor(math.log10(rough))
    return next(size * factor for factor in (1, 2, 5, 10) if rough <= size * factor * (1 + 1e-9))
