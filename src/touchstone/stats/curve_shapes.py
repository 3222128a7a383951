"""The two shapes of learning curves, fitted to many resamples at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Shape:
    """A family of curves asymptote - amplitude * decay(u), u = size / largest size; decays are listed on a grid.

    ``grid`` (m, 2) holds the non-linear parameters; ``parameters`` counts all free numbers of a curve.
    """

    name: str
    grid: Floats
    parameters: int

    def decay(self, u: Floats, rows: Floats) -> Floats:
        """Decays (r, k) of parameter rows (r, 2) at relative sizes u (k,); falling in u."""
        first, second = rows[:, :1], rows[:, 1:]
        if self.name == "POW3":
            return np.asarray(u[None, :] ** -first)
        return np.asarray(1.0 / (1.0 + (u[None, :] / second) ** first))


def pow3() -> Shape:
    """Power law a - b n^-c: the usual law, with a small exponent nearly a logarithm."""
    return Shape("POW3", np.stack([np.geomspace(0.02, 5.0, 80), np.ones(80)], axis=1), 3)


def mmf() -> Shape:
    """Morgan, Mercer, Flodin: c - (c - a) / (1 + (n / h)^d), which may start slowly (S-shaped)."""
    steepness, half = np.meshgrid(np.geomspace(0.3, 6.0, 20), np.geomspace(0.003, 10.0, 32))
    return Shape("MMF", np.stack([steepness.ravel(), half.ravel()], axis=1), 4)


@dataclass(frozen=True, slots=True)
class Fits:
    """Fitted curves of one shape: non-linear rows (r, 2), asymptotes (r,), amplitudes (r,), weighted errors (r,)."""

    shape: Shape
    rows: Floats
    asymptote: Floats
    amplitude: Floats
    error: Floats

    def at(self, u: Floats) -> Floats:
        """Values (r, k) at relative sizes u (k,)."""
        return self.asymptote[:, None] - self.amplitude[:, None] * self.shape.decay(u, self.rows)


def fit_shape(shape: Shape, u: Floats, scores: Floats, weights: Floats, ceiling: float) -> Fits:
    """Least squares over the shape's grid, the linear parameters solved exactly.

    Parameters
    ----------
    u : relative sizes (k,); scores : (r, k), one curve per row; weights : (k,)
    ceiling : no asymptote lies above it

    References
    ----------
    Golub, Pereyra (SIAM J. Numerical Analysis 1973): variable projection. A grid cannot fail to converge.
    """
    w = weights / weights.sum()
    g = shape.decay(u, shape.grid)
    g_mean, mean = g @ w, scores @ w
    deviations, centred = scores - mean[:, None], g - g_mean[:, None]
    # (r, m): every curve against every row of the grid
    cross, spread = (deviations * w) @ centred.T, np.maximum(centred**2 @ w, 1e-300)
    amplitude = np.maximum(0.0, -cross / spread)
    asymptote = mean[:, None] + amplitude * g_mean
    error = (deviations**2 @ w)[:, None] + amplitude * (2.0 * cross + amplitude * spread)
    below, square = scores - ceiling, g**2 @ w
    capped_cross = (below * w) @ g.T
    capped = np.maximum(0.0, -capped_cross / square)
    capped_error = (below**2 @ w)[:, None] + capped * (2.0 * capped_cross + capped * square)
    over = asymptote > ceiling
    error = np.where(over, capped_error, error)
    best = error.argmin(axis=1)
    row = np.arange(len(scores))
    return Fits(
        shape,
        shape.grid[best],
        np.where(over, ceiling, asymptote)[row, best],
        np.where(over, capped, amplitude)[row, best],
        np.maximum(error[row, best], 0.0) * weights.sum(),
    )
