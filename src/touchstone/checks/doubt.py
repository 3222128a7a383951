"""What an inconclusive finding owes its reader: how much more data would settle it."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil
from typing import Any

MOST_WORTH_NAMING = 200
"""A question that needs more than this many times the data at hand is said to be out of reach."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """The cheapest way to close a question, as a sentence and as numbers for ``details``."""

    remedy: str
    details: dict[str, Any] = field(default_factory=dict)


def more(n: int, needed: int | None, what: str, question: str) -> Doubt:
    """About how many more of ``what`` would decide ``question``.

    Parameters
    ----------
    n : how many there are now
    needed : how many would settle it in all; None where no number would, or none could be worked out
    what : in the plural, such as ``labelled test images``
    question : continues "would decide whether ...", such as ``fine-tuning beats the frozen probe``
    """
    if needed is None or needed <= n or needed > MOST_WORTH_NAMING * max(n, 1):
        if needed is not None and needed > n:
            remedy = f"more than {_rounded(needed):,} {what} would be needed to decide whether {question}; treat it as too close to call"
        else:
            remedy = f"no number of further {what} is sure to decide whether {question}; treat it as too close to call"
        return Doubt(remedy, {"needed": needed, "needed_what": what})
    extra = _rounded(needed - n)
    remedy = f"about {extra:,} more {what} would decide whether {question}"
    return Doubt(remedy, {"needed": n + extra, "needed_more": extra, "needed_what": what})


def _rounded(n: int) -> int:
    """Rounded up to two significant digits: the estimate is no better than that."""
    step: int = 10 ** max(0, len(str(n)) - 2)
    rounded: int = ceil(n / step) * step
    return rounded
