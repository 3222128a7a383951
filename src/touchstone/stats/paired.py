"""Two models on the same items, seen as two proportions: exact test and score-based interval."""

from __future__ import annotations

from math import sqrt

from touchstone.core.interval import Interval
from touchstone.stats.intervals import wilson


def mcnemar(only_first: int, only_second: int, *, two_sided: bool = True) -> float:
    """The exact p-value of a difference between two models on the same items.

    Parameters
    ----------
    only_first, only_second : items that only the one, only the other model gets right
    two_sided : False asks whether the first is better

    Returns
    -------
    float in 0..1; 1 where the models never disagree. It is about these two models, never about their recipes

    References
    ----------
    McNemar (Psychometrika 1947), exact binomial form.

    Examples
    --------
    >>> round(mcnemar(15, 5), 3)
    0.041
    """
    from scipy.special import bdtr  # type: ignore[import-untyped]

    n = only_first + only_second
    if n == 0:
        return 1.0
    if two_sided:
        return min(1.0, 2.0 * float(bdtr(min(only_first, only_second), n, 0.5)))
    return 1.0 if only_first == 0 else float(bdtr(only_second, n, 0.5))


def newcombe(both: int, only_first: int, only_second: int, neither: int, level: float = 0.95) -> Interval:
    """The interval of the difference between two models' accuracies on the same items (first - second).

    Parameters
    ----------
    both, only_first, only_second, neither : the four counts of the paired table

    Returns
    -------
    Interval within -1..1; never of zero width, even where the models never disagree

    References
    ----------
    Newcombe (Statistics in Medicine 1998), method 10.

    Examples
    --------
    >>> interval = newcombe(70, 15, 5, 10)
    >>> round(interval.low, 3), round(interval.high, 3)
    (0.012, 0.189)
    """
    n = both + only_first + only_second + neither
    if n == 0:
        return Interval(-1.0, 1.0)
    first, second = (both + only_first) / n, (both + only_second) / n
    one, two = wilson(both + only_first, n, level), wilson(both + only_second, n, level)
    phi = _correlation(both, only_first, only_second, neither)
    down, up = first - one.low, two.high - second
    down_squared = down**2 - 2 * phi * down * up + up**2
    down, up = one.high - first, second - two.low
    up_squared = down**2 - 2 * phi * down * up + up**2
    gap = first - second
    return Interval(max(-1.0, gap - sqrt(max(0.0, down_squared))), min(1.0, gap + sqrt(max(0.0, up_squared))))


def _correlation(both: int, only_first: int, only_second: int, neither: int) -> float:
    margins = (both + only_first) * (only_second + neither) * (both + only_second) * (only_first + neither)
    if margins == 0:
        return 0.0
    product = float(both * neither - only_first * only_second)
    n = both + only_first + only_second + neither
    # Newcombe's continuity correction, for positive association only
    if product > 0:
        product = max(product - n / 2, 0.0)
    return product / sqrt(margins)
