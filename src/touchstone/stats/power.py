"""Sizes that make a question answerable, and the chance of an answer at a given size."""

from __future__ import annotations

from math import ceil, isfinite, log, sqrt

import numpy as np

MOST = 1_000_000_000
"""Sizes above this are not worth naming."""


def needed_n(
    value: float, standard_error: float, n: int, tolerance: float, alpha: float, *, seed_error: float = 0.0
) -> int | None:
    """How many items would settle a question that n items left open.

    n * ((z(1 - alpha) + 1.645) * SE / tolerance)^2, of which ``seed_error`` does not shrink with items; where that
    many are there already, the value lies so close to the tolerance that only the distance to it counts.

    Parameters
    ----------
    value, standard_error : of the claim; n : its items
    tolerance : the smallest harm that matters, above 0
    alpha : one-sided false-alarm probability
    seed_error : the part of the standard error that comes from seeds

    Returns
    -------
    int above n, or None where no number of items would do

    Examples
    --------
    >>> needed_n(0.0, 0.01, 1000, 0.02, 0.001)
    5606
    """
    from scipy.special import ndtri  # type: ignore[import-untyped]

    if not isfinite(standard_error) or tolerance <= 0 or standard_error == 0.0:
        return None
    catch = float(ndtri(0.95))
    reach = float(ndtri(1.0 - alpha)) + catch
    wanted = _items(n, standard_error, seed_error, tolerance / reach)
    if wanted <= n:
        gap = abs(tolerance - value)
        wanted = max(_items(n, standard_error, seed_error, gap / catch), n + 1)
    return ceil(wanted) if wanted < MOST else None


def _items(n: int, standard_error: float, seed_error: float, wanted_error: float) -> float:
    left = wanted_error**2 - seed_error**2
    return n * max(0.0, standard_error**2 - seed_error**2) / left if left > 0 else float("inf")


def needed_seeds(seed_error: float, seeds: int, tolerance: float, alpha: float) -> int | None:
    """How many seeds a side would make the seeds' part of the error small enough: half of what may remain.

    Examples
    --------
    >>> needed_seeds(0.01, 3, 0.05, 0.001)
    6
    """
    from scipy.special import ndtri

    if not isfinite(seed_error) or seed_error == 0.0 or tolerance <= 0:
        return None
    reach = float(ndtri(1.0 - alpha)) + float(ndtri(0.95))
    wanted = seeds * 2.0 * (reach * seed_error / tolerance) ** 2
    return max(seeds + 1, ceil(wanted)) if wanted < 1000 else None


def detectable(standard_error: float, tolerance: float, alpha: float, tau0: float = 0.0) -> float:
    """The smallest harm that the three-state rule catches 95 % of the time at this standard error.

    Examples
    --------
    >>> round(detectable(0.01, 0.05, 0.001), 3)
    0.066
    """
    from scipy.special import ndtri

    catch = float(ndtri(0.95))
    return max(tolerance + catch * standard_error, tau0 + (float(ndtri(1.0 - alpha)) + catch) * standard_error)


def mcnemar_power(n: int, discordant: float, drop: float, alpha: float, *, least_drop: float = 0.01) -> float:
    """The chance that a paired test on n items shows a true drop: two-sided exact p < alpha and a drop of 1 point.

    Parameters
    ----------
    n : test items; discordant : share of items that exactly one of two models gets right, 0..1
    drop : true loss of accuracy, 0..discordant; alpha : two-sided
    least_drop : effect gate on the observed drop

    Examples
    --------
    >>> round(mcnemar_power(800, 0.14, 0.05, 0.005), 2)
    0.82
    """
    from scipy.stats import binom  # type: ignore[import-untyped]

    if not 0 <= drop <= discordant <= 1:
        raise ValueError("need 0 <= drop <= discordant <= 1")
    if discordant == 0:
        return 0.0
    split = (discordant + drop) / (2 * discordant)
    pairs = np.arange(1, n + 1)
    probability = binom.pmf(pairs, n, discordant)
    pairs = pairs[probability > 1e-12]
    probability = probability[probability > 1e-12]
    # the fewest losses whose exact two-sided p-value is below alpha
    fewest = pairs - binom.ppf(alpha / 2, pairs, 0.5) + 1
    gate = np.ceil((pairs + least_drop * n) / 2)
    return float(probability @ binom.sf(np.maximum(fewest, gate) - 1, pairs, split))


def items_for_recall(half_width: float, recall: float = 0.8, level: float = 0.95) -> int:
    """How many test items of a class state its recall to within +-half_width (score interval).

    Examples
    --------
    >>> items_for_recall(0.08), items_for_recall(0.11)
    (95, 50)
    """
    from scipy.special import ndtri

    if not 0 < half_width < 0.5:
        raise ValueError("the half width must lie between 0 and 0.5")
    z2 = float(ndtri((1 + level) / 2)) ** 2
    spread = recall * (1 - recall)
    low, high = 1, 2
    while _wilson_half(high, spread, z2) > half_width:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _wilson_half(middle, spread, z2) > half_width else (low, middle)
    return high


def _wilson_half(n: int, spread: float, z2: float) -> float:
    return sqrt(z2 * (spread / n + z2 / (4 * n * n))) / (1 + z2 / n)


def timings_for_quantile(q: float, level: float = 0.95) -> int:
    """The fewest timings whose largest is an upper bound of the q-quantile.

    Examples
    --------
    >>> timings_for_quantile(0.99)
    299
    """
    return ceil(log(1 - level) / log(q))


def timings_for_p99(level: float = 0.95) -> int:
    """The fewest timings for any finite upper bound of the 99th percentile."""
    return timings_for_quantile(0.99, level)


def trials_for_rate(rate: float, events: int = 0, level: float = 0.95) -> int:
    """How many trials with this many events show that the event rate is at most ``rate``.

    Examples
    --------
    >>> [trials_for_rate(0.02, x) for x in range(4)], [trials_for_rate(0.05, x) for x in range(4)]
    ([149, 236, 313, 386], [59, 93, 124, 153])
    """
    from scipy.special import bdtr

    n = events + 1
    while float(bdtr(events, n, rate)) > 1 - level:
        n += 1
    return n
