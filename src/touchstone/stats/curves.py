"""Learning curves: fitted, extrapolated a little, and refused where they misbehave."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from touchstone.core.interval import Estimate, Interval
from touchstone.stats.curve_shapes import Fits, fit_shape, mmf, pow3
from touchstone.stats.monotone import falls

Floats = NDArray[np.float64]

REACH = 2.0
"""Extrapolation beyond this multiple of the data is unknown."""

_FALLS = 0.01
"""Below this p-value the curve is ill-behaved."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A fitted learning curve with its bootstrap.

    ``fits`` holds the curve of the data in row 0 and those of resamples after it, one table per shape;
    ``takes_second`` (draws + 1,) says which rows are better served by the second shape.
    """

    fits: tuple[Fits, Fits]
    takes_second: NDArray[np.bool_]
    smallest: float
    largest: float

    @property
    def model(self) -> str:
        """POW3 or MMF: the shape that serves the data better."""
        return self.fits[int(self.takes_second[0])].shape.name

    def predict(self, n: float, level: float = 0.95) -> Estimate:
        """The score at n examples; ``missing`` beyond twice the data."""
        if n > REACH * self.largest:
            return Estimate(float("nan"), missing=f"more than {REACH:g} times the data: unknown")
        at = self._values(np.array([n / self.largest]))[:, 0]
        tail = (1.0 - level) / 2.0
        low, high = np.quantile(at[1:], [tail, 1.0 - tail])
        value = float(at[0])
        return Estimate(value, Interval(min(float(low), value), max(float(high), value)), float(at[1:].std(ddof=1)))

    def needed_size(self, target: float, level: float = 0.95) -> Estimate:
        """How many examples reach a target score; ``missing`` where the fit needs more than twice the data.

        Where only the interval's upper end lies beyond that, the value comes without an interval and says so.
        """
        sizes = np.geomspace(self.smallest, REACH * self.largest, 400)
        reached = self._values(sizes / self.largest) >= target
        first = np.where(reached.any(axis=1), sizes[reached.argmax(axis=1)], inf)
        value, tail = float(first[0]), (1.0 - level) / 2.0
        if not isfinite(value):
            return Estimate(float("nan"), missing=f"more than {REACH:g} times the data: unknown")
        low, high = np.quantile(first[1:], [tail, 1.0 - tail], method="nearest")
        if not isfinite(high):
            return Estimate(value, missing=f"at least {low:.0f}; the upper end is beyond {REACH:g} times the data")
        return Estimate(value, Interval(min(float(low), value), max(float(high), value)))

    def _values(self, u: Floats) -> Floats:
        first, second = (fits.at(u) for fits in self.fits)
        return np.where(self.takes_second[:, None], second, first)


def fit_curve(
    sizes: NDArray[Any], scores: NDArray[Any], *, ceiling: float = 1.0, draws: int = 300, seed: int = 0
) -> Curve | None:
    """Fit a learning curve (POW3 or MMF, whichever has the smaller AIC) with a bootstrap.

    Parameters
    ----------
    sizes : array of shape (k,), ascending training sizes, above 0
    scores : float array of shape (k, repeats) or (k,), larger is better. Repeats that share data make the
        interval too short: it speaks of the training sample, not of the test items
    ceiling : the best score possible
    draws : resamples of repeats within sizes, or of residuals where there are none

    Returns
    -------
    Curve, or None where there are fewer than four sizes or the scores do not rise with size

    References
    ----------
    Mohr et al., LCDB (ECML 2022); Yan, Mohr, Viering, LCDB 1.1 (2025): about 14 % of curves are ill-behaved.
    """
    sizes = np.asarray(sizes, dtype=np.float64)
    table = np.asarray(scores, dtype=np.float64).reshape(len(sizes), -1)
    if len(sizes) < 4 or not np.isfinite(table).all():
        return None
    u, mean = sizes / sizes[-1], table.mean(axis=1)
    errors = _standard_errors(u, table, ceiling)
    if falls(mean, errors, seed=seed) < _FALLS:
        return None
    generator = np.random.default_rng(seed)
    if table.shape[1] > 1:
        picks = generator.integers(0, table.shape[1], (draws, *table.shape))
        resampled = np.take_along_axis(table[None, :, :], picks, axis=2).mean(axis=2)
    else:
        fitted = fit_shape(pow3(), u, mean[None, :], 1.0 / errors**2, ceiling).at(u)[0]
        resampled = fitted + errors * generator.standard_normal((draws, len(sizes)))
    rows = np.concatenate([mean[None, :], resampled])
    fits = tuple(fit_shape(shape, u, rows, 1.0 / errors**2, ceiling) for shape in (pow3(), mmf()))
    # the noise is known from repeats, so that the weighted error is a deviance: AIC adds 2 for every parameter
    second = fits[1].error + 2.0 < fits[0].error if len(sizes) > 4 else np.zeros(len(rows), dtype=bool)
    return Curve((fits[0], fits[1]), second, float(sizes[0]), float(sizes[-1]))


def _standard_errors(u: Floats, table: Floats, ceiling: float) -> Floats:
    """Standard error of each size's mean, (k,): from repeats, else from what the power law leaves over."""
    k, repeats = table.shape
    if repeats > 1:
        variance = table.var(axis=1, ddof=1)
        # repeats on all the data may be identical; no size is trusted ten times more than the middle one
        floor = max(0.1 * float(np.median(variance)), 1e-8)
        return np.asarray(np.sqrt(np.maximum(variance, floor) / repeats))
    left = fit_shape(pow3(), u, table.T, np.ones(k), ceiling).error[0]
    return np.full(k, max(np.sqrt(left / max(k - 3, 1)), 1e-4))


def upper_envelope(
    steps: NDArray[Any],
    scores: NDArray[Any],
    at: float,
    level: float = 0.975,
    *,
    ceiling: float = 1.0,
    draws: int = 200,
    seed: int = 0,
) -> float:
    """The best score that a training may still reach by step ``at``; optimistic on purpose.

    The largest of: the best score so far, the ``level`` quantile of the extrapolated power law and of MMF, and the
    recent slope over log(steps) carried on undiminished.

    Parameters
    ----------
    steps : array of shape (k,), ascending, above 0; scores : float array of shape (k,), larger is better
    at : the step that ends the budget
    level : share of resampled curves that must lie below
    ceiling : the best score possible

    Returns
    -------
    float; infinity while fewer than 8 evaluations or less than 30 % of the budget have been seen
    """
    x, y = np.asarray(steps, dtype=np.float64), np.asarray(scores, dtype=np.float64)
    if len(x) < 8 or x[-1] < 0.3 * at or not np.isfinite(y).all():
        return inf
    u, target = x / x[-1], np.array([max(at, float(x[-1])) / x[-1]])
    generator = np.random.default_rng(seed)
    reaches = [float(y.max()), _log_slope_reach(np.log(x), y, float(np.log(target[0])), level)]
    for shape in (pow3(), mmf()):
        fitted = fit_shape(shape, u, y[None, :], np.ones(len(x)), ceiling).at(u)[0]
        left = (y - fitted) * np.sqrt(len(x) / (len(x) - shape.parameters))
        noise = _blocks(left, draws, generator)
        ends = fit_shape(shape, u, fitted + noise, np.ones(len(x)), ceiling).at(target)[:, 0]
        # what is read off at the end carries noise too
        reaches.append(float(np.quantile(ends + generator.choice(left, draws), level)))
    return max(reaches[0], min(ceiling, max(reaches)))


def _blocks(left: Floats, draws: int, generator: np.random.Generator) -> Floats:
    """Residuals resampled in runs, since neighbouring evaluations err alike: (draws, k)."""
    k = len(left)
    length = max(1, round(k ** (1 / 3)))
    starts = generator.integers(0, k, (draws, -(-k // length)))
    picks = (starts[:, :, None] + np.arange(length)) % k
    return np.asarray(left[picks.reshape(draws, -1)[:, :k]])


def _log_slope_reach(log_steps: Floats, y: Floats, ahead: float, level: float) -> float:
    """The last half of the curve, straight over log(steps), carried on by ``ahead``; with the slope's error."""
    from scipy.special import stdtrit  # type: ignore[import-untyped]

    half = max(4, len(y) // 2)
    t, recent = log_steps[-half:] - log_steps[-1], y[-half:]
    design = np.stack([np.ones(half), t], axis=1)
    solution = np.linalg.lstsq(design, recent, rcond=None)[0]
    slope = max(0.0, float(solution[1]))
    spread = float(((recent - design @ solution) ** 2).sum() / (half - 2))
    inverse = np.linalg.inv(design.T @ design)
    point = np.array([1.0, ahead])
    error = np.sqrt(spread * (1.0 + point @ inverse @ point))
    return float(solution[0] + slope * ahead + stdtrit(half - 2, level) * error)
