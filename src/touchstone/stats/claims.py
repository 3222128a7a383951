"""Claims: a difference with the uncertainty of everything that was random, seeds and items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf, isfinite, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from touchstone.core.interval import Estimate, Interval
from touchstone.stats.bootstrap import variance_shown

Floats = NDArray[np.float64]

ZERO_EVENTS = 3.3
"""Least sum of squared one-item effects: (3 / 1.645)^2, so that zero events still leave the exact 3/n open at 5 %."""

_UNLIKE = 0.01


@dataclass(frozen=True, slots=True)
class PooledSeeds:
    """The variance of one training's score from seed to seed, pooled over the fine-tuned candidates of a study."""

    variance: float
    df: int


PRIOR = PooledSeeds(0.02**2, 2)
"""What is held about seeds before any is seen: two points, the upper end of fine-tuning, worth two more seeds.

Without it three seeds that agree by luck raise false alarms to 8 times their budget at alpha = 0.001; with it they
stay within the budget for true seed deviations of 0 to 2 points and any number of seeds, at more power than a
t quantile of the seeds' degrees of freedom. In moderated t tests likewise: Smyth (SAGMB 2004).
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """A value with its standard error, and one-sided bounds from Student's t.

    ``standard_error`` is of everything that was random, ``df`` its degrees of freedom, ``seed_error`` the part of
    it that comes from seeds. ``n`` counts the items, ``seeds`` the trainings of the side that has fewer; ``bounds``
    are the least and the greatest value possible. An infinite standard error says that the randomness could not
    be measured.
    """

    value: float
    standard_error: float
    df: float
    n: int
    seeds: int = 1
    bounds: tuple[float, float] = (-inf, inf)
    seed_error: float = 0.0

    @property
    def item_error(self) -> float:
        """The part of the standard error that more items would shrink."""
        if not isfinite(self.standard_error):
            return self.standard_error
        return sqrt(max(0.0, self.standard_error**2 - self.seed_error**2))

    def lower(self, alpha: float) -> float:
        """The one-sided lower bound: the truth lies below it with probability at most ``alpha``."""
        return max(self.bounds[0], self.value - self._reach(alpha))

    def upper(self, alpha: float) -> float:
        """The one-sided upper bound."""
        return min(self.bounds[1], self.value + self._reach(alpha))

    def interval(self, level: float = 0.95) -> Interval:
        """The two-sided interval of that coverage."""
        tail = (1.0 - level) / 2.0
        return Interval(min(self.lower(tail), self.value), max(self.upper(tail), self.value))

    def estimate(self, level: float = 0.95) -> Estimate:
        """Value, interval, standard error and n as one record."""
        return Estimate(self.value, self.interval(level), self.standard_error, self.n)

    def negated(self) -> Claim:
        """The same claim about minus the value: a gain read as a harm."""
        return replace(self, value=-self.value, bounds=(-self.bounds[1], -self.bounds[0]))

    def p_value(self, null: float = 0.0) -> float:
        """The one-sided p-value of "the value is at most ``null``"."""
        from scipy.special import stdtr  # type: ignore[import-untyped]

        if self.standard_error == 0.0 or not isfinite(self.standard_error):
            return 0.0 if self.standard_error == 0.0 and self.value > null else 1.0
        return float(stdtr(self.df, -(self.value - null) / self.standard_error))

    def probabilities(self, margin: float) -> tuple[float, float, float]:
        """How the evidence divides over below -margin, within +-margin, and above margin; for pictures only.

        References
        ----------
        Benavoli, Corani, Demsar, Zaffalon (JMLR 2017): region of practical equivalence, flat prior.
        """
        above = 1.0 - self.p_value(margin)
        below = 1.0 - self.negated().p_value(margin)
        return below, max(0.0, 1.0 - below - above), above

    def _reach(self, alpha: float) -> float:
        from scipy.special import stdtrit

        if not isfinite(self.standard_error) or self.df <= 0:
            return inf
        return float(stdtrit(self.df, 1.0 - alpha)) * self.standard_error


def pool_seed_variance(per_candidate: Sequence[NDArray[Any]]) -> PooledSeeds | None:
    """Pool the seed-to-seed variance of one metric over candidates.

    Parameters
    ----------
    per_candidate : for each candidate its metric per seed, float array of shape (S,); deterministic candidates
        are not passed, candidates of one seed add nothing

    Returns
    -------
    PooledSeeds with df = sum(S - 1), or None where no candidate has two seeds

    Examples
    --------
    >>> pooled = pool_seed_variance([np.array([0.9, 0.92]), np.array([0.8, 0.8, 0.83])])
    >>> round(pooled.variance, 5), pooled.df
    (0.00027, 3)
    """
    several = [np.asarray(values, dtype=np.float64) for values in per_candidate if len(values) > 1]
    df = sum(len(values) - 1 for values in several)
    if df == 0:
        return None
    return PooledSeeds(float(sum(((v - v.mean()) ** 2).sum() for v in several) / df), df)


def item_claim(
    values: NDArray[Any],
    *,
    groups: NDArray[Any] | None = None,
    weights: NDArray[Any] | None = None,
    strata: NDArray[Any] | None = None,
    scale: float = 1.0,
) -> Claim:
    """The mean of a per-item quantity as a claim about this model: items random, model fixed.

    Parameters
    ----------
    values : float array of shape (n,); a difference of two models' scores makes a paired comparison
    groups : int array of shape (n,): errors of a group are summed before they are squared (cluster-robust)
    weights : float array of shape (n,), any positive scale; n / (classes * class size) gives a class-balanced mean
    strata : int array of shape (n,): with class weights, spread is measured within classes
    scale : the most that one item's value can be; it sets the bounds and the error left by zero events. 0: unknown
    """
    values = np.asarray(values, dtype=np.float64)
    value, variance, df = _item_variance(values, groups, weights, strata, scale)
    return Claim(value, sqrt(variance), df, len(values), 1, _bounds(scale))


def recipe_claim(
    a: NDArray[Any],
    b: NDArray[Any],
    *,
    pooled: PooledSeeds | None,
    a_deterministic: bool = False,
    b_deterministic: bool = False,
    groups: NDArray[Any] | None = None,
    weights: NDArray[Any] | None = None,
    strata: NDArray[Any] | None = None,
    scale: float = 1.0,
) -> Claim:
    """mean(a) - mean(b) as a claim about two recipes: seeds and items random.

    SE^2 = s2/S_a + s2/S_b + var_items(difference of seed means)/n with Satterthwaite's degrees of freedom, s2 the
    pooled seed variance with :data:`PRIOR` added. Where the metric has no scale there is no prior, and the fewer
    degrees of freedom count for all.

    Parameters
    ----------
    a, b : float arrays of shape (S_a, n) and (S_b, n), per-item scores of each seed on the same items
    pooled : seed variance of this metric over the study's candidates; None uses these two alone. One seed that is
        not deterministic, and nothing pooled, gives an infinite standard error: never a verdict from one seed
    a_deterministic, b_deterministic : another seed would give the same model (convex problems)
    groups, weights, strata, scale : see :func:`item_claim`

    References
    ----------
    Bouthillier et al. (MLSys 2021); Satterthwaite (Biometrics Bulletin 1946).
    """
    a, b = np.atleast_2d(np.asarray(a, dtype=np.float64)), np.atleast_2d(np.asarray(b, dtype=np.float64))
    share = _shares(a.shape[1], weights)
    difference = a.mean(axis=0) - b.mean(axis=0)
    value, variance, df = _item_variance(difference, groups, weights, strata, scale)
    sides = ((a @ share, a_deterministic), (b @ share, b_deterministic))
    return _with_seeds(value, variance, df, a.shape[1], sides, pooled, scale)


def composite_claim(
    draws: Floats,
    value: float,
    *,
    a_values: NDArray[Any],
    b_values: NDArray[Any],
    pooled: PooledSeeds | None,
    a_deterministic: bool = False,
    b_deterministic: bool = False,
    n: int,
    units: int | None = None,
    strata: int = 1,
    one_item: float | None = None,
    scale: float = 1.0,
) -> Claim:
    """The difference of a metric that is no mean over items (macro F1, MCC, AUROC) as a recipe claim.

    Parameters
    ----------
    draws : float array of shape (B,), the difference of seed-averaged metrics on paired resamples of the items
    value : that difference on the data
    a_values, b_values : float arrays of shape (S_a,), (S_b,), the metric of each seed on all items
    pooled, a_deterministic, b_deterministic, scale : see :func:`recipe_claim`
    n : items; units : independent units behind the draws (groups), n where None; strata : of the resampling
    one_item : the most that one item can move the metric; None takes 1/n
    """
    kept = draws[np.isfinite(draws)]
    units = n if units is None else units
    if len(kept) < 0.9 * len(draws) or len(kept) < 2 or units <= strata:
        return Claim(value, inf, 1.0, n, min(len(a_values), len(b_values)), _bounds(scale))
    variance = float(np.var(kept, ddof=1)) / variance_shown(units, strata)
    step = scale / n if one_item is None else one_item
    variance = max(variance, ZERO_EVENTS * step**2 * n / units)
    sides = ((np.asarray(a_values, np.float64), a_deterministic), (np.asarray(b_values, np.float64), b_deterministic))
    return _with_seeds(value, variance, float(units - strata), n, sides, pooled, scale)


def corrected_resampled_claim(differences: NDArray[Any], n_train: int, n_test: int) -> Claim:
    """The mean of cross-validated or resampled differences, its variance corrected for shared training data.

    Parameters
    ----------
    differences : float array of shape (k,), one per fold or repeat; n_train, n_test : items in each

    Returns
    -------
    Claim with df = k - 1 and SE^2 = (1/k + n_test/n_train) * variance

    References
    ----------
    Nadeau, Bengio (Machine Learning 2003).
    """
    d = np.asarray(differences, dtype=np.float64)
    if len(d) < 2:
        return Claim(float(d.mean()) if len(d) else 0.0, inf, 1.0, n_test, len(d))
    variance = (1.0 / len(d) + n_test / n_train) * float(d.var(ddof=1))
    return Claim(float(d.mean()), sqrt(variance), float(len(d) - 1), n_test, len(d))


def _with_seeds(
    value: float,
    item_variance: float,
    item_df: float,
    n: int,
    sides: Sequence[tuple[Floats, bool]],
    pooled: PooledSeeds | None,
    scale: float,
) -> Claim:
    trained = [scores for scores, deterministic in sides if not deterministic]
    seeds = min((len(scores) for scores in trained), default=1)
    if not trained:
        return Claim(value, sqrt(item_variance), item_df, n, seeds, _bounds(scale))
    pooled = _own_where_greater(pooled, pool_seed_variance(trained))
    if pooled is None:
        return Claim(value, inf, 1.0, n, seeds, _bounds(scale))
    if scale > 0:
        pooled = _moderated(pooled, scale)
    seed_variance = pooled.variance * sum(1.0 / len(scores) for scores in trained)
    total = item_variance + seed_variance
    df = min(item_df, float(pooled.df))
    if scale > 0 and isfinite(total):
        df = total**2 / (item_variance**2 / item_df + seed_variance**2 / pooled.df)
    return Claim(value, sqrt(total), df, n, seeds, _bounds(scale), sqrt(seed_variance))


def _moderated(pooled: PooledSeeds, scale: float) -> PooledSeeds:
    """The pooled variance with the cautious prior added, since few seeds may agree by luck."""
    df = pooled.df + PRIOR.df
    return PooledSeeds((pooled.df * pooled.variance + PRIOR.df * PRIOR.variance * scale**2) / df, df)


def _own_where_greater(pooled: PooledSeeds | None, own: PooledSeeds | None) -> PooledSeeds | None:
    """The pooled seed variance, unless these two recipes are plainly less stable than the others (F test at 1 %)."""
    if pooled is None or own is None:
        return pooled or own
    from scipy.special import fdtrc

    if own.df >= pooled.df or own.variance <= pooled.variance:
        return pooled
    if pooled.variance == 0.0 or float(fdtrc(own.df, pooled.df, own.variance / pooled.variance)) < _UNLIKE:
        return own
    return pooled


def _item_variance(
    d: Floats,
    groups: NDArray[Any] | None,
    weights: NDArray[Any] | None,
    strata: NDArray[Any] | None,
    scale: float,
) -> tuple[float, float, float]:
    """Weighted mean, its variance over items or groups, and that variance's degrees of freedom."""
    if len(d) == 0:
        return 0.0, inf, 1.0
    share = _shares(len(d), weights)
    value = float(share @ d)
    centre: Any = value
    layers = 1
    if strata is not None:
        layer = np.unique(strata, return_inverse=True)[1].reshape(-1)
        layers = int(layer.max()) + 1
        centre = (np.bincount(layer, share * d) / np.bincount(layer, share))[layer]
    scores = share * (d - centre)
    per_unit = 1.0
    if groups is not None:
        unit = np.unique(groups, return_inverse=True)[1].reshape(-1)
        scores = np.bincount(unit, scores)
        per_unit = len(d) / len(scores)
    df = float(len(scores) - layers)
    if df < 1:
        return value, inf, 1.0
    variance = float(scores @ scores) * len(scores) / df
    return value, max(variance, ZERO_EVENTS * (scale * float(share.max())) ** 2 * per_unit), df


def _shares(n: int, weights: NDArray[Any] | None) -> Floats:
    raw = np.ones(n) if weights is None else np.asarray(weights, dtype=np.float64)
    shares: Floats = raw / raw.sum()
    return shares


def _bounds(scale: float) -> tuple[float, float]:
    return (-scale, scale) if scale > 0 else (-inf, inf)
