"""Quantiles of measured times, with intervals that assume nothing about their distribution."""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from touchstone.core.interval import Estimate, Interval

UNSTEADY = 0.5
"""Coefficient of variation above which a machine was too busy to be timed."""


def quantile_interval(milliseconds: NDArray[Any], q: float, level: float = 0.95) -> Estimate:
    """The q-quantile of single-call times with its order-statistic interval.

    Parameters
    ----------
    milliseconds : (n,), times of single calls, taken to be independent
    q : 0..1, .99 for p99
    level : two-sided coverage, at least this at any n

    Returns
    -------
    Estimate in milliseconds; the upper end is infinite where no timing can bound it (p99 under 368 timings at .95),
    the lower end 0 where none can

    References
    ----------
    David, Nagaraja, Order Statistics (2003), section 7.1.
    """
    times = np.sort(np.asarray(milliseconds, dtype=np.float64))
    value = float(np.quantile(times, q)) if len(times) else float("nan")
    if not len(times):
        return Estimate(value, n=0, missing="no timings")
    tail = (1.0 - level) / 2.0
    interval = Interval(lower_bound(times, q, tail), upper_bound(times, q, tail))
    spread = (interval.high - interval.low) / 3.92 if np.isfinite(interval.high) else None
    return Estimate(value, interval, spread, len(times))


def upper_bound(milliseconds: NDArray[Any], q: float, alpha: float) -> float:
    """A time that the q-quantile exceeds with probability at most ``alpha``; infinite with too few timings."""
    from scipy.stats import binom  # type: ignore[import-untyped]

    times = np.sort(np.asarray(milliseconds, dtype=np.float64))
    n = len(times)
    # the k-th smallest lies below the quantile with probability P(Binomial(n, q) >= k)
    rank = int(binom.ppf(1.0 - alpha, n, q)) + 1
    return float(times[rank - 1]) if rank <= n else inf


def lower_bound(milliseconds: NDArray[Any], q: float, alpha: float) -> float:
    """A time that the q-quantile falls below with probability at most ``alpha``; 0 with too few timings."""
    from scipy.stats import binom

    times = np.sort(np.asarray(milliseconds, dtype=np.float64))
    # the k-th smallest lies above the quantile with probability P(Binomial(n, q) <= k - 1)
    rank = int(binom.ppf(alpha, len(times), q))
    while rank > 0 and binom.cdf(rank - 1, len(times), q) > alpha:
        rank -= 1
    return float(times[rank - 1]) if rank > 0 else 0.0


def variation(milliseconds: NDArray[Any]) -> float:
    """Standard deviation over mean of the times; above :data:`UNSTEADY` the machine was not quiet."""
    times = np.asarray(milliseconds, dtype=np.float64)
    return float(times.std(ddof=1) / times.mean()) if len(times) > 1 else inf
