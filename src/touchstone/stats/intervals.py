"""Intervals of proportions, exact and approximate, and of a standard deviation."""

from __future__ import annotations

from math import sqrt

from touchstone.core.interval import Interval


def lower_bound(successes: int, n: int, alpha: float) -> float:
    """The exact one-sided lower bound of a proportion.

    Parameters
    ----------
    successes : count, 0..n
    n : number of trials; 0 gives the bound 0
    alpha : one-sided error probability, 0..1

    Returns
    -------
    float in 0..1; the true proportion lies below it with probability at most ``alpha``

    References
    ----------
    Clopper, Pearson (Biometrika 1934).

    Examples
    --------
    >>> round(lower_bound(30, 30, 0.05), 3)
    0.905
    """
    from scipy.special import betaincinv  # type: ignore[import-untyped]

    _check(successes, n)
    return 0.0 if successes == 0 else float(betaincinv(successes, n - successes + 1, alpha))


def upper_bound(successes: int, n: int, alpha: float) -> float:
    """The exact one-sided upper bound of a proportion: what zero events in n still allow.

    Parameters and returns mirror :func:`lower_bound`.

    Examples
    --------
    >>> round(upper_bound(0, 30, 0.05), 3)
    0.095
    """
    return 1.0 - lower_bound(n - successes, n, alpha)


def clopper_pearson(successes: int, n: int, level: float = 0.95) -> Interval:
    """The exact two-sided interval of a proportion; it covers at least ``level``.

    Returns
    -------
    Interval within 0..1; for n = 0 it is the whole of 0..1

    References
    ----------
    Clopper, Pearson (Biometrika 1934).

    Examples
    --------
    >>> interval = clopper_pearson(80, 100)
    >>> round(interval.low, 3), round(interval.high, 3)
    (0.708, 0.873)
    """
    tail = (1.0 - level) / 2.0
    return Interval(lower_bound(successes, n, tail), upper_bound(successes, n, tail))


def wilson(successes: int, n: int, level: float = 0.95) -> Interval:
    """The score interval of a proportion, for display: close to ``level`` on average, shorter than the exact one.

    References
    ----------
    Wilson (JASA 1927); Brown, Cai, DasGupta (Statistical Science 2001).

    Examples
    --------
    >>> interval = wilson(80, 100)
    >>> round(interval.low, 3), round(interval.high, 3)
    (0.711, 0.867)
    """
    from scipy.special import ndtri

    _check(successes, n)
    if n == 0:
        return Interval(0.0, 1.0)
    z2 = float(ndtri(0.5 + level / 2.0)) ** 2
    share = successes / n
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = sqrt(z2 * (share * (1 - share) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == n else min(1.0, centre + half)
    return Interval(low, high)


def standard_deviation_interval(deviation: float, df: int, level: float = 0.95) -> Interval:
    """What a standard deviation of few seeds allows, for normal values.

    Parameters
    ----------
    deviation : the sample standard deviation, with ``df`` degrees of freedom (seeds - 1)

    Examples
    --------
    Three seeds say very little:

    >>> interval = standard_deviation_interval(1.0, df=2)
    >>> round(interval.low, 2), round(interval.high, 1)
    (0.52, 6.3)
    """
    from scipy.special import chdtri

    if df < 1:
        return Interval(0.0, float("inf"))
    tail = (1.0 - level) / 2.0
    return Interval(deviation * sqrt(df / float(chdtri(df, tail))), deviation * sqrt(df / float(chdtri(df, 1 - tail))))


def _check(successes: int, n: int) -> None:
    if not 0 <= successes <= n:
        raise ValueError(f"successes must lie in 0..n, got {successes} of {n}")
