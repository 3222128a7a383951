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
    count = len(scores)
    best = Fits(shape, np.zeros((count, 2)), np.zeros(count), np.zeros(count), np.full(count, np.inf))
    w = weights / weights.sum()
    mean = scores @ w
    for row, g in zip(shape.grid, shape.decay(u, shape.grid), strict=True):
        g_mean = float(g @ w)
        centred = g - g_mean
        spread = float(w @ centred**2)
        amplitude = np.maximum(0.0, -(scores @ (w * centred)) / max(spread, 1e-300))
        asymptote = mean + amplitude * g_mean
        over = asymptote > ceiling
        if over.any():
            capped = np.maximum(0.0, ((ceiling - scores[over]) @ (w * g)) / float(w @ g**2))
            amplitude[over], asymptote[over] = capped, ceiling
        error = ((scores - asymptote[:, None] + amplitude[:, None] * g) ** 2) @ weights
        better = error < best.error
        best.rows[better] = row
        best.asymptote[better], best.amplitude[better] = asymptote[better], amplitude[better]
        best.error[better] = error[better]
    return best
