"""Monotone regression, and tests whether a curve rises or falls at all."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def isotonic(scores: Floats, weights: Floats) -> Floats:
    """The rising curves (r, k) nearest to scores (r, k) under weights (k,), by the min-max formula.

    Examples
    --------
    >>> isotonic(np.array([[1.0, 3.0, 2.0]]), np.ones(3)).tolist()
    [[1.0, 2.5, 2.5]]
    """
    r, k = scores.shape
    total = np.concatenate([np.zeros((r, 1)), np.cumsum(scores * weights, axis=1)], axis=1)
    mass = np.concatenate([[0.0], np.cumsum(weights)])
    first, last = np.arange(k)[:, None], np.arange(k)[None, :] + 1
    with np.errstate(invalid="ignore", divide="ignore"):
        means = (total[:, None, 1:] - total[:, :k, None]) / (mass[last] - mass[first])
    means = np.where(last > first, means, np.inf)
    # least mean over all ends at or after i, then greatest over all starts at or before i
    least = np.minimum.accumulate(means[:, :, ::-1], axis=2)[:, :, ::-1]
    least = np.where(last > first, least, -np.inf)
    return np.asarray(least.max(axis=1))


def falls(scores: Floats, standard_errors: Floats, *, draws: int = 999, seed: int = 0) -> float:
    """The p-value of "these scores rise with size", small where they fall by more than noise.

    Parameters
    ----------
    scores, standard_errors : float arrays of shape (k,), at ascending sizes

    References
    ----------
    Robertson, Wright, Dykstra, Order Restricted Statistical Inference (1988): a flat curve is
    the rising curve that noise makes fall most often, so it is the null.
    """
    weights = 1.0 / standard_errors**2
    fitted = isotonic(scores[None, :], weights)
    observed = float((weights * (scores - fitted[0]) ** 2).sum())
    generator = np.random.default_rng(seed)
    null = generator.standard_normal((draws, len(scores))) * standard_errors
    distance = ((null - isotonic(null, weights)) ** 2) @ weights
    return (1 + int(np.count_nonzero(distance >= observed - 1e-12))) / (draws + 1)


def still_improving(losses: Sequence[float]) -> bool:
    """Whether a training's validation loss was still falling in the last third of its evaluations.

    A straight line is fitted: the slope must be negative beyond doubt (one-sided t at 5 %) and the fall it describes
    over that third at least 5 % of the loss, since a falling rate alone makes losses creep down.
    """
    from scipy import stats  # type: ignore[import-untyped]

    last = np.array(losses)[-max(4, math.ceil(len(losses) / 3)) :]
    if len(last) < 4 or np.ptp(last) == 0:
        return False
    fit = stats.linregress(np.arange(len(last)), last, alternative="less")
    fall = -fit.slope * (len(last) - 1)
    return bool(fit.pvalue < 0.05 and fall >= 0.05 * last.mean())
