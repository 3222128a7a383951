"""How the learning rate moves: up in a straight line, then down along a cosine."""

from __future__ import annotations

import math


def multiplier(step: int, total: int, warmup: float) -> float:
    """The share of the full rate at ``step`` of ``total`` (from 0): linear warm-up, then half a cosine to zero.

    Parameters
    ----------
    step : 0..total-1
    total : number of steps the schedule is made for; a training may stop before
    warmup : share of ``total`` that the rise takes, 0..1

    Returns
    -------
    float in 0..1; never 0, so that every step moves

    Examples
    --------
    >>> [round(multiplier(s, 10, 0.2), 2) for s in (0, 1, 2, 9)]
    [0.5, 1.0, 1.0, 0.04]
    """
    rise = round(total * warmup)
    if step < rise:
        return (step + 1) / rise
    return 0.5 * (1 + math.cos(math.pi * (step - rise) / max(1, total - rise)))
