"""What an inconclusive finding owes its reader: how much more data would settle it."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil, isfinite
from typing import Any

from touchstone.stats.claims import Claim
from touchstone.stats.power import needed_n, needed_seeds

MOST_WORTH_NAMING = 200
"""A question that needs more than this many times the data at hand is said to be out of reach."""

LEAST_SHARE = 0.1
"""Fewer than this share of the examples at hand, or than :data:`LEAST_MORE`, is never promised to decide anything."""
LEAST_MORE = 10

MOST_SEEDS = 12
"""More trainings than this are not asked of anybody."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """The cheapest way to close a question, as a sentence and as numbers for ``details``."""

    remedy: str
    details: dict[str, Any] = field(default_factory=dict)


def more(n: int, needed: int | None, what: str, question: str) -> Doubt:
    """About how many more of ``what`` would decide ``question``.

    An estimate of this kind is never good to a tenth of the examples at hand, so no fewer are asked for, and never
    fewer than ten.

    Parameters
    ----------
    n : how many there are now
    needed : how many would settle it in all; None where no number would, or none could be worked out
    what : in the plural, such as ``labelled test images``
    question : continues "would decide whether ...", such as ``fine-tuning beats the frozen probe``
    """
    if needed is None or needed <= n or needed > MOST_WORTH_NAMING * max(n, 1):
        affordable = "affordable " if needed is not None and needed > n else ""
        remedy = f"no {affordable}number of further {what} is sure to decide whether {question}; treat it as too close to call"
        return Doubt(remedy, {"needed": needed, "needed_what": what})
    extra = _rounded(max(needed - n, ceil(LEAST_SHARE * n), LEAST_MORE))
    remedy = f"about {extra:,} more {what} would decide whether {question}"
    return Doubt(remedy, {"needed": n + extra, "needed_more": extra, "needed_what": what})


def beyond_numbers(remedy: str, what: str) -> Doubt:
    """A question that no number of examples settles, with what would; ``what`` as in :func:`more`."""
    return Doubt(remedy, {"needed": None, "needed_what": what})


def undecided(claim: Claim, effect: float, alpha: float, what: str, question: str) -> Doubt:
    """What would settle a claim over seeds and items: more seeds where they blur it most, else more items.

    Parameters
    ----------
    claim : the open claim
    effect : the size that is to be shown or ruled out, in the claim's unit
    alpha : one-sided error at which it is to be shown
    what, question : as in :func:`more`
    """
    if not isfinite(claim.standard_error):
        return Doubt(
            "train with three seeds or more (adapt.seeds: 3)", {"needed": 3, "needed_more": 2, "needed_what": "seeds"}
        )
    items = needed_n(0.0, claim.standard_error, claim.n, effect, alpha, seed_error=claim.seed_error)
    if items is None or claim.seed_error > claim.item_error:
        seeds = needed_seeds(claim.seed_error, claim.seeds, effect, alpha)
        if seeds is not None and seeds <= MOST_SEEDS:
            return Doubt(
                f"train with {seeds} seeds (adapt.seeds: {seeds}), which needs no new labels: chance in training blurs this most",
                {"needed": seeds, "needed_more": seeds - claim.seeds, "needed_what": "seeds"},
            )
    return more(claim.n, items, what, question)


def _rounded(n: int) -> int:
    """Rounded up to two significant digits: the estimate is no better than that."""
    step: int = 10 ** max(0, len(str(n)) - 2)
    rounded: int = ceil(n / step) * step
    return rounded
