"""A generalised Pareto tail, fitted to the largest draws of a null distribution."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_LARGEST = 250
_FEWEST = 50
_STEP = 25


def exceedance(null: Floats, observed: float) -> float | None:
    """The share of the null above ``observed``, from a tail fitted to its largest draws.

    Parameters
    ----------
    null : float array of shape (B,), B at least 99
    observed : at or beyond the largest draws

    Returns
    -------
    float in 0..1, or None where no number of tail draws gives a fit that Anderson and Darling's test accepts

    References
    ----------
    Knijnenburg et al. (Bioinformatics 2009); Zhang, Stephens (Technometrics 2009) for the fit.
    """
    ordered = np.sort(null)[::-1]
    count = min(_LARGEST, len(null) // 4)
    while count >= min(_FEWEST, len(null) // 4):
        threshold = float(ordered[count - 1] + ordered[count]) / 2.0
        excess = ordered[:count] - threshold
        if excess[-1] > 0 and threshold < observed:
            shape, scale = steadied(excess)
            if anderson_darling(excess, shape, scale) < critical_value(shape):
                return count / len(null) * float(survival(observed - threshold, shape, scale))
        count -= _STEP
    return None


def fit(excess: Floats) -> tuple[float, float]:
    """Shape and scale of a generalised Pareto distribution; shape > 0 is a heavy tail, < 0 an end point.

    Parameters
    ----------
    excess : float array of shape (m,), above 0

    References
    ----------
    Zhang, Stephens (Technometrics 2009): a likelihood-weighted mean, never without a solution.
    """
    x = np.sort(excess)
    m = len(x)
    grid = 30 + int(np.sqrt(m))
    # theta = -shape / scale, spread around 1 / max(x) as the paper's prior does
    theta = 1.0 / x[-1] + (1.0 - np.sqrt(grid / (np.arange(1, grid + 1) - 0.5))) / (3.0 * x[int(m / 4 + 0.5) - 1])
    shape = np.log1p(-theta[:, None] * x).mean(axis=1)
    likelihood = m * (np.log(-theta / shape) - shape - 1.0)
    weight = np.exp(likelihood - likelihood.max())
    best = float(weight @ theta / weight.sum())
    fitted = float(np.log1p(-best * x).mean())
    return fitted, -fitted / best


def steadied(excess: Floats) -> tuple[float, float]:
    """The fit with its shape drawn towards 0 as by 20 exponential draws, the mean excess kept.

    A shape from few draws errs by 1 / sqrt(m); one that errs downwards puts an end point right after the largest
    draw and calls anything beyond it impossible.
    """
    shape, scale = fit(excess)
    if shape >= 1.0:
        return shape, scale
    shape *= len(excess) / (len(excess) + 20.0)
    return shape, float(np.mean(excess)) * (1.0 - shape)


def survival(excess: Floats | float, shape: float, scale: float) -> Floats:
    """The probability of a larger excess, for each."""
    relative = np.asarray(excess, dtype=np.float64) / scale
    if abs(shape) < 1e-8:
        return np.asarray(np.exp(-relative))
    return np.asarray(np.maximum(1.0 + shape * relative, 0.0) ** (-1.0 / shape))


def anderson_darling(excess: Floats, shape: float, scale: float) -> float:
    """Anderson and Darling's distance between the excesses and the fitted tail."""
    x = np.sort(excess)
    above = np.clip(survival(x, shape, scale), 1e-12, 1 - 1e-12)
    i = np.arange(1, len(x) + 1)
    return float(-len(x) - np.mean((2 * i - 1) * (np.log1p(-above) + np.log(above[::-1]))))


def critical_value(shape: float) -> float:
    """The 5 % point of that distance when shape and scale are fitted, simulated at 50 and 150 draws."""
    return 0.97 - 0.25 * shape
