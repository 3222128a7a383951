"""Permutation p-values, and the max-statistic test that closes multiplicity inside a check."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from touchstone.stats.pareto import exceedance

Floats = NDArray[np.float64]
Orders = NDArray[np.int64]

_CELLS = 2_000_000

_CAUTION = 1.5
"""Factor on a fitted tail: from 999 draws the plain fit alarmed 1.3 to 1.5 times as often as it promised."""


@dataclass(frozen=True, slots=True)
class MaxT:
    """The outcome of a max-statistic test: statistics (m,), their adjusted p-values (m,), the null maxima (B,)."""

    statistics: Floats
    p_values: Floats
    null: Floats

    @property
    def p_value(self) -> float:
        """The p-value of the whole family: its smallest adjusted one."""
        return float(self.p_values.min()) if len(self.p_values) else 1.0


def p_value(null: NDArray[Any], observed: float) -> float:
    """The permutation p-value (1 + number of null draws at least as large) / (B + 1).

    Parameters
    ----------
    null : float array of shape (B,), the statistic under permutation; larger is more extreme
    observed : the statistic of the data

    Returns
    -------
    float in 1/(B + 1)..1, valid at every B

    Examples
    --------
    >>> p_value(np.arange(99.0), 97.0)
    0.03
    """
    null = np.asarray(null, dtype=np.float64)
    # sums in another order differ in the last digits; such a draw is a tie, not a smaller one
    slack = 1e-9 * max(1.0, abs(observed))
    return (1 + int(np.count_nonzero(null >= observed - slack))) / (len(null) + 1)


def tail_p_value(null: NDArray[Any], observed: float) -> float:
    """A permutation p-value below 1/(B + 1), from a generalised Pareto fit to the largest null draws.

    With ten or more null draws above the observed value this is :func:`p_value`. Otherwise a tail is fitted; where
    no tail fits, :func:`p_value` again. It goes at most two decades below 1/(B + 1).

    References
    ----------
    Knijnenburg, Wessels, Reinders, Shmulevich (Bioinformatics 2009).
    """
    null = np.asarray(null, dtype=np.float64)
    plain = p_value(null, observed)
    if plain * (len(null) + 1) > 10 or len(null) < 99:
        return plain
    share = exceedance(null, observed)
    return plain if share is None else float(np.clip(_CAUTION * share, 0.01 / (len(null) + 1), plain))


def permuted_orders(
    n: int,
    *,
    strata: NDArray[Any] | None = None,
    groups: NDArray[Any] | None = None,
    draws: int,
    generator: np.random.Generator,
) -> Orders:
    """Random orders of n items, (draws, n), that move items only within their stratum and within their group.

    Parameters
    ----------
    strata, groups : int arrays of shape (n,); None does not restrict
    """
    block = np.zeros(n, dtype=np.int64)
    for part in (strata, groups):
        if part is not None:
            level = np.unique(part, return_inverse=True)[1].reshape(-1)
            block = block * (int(level.max()) + 1) + level
    # sorting by (block, random) permutes inside blocks; putting it back at the block's places keeps each block there
    places = np.argsort(block, kind="stable")
    keys = block[places].astype(np.float64) + generator.random((draws, n))
    orders = np.empty((draws, n), dtype=np.int64)
    orders[:, places] = places[np.argsort(keys, axis=1)]
    return orders


def max_t(
    statistics: Callable[[Orders], Floats],
    n: int,
    *,
    strata: NDArray[Any] | None = None,
    groups: NDArray[Any] | None = None,
    draws: int = 999,
    seed: int,
    refine: bool = True,
) -> MaxT:
    """Test m questions at once against the permutation null of their largest statistic.

    Parameters
    ----------
    statistics : from orders, int array of shape (b, n) (row r puts item orders[r, i] in place i), to studentised
        statistics (b, m), larger is more extreme; the identity order gives those of the data
    n : number of items
    strata, groups : items move only within these, see :func:`permuted_orders`
    draws : permutations
    refine : fit the null's tail where a p-value is near the resolution of ``draws``

    References
    ----------
    Westfall, Young, Resampling-Based Multiple Testing (1993), single step.
    """
    observed = np.asarray(statistics(np.arange(n)[None, :])[0], dtype=np.float64)
    rows = max(1, _CELLS // max(n, 1))
    generator = np.random.default_rng(seed)
    maxima = []
    for start in range(0, draws, rows):
        size = min(rows, draws - start)
        orders = permuted_orders(n, strata=strata, groups=groups, draws=size, generator=generator)
        maxima.append(_largest(statistics(orders)))
    return family(observed, np.concatenate(maxima), refine=refine)


def family(observed: Floats, null: Floats, *, refine: bool = True) -> MaxT:
    """Adjusted p-values of observed statistics (m,) against null maxima (B,)."""
    rule = tail_p_value if refine else p_value
    return MaxT(observed, np.array([rule(null, float(value)) for value in observed]), null)


def membership_max_t(
    values: NDArray[Any],
    membership: NDArray[Any],
    *,
    strata: NDArray[Any] | None = None,
    groups: NDArray[Any] | None = None,
    draws: int = 999,
    seed: int,
    refine: bool = True,
) -> MaxT:
    """Test m overlapping subsets of n items at once for values that are larger inside than outside.

    Parameters
    ----------
    values : float array of shape (n,), such as errors or losses
    membership : bool array of shape (m, n), one row per subset
    strata : int array of shape (n,), usually the true class: inside is compared with outside within strata, so
        that a mix of hard classes is no finding
    groups : int array of shape (n,): the null flips the signs of whole groups' contributions, which is valid
        whether membership varies within groups or not, from about 20 groups on
    draws, seed, refine : see :func:`max_t`

    Returns
    -------
    MaxT whose statistics are standardised sums of (value - stratum mean) inside each subset; a subset that is
    empty, or is everything, has statistic 0

    References
    ----------
    Westfall, Young (1993); with groups the score version of the wild bootstrap, Kline, Santos (2012).
    """
    generator = np.random.default_rng(seed)
    layer = np.zeros(len(values), np.int64) if strata is None else np.unique(strata, return_inverse=True)[1].reshape(-1)
    inside = np.asarray(membership, dtype=np.float64)
    v, m = _centred(np.asarray(values, np.float64)[None, :], layer)[0], _centred(inside, layer)
    if groups is not None:
        unit = np.unique(groups, return_inverse=True)[1].reshape(-1)
        scores = np.stack([np.bincount(unit, row * v) for row in m]) if len(m) else np.zeros((0, 1))
        spread = np.sqrt((scores**2).sum(axis=1))
        signs = generator.choice([-1.0, 1.0], (draws, scores.shape[1]))
        return family(_ratio(scores.sum(axis=1), spread), _largest(_ratio(signs @ scores.T, spread)), refine=refine)
    size = np.bincount(layer).astype(float)
    variance = np.bincount(layer, v**2) / np.maximum(size - 1.0, 1.0)
    spread = np.sqrt(m**2 @ variance[layer])
    rows = max(1, _CELLS // max(len(v), 1))
    null = []
    for start in range(0, draws, rows):
        orders = permuted_orders(len(v), strata=layer, draws=min(rows, draws - start), generator=generator)
        null.append(_largest(_ratio(v[orders] @ m.T, spread)))
    return family(_ratio(m @ v, spread), np.concatenate(null), refine=refine)


def _centred(rows: Floats, layer: NDArray[np.int64]) -> Floats:
    size = np.bincount(layer).astype(float)
    means = np.stack([np.bincount(layer, row) / size for row in rows]) if len(rows) else np.zeros((0, len(size)))
    return np.asarray(rows - means[:, layer])


def _ratio(sums: Floats, spread: Floats) -> Floats:
    return np.asarray(np.where(spread > 1e-12, sums / np.maximum(spread, 1e-12), 0.0))


def _largest(statistics: Floats) -> Floats:
    return np.asarray(np.max(statistics, axis=1, initial=-np.inf))
