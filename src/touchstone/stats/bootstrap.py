"""The bootstrap over items, over items within classes, or over groups, vectorised over weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from touchstone.core.interval import Estimate, Interval

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Statistic = Callable[[Floats], Floats]

_CELLS = 4_000_000
"""Weights held at once: 32 MB of float64."""
_JACKKNIFE_UNITS = 400
"""Above this many units the jackknife leaves out random blocks: the acceleration needs no more."""
_FEW_GROUPS = 3
"""A stratum with fewer groups would lend almost no variance of its own."""


@dataclass(frozen=True, slots=True)
class Resampling:
    """A plan of resampling: which units are drawn, and how often each item counts in every draw.

    ``unit`` (n,) is the unit of each item (itself, or its group), ``stratum`` (units,) that unit's stratum;
    both count from 0 without gaps. Draws do not depend on how they are batched.
    """

    unit: Ints
    stratum: Ints
    draws: int
    seed: int

    @property
    def n(self) -> int:
        """Number of items."""
        return len(self.unit)

    @property
    def units(self) -> int:
        """Number of units that are drawn: items, or groups."""
        return len(self.stratum)

    @property
    def strata(self) -> int:
        """Number of strata; 1 where units are drawn from all."""
        return int(self.stratum.max()) + 1 if len(self.stratum) else 0

    @property
    def shrunk(self) -> float:
        """Share of the true spread that draws show; 1 where no stratum has two units: nothing varies there."""
        return float(np.sqrt(variance_shown(self.units, self.strata))) if self.units > self.strata else 1.0

    @property
    def weights(self) -> Floats:
        """All weights, (draws, n); every row of an unclustered plan sums to n."""
        return np.concatenate(list(self.batches())) if self.draws else np.empty((0, self.n))

    def batches(self) -> Iterator[Floats]:
        """The weights in slabs of bounded memory, each (b, n)."""
        rows = max(1, _CELLS // max(self.n, 1))
        generator = np.random.default_rng(self.seed)
        members = [np.flatnonzero(self.stratum == s) for s in range(self.strata)]
        for start in range(0, self.draws, rows):
            size = min(rows, self.draws - start)
            yield _counts(generator, members, size, self.units)[:, self.unit]

    def jackknife(self) -> tuple[Floats, Ints]:
        """Leave-one-unit-out weights (m, n) and the stratum (m,) of what was left out.

        The others of the stratum are scaled up, so that strata keep their weight. With many units, blocks of units
        of one stratum are left out together.
        """
        block, stratum = self._blocks()
        left_out = np.arange(len(stratum))[:, None] == block[None, :]
        same = stratum[:, None] == self.stratum[None, :]
        size = np.bincount(self.stratum, minlength=self.strata)[stratum].astype(float)
        kept = np.maximum(size - left_out.sum(axis=1), 1.0)
        unit_weights = np.where(same, (size / kept)[:, None], 1.0) * ~left_out
        return unit_weights[:, self.unit], stratum

    def _blocks(self) -> tuple[Ints, Ints]:
        generator = np.random.default_rng([self.seed, 1])
        block = np.empty(self.units, dtype=np.int64)
        strata: list[int] = []
        for s in range(self.strata):
            members = np.flatnonzero(self.stratum == s)
            share = max(2, round(_JACKKNIFE_UNITS * len(members) / self.units))
            count = min(len(members), share) if self.units > _JACKKNIFE_UNITS else len(members)
            block[generator.permutation(members)] = len(strata) + np.arange(len(members)) % count
            strata += [s] * count
        return block, np.asarray(strata, dtype=np.int64)


def variance_shown(units: int, strata: int) -> float:
    """Share of the true variance that draws within strata show: of each stratum (size - 1) / size."""
    return 1.0 - strata / units


def _counts(generator: np.random.Generator, members: list[Ints], size: int, units: int) -> Floats:
    # the stream is read row by row over all units, so that batches of any size give the same draws
    uniform = generator.random((size, units))
    counts = np.zeros((size, units))
    for unit in members:
        picks = (uniform[:, unit] * len(unit)).astype(np.int64)
        flat = (picks + (np.arange(size) * len(unit))[:, None]).reshape(-1)
        counts[:, unit] = np.bincount(flat, minlength=size * len(unit)).reshape(size, len(unit))
    return counts


def resample(
    n: int, *, strata: NDArray[Any] | None = None, groups: NDArray[Any] | None = None, draws: int = 2000, seed: int
) -> Resampling:
    """Plan a bootstrap over n items.

    Parameters
    ----------
    n : number of items
    strata : int array of shape (n,), usually classes: every draw keeps each stratum's size; None for one stratum
    groups : int array of shape (n,): whole groups are drawn, since items of a group are alike; None for items.
        With both, groups are drawn within their most frequent stratum where every stratum has at least three
        groups, and from all groups otherwise
    draws : number of resamples
    seed : same seed, same draws
    """
    layer = np.zeros(n, dtype=np.int64) if strata is None else np.unique(strata, return_inverse=True)[1].reshape(-1)
    if groups is None:
        return Resampling(np.arange(n), layer, draws, seed)
    unit = np.unique(groups, return_inverse=True)[1].reshape(-1)
    table = np.zeros((int(unit.max()) + 1 if n else 0, int(layer.max()) + 1 if n else 1), dtype=np.int64)
    np.add.at(table, (unit, layer), 1)
    of_group = np.unique(table.argmax(axis=1), return_inverse=True)[1].reshape(-1)
    if len(of_group) and np.bincount(of_group).min() < _FEW_GROUPS:
        of_group = np.zeros_like(of_group)
    return Resampling(unit, of_group, draws, seed)


def percentile(draws: Floats, level: float = 0.95) -> Interval:
    """The plain percentile interval of bootstrap draws (B,); draws that are not numbers are left out."""
    kept = draws[np.isfinite(draws)]
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(kept, [tail, 1.0 - tail])
    return Interval(float(low), float(high))


def bca(draws: Floats, value: float, jackknife: Floats | None, level: float = 0.95) -> Interval:
    """The bias-corrected and accelerated interval of bootstrap draws.

    Parameters
    ----------
    draws : float array of shape (B,), the statistic on each resample
    value : the statistic on the data
    jackknife : float array of shape (m,), the statistic with each unit left out; None sets the acceleration to 0
    level : two-sided coverage

    Returns
    -------
    Interval in the statistic's unit; with B = 2000 its ends move by about 3 % of its width from seed to seed

    References
    ----------
    Efron (JASA 1987); Efron, Tibshirani, An Introduction to the Bootstrap (1993), chapter 14.
    """
    from scipy.special import ndtr, ndtri  # type: ignore[import-untyped]

    kept = draws[np.isfinite(draws)]
    # ties are split: discrete metrics repeat their value often, and counting all of them as below is biased
    below = (np.count_nonzero(kept < value) + 0.5 * np.count_nonzero(kept == value)) / len(kept)
    edge = 0.5 / len(kept)
    bias = float(ndtri(np.clip(below, edge, 1.0 - edge)))
    acceleration = 0.0 if jackknife is None else _acceleration(jackknife)
    z = bias + ndtri(np.array([(1.0 - level) / 2.0, (1.0 + level) / 2.0]))
    levels = ndtr(bias + z / np.maximum(1.0 - acceleration * z, 1e-3))
    low, high = np.quantile(kept, levels)
    return Interval(float(low), float(high))


def _acceleration(jackknife: Floats) -> float:
    deviations = np.mean(jackknife) - jackknife
    spread = float(np.sum(deviations**2))
    return float(np.sum(deviations**3) / (6.0 * spread**1.5)) if spread > 0 else 0.0


def bootstrap(
    statistic: Statistic,
    n: int,
    *,
    strata: NDArray[Any] | None = None,
    groups: NDArray[Any] | None = None,
    draws: int = 2000,
    level: float = 0.95,
    seed: int,
) -> Estimate:
    """How far a statistic of n items could be off, from resampling them.

    Parameters
    ----------
    statistic : from weights, float array of shape (b, n), to values (b,); a weight says how often an item counts
        and need not be whole. Weights of 1 give the statistic of the data
    n : number of items
    strata, groups, draws, seed : see :func:`resample`

    Returns
    -------
    Estimate with a BCa interval. Where no resample differs from the data (nothing went wrong, or everything),
    the interval is the exact bound that zero events leave open, taking one item's effect as at most 1/n

    Examples
    --------
    >>> right = np.repeat([1.0, 0.0], [80, 20])
    >>> estimate = bootstrap(lambda w: w @ right / w.sum(axis=1), 100, seed=0)
    >>> estimate.value, round(estimate.standard_error, 2)
    (0.8, 0.04)
    """
    plan = resample(n, strata=strata, groups=groups, draws=draws, seed=seed)
    return bootstrap_plan(statistic, plan, level=level)


def bootstrap_plan(
    statistic: Statistic, plan: Resampling, *, level: float = 0.95, interval: Literal["bca", "logit"] = "bca"
) -> Estimate:
    """The same for a plan that is already made, as :func:`resample` gives it.

    ``interval="logit"`` is for dear statistics between 0 and 1: only the spread is taken from the draws, of which 200
    are enough (its error is 5 %), and the interval is normal on the log-odds scale.
    """
    if plan.units < 2:
        value = float(statistic(np.ones((1, plan.n)))[0]) if plan.n else float("nan")
        return Estimate(value, n=plan.n, missing="fewer than two independent items")
    value = float(statistic(np.ones((1, plan.n)))[0])
    values = np.concatenate([statistic(weights) for weights in plan.batches()])
    kept = values[np.isfinite(values)]
    if not np.isfinite(value) or len(kept) < 0.9 * len(values):
        return Estimate(value, n=plan.n, missing="the statistic is undefined on too many resamples")
    if np.ptp(kept) == 0.0:
        reach = zero_event_reach(plan, level)
        return Estimate(value, Interval(value - reach, value + reach), reach / 2.0, plan.n)
    shrunk = plan.shrunk
    spread = float(np.std(kept, ddof=1)) / shrunk
    if interval == "logit":
        found = logit(value, spread, level)
    else:
        near = bca(kept, value, influence(statistic, plan), level)
        found = Interval(value + (near.low - value) / shrunk, value + (near.high - value) / shrunk)
    found = Interval(min(found.low, value), max(found.high, value))
    return Estimate(value, found, spread, plan.n)


def logit(value: float, standard_error: float, level: float = 0.95) -> Interval:
    """A normal interval of a share on the log-odds scale, carried back; it stays between 0 and 1."""
    from scipy.special import expit, ndtri
    from scipy.special import logit as log_odds

    inside = float(np.clip(value, 1e-9, 1.0 - 1e-9))
    reach = float(ndtri(0.5 + level / 2.0)) * standard_error / (inside * (1.0 - inside))
    centre = float(log_odds(inside))
    return Interval(float(expit(centre - reach)), float(expit(centre + reach)))


def influence(statistic: Statistic, plan: Resampling) -> Floats:
    """Jackknife values (m,) whose deviations from their mean are right for strata of unequal size."""
    weights, stratum = plan.jackknife()
    rows = max(1, _CELLS // max(plan.n, 1))
    values = np.concatenate([statistic(weights[i : i + rows]) for i in range(0, len(weights), rows)])
    count = np.bincount(stratum).astype(float)
    centred = values - (np.bincount(stratum, values) / count)[stratum]
    scaled: Floats = centred * ((count - 1.0) / count)[stratum]
    return scaled


def zero_event_reach(plan: Resampling, level: float) -> float:
    """How far a mean over strata of values in 0..1 may be off when no unit shows any event.

    Of all rates p_k of the strata under which seeing no event is not rarer than (1 - level) / 2, those with the
    largest mean: the rare strata take the blame first, as p_k = 1 - rate * n_k.
    """
    from scipy.optimize import brentq  # type: ignore[import-untyped]

    size = np.bincount(plan.stratum).astype(float)
    allowed = -np.log((1.0 - level) / 2.0)

    def spent(log_rate: float) -> float:
        return float(-(size * np.log(np.minimum(1.0, np.exp(log_rate) * size))).sum() - allowed)

    least = -allowed / size.sum() - np.log(size.max()) - 1e-9
    rate = np.exp(brentq(spent, least, -np.log(size.min())))
    return float(np.mean(1.0 - np.minimum(1.0, rate * size)))
