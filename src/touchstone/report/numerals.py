"""Numbers as people read them; anything that is not a finite number becomes a dash."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Real
from typing import Any, TypeGuard

DASH = "–"
MINUS = "−"


def is_number(value: Any) -> TypeGuard[float]:
    """Whether this is a finite number (a truth value is none)."""
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)


def interval(pair: Any) -> tuple[float, float] | None:
    """The two ends of an interval, or None where there is none."""
    if isinstance(pair, Sequence) and not isinstance(pair, str) and len(pair) == 2 and all(map(is_number, pair)):
        return float(pair[0]), float(pair[1])
    return None


def score(value: Any) -> str:
    """A metric's value: three decimals below ten, fewer above."""
    if not is_number(value):
        return DASH
    value = 0.0 if abs(value) < _NOISE else value
    size = abs(value)
    digits = 3 if size < 10 else 1 if size < 1000 else 0
    return f"{value:,.{digits}f}".replace("-", MINUS)


_NOISE = 1e-15
"""A difference of measured numbers below this is rounding of the machine, not a size."""


def brief(value: float) -> str:
    """A number of any size in four digits; what is only the machine's rounding is nought."""
    return "0" if abs(value) < _NOISE else f"{value:.4g}"


def between(pair: Any) -> str:
    """An interval in words: ``0.880 to 0.930``."""
    ends = interval(pair)
    return f"{score(ends[0])} to {score(ends[1])}" if ends else DASH


def percent(value: Any, digits: int = 0) -> str:
    """A fraction 0..1 in per cent."""
    return f"{value * 100:z.{digits}f} %".replace("-", MINUS) if is_number(value) else DASH


def points(value: Any, *, signed: bool = True) -> str:
    """A difference of fractions in points of a hundred: ``+4.2``."""
    if not is_number(value):
        return DASH
    text = f"{value * 100:{'+' if signed else ''}z.1f}"
    return text.replace("-", MINUS)


def signed(value: Any) -> str:
    """A difference with its sign, three decimals."""
    return f"{value:+z.3f}".replace("-", MINUS) if is_number(value) else DASH


def count(value: Any) -> str:
    """A whole number with thousands parted: ``12,000``."""
    return f"{round(value):,}".replace("-", MINUS) if is_number(value) else DASH


def large(value: Any) -> str:
    """A big count in short: ``2.2 million``."""
    if not is_number(value):
        return DASH
    for bound, word in ((1e9, "billion"), (1e6, "million")):
        if abs(value) >= bound:
            return f"{value / bound:.1f} {word}"
    return count(value)


def duration(seconds: Any) -> str:
    """A time as ``0.4 s``, ``38 s``, ``4 min 10 s`` or ``2 h 5 min``."""
    if not is_number(seconds):
        return DASH
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def milliseconds(value: Any) -> str:
    """A short time in milliseconds."""
    return f"{value:,.1f} ms" if is_number(value) else DASH


def energy(watt_hours: Any) -> str:
    """Energy in Wh, or kWh from a thousand on."""
    if not is_number(watt_hours):
        return DASH
    if 0 < watt_hours < 0.01:
        return "under 0.01 Wh"
    return (
        f"{watt_hours / 1000:.2f} kWh"
        if watt_hours >= 1000
        else f"{watt_hours:.2g} Wh"
        if watt_hours < 10
        else f"{watt_hours:.0f} Wh"
    )
