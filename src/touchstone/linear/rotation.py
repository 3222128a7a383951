"""Features standardised and turned to their principal axes, most variance first.

An L2 penalty does not see a rotation, so a classifier fitted in these coordinates is the one fitted on the
standardised features; but the problem becomes nearly separable by coordinate, which makes it quick to solve, and
its least axes can be dropped. No label is looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from touchstone.linear.threads import suited

Floats = NDArray[Any]

_EXACT = 1536
"""Above this many dimensions and examples the axes are found by random projection instead of exactly."""
_NEGLIGIBLE = 1e-6
"""Axes with less variance than this share of the first axis carry rounding noise of half-precision features."""


@dataclass(frozen=True)
class Rotation:
    """A fitted rotation: ``(x - mean) / scale @ axes``.

    ``mean`` and ``scale`` have shape (d,), ``axes`` (d, r), ``spectrum`` (r,) holds the variance of each coordinate.
    """

    mean: Floats
    scale: Floats
    axes: Floats
    spectrum: Floats

    def apply(self, features: Floats) -> Floats:
        """Coordinates of the rows of ``features`` (n, d), as float32 of shape (n, r)."""
        turned = (np.asarray(features, dtype=np.float32) - self.mean) / self.scale
        return np.asarray(turned @ self.axes, dtype=np.float32)

    def unfold(self, weights: Floats, bias: Floats) -> tuple[Floats, Floats]:
        """Weights (r, K) and bias (K,) of these coordinates as (K, d) and (K,) of the raw features."""
        raw = (self.axes.astype(np.float64) @ weights) / self.scale[:, None]  # (d, K)
        return raw.T, bias - self.mean @ raw


def fit_rotation(features: Floats, *, rank: int = 1024, seed: int = 0) -> Rotation:
    """Standardise (n, d) features and find at most ``rank`` principal axes.

    Exact where n or d is at most 1,536; else by a randomised range finder with two power iterations (Halko,
    Martinsson, Tropp, SIAM Review 2011), whose leading axes are exact to rounding.
    """
    x = np.asarray(features, dtype=np.float32)
    mean = x.mean(0, dtype=np.float64).astype(np.float32)
    scale = x.std(0, dtype=np.float64).astype(np.float32)
    scale = np.where(scale > 1e-6 * max(float(scale.max(initial=0.0)), 1e-6), scale, np.float32(1.0))
    centred = (x - mean) / scale
    with suited(len(x) * x.shape[1] * min(x.shape)):
        axes, variances = _axes(centred, rank, seed)
    kept = variances > _NEGLIGIBLE * max(float(variances.max(initial=0.0)), 1e-12)
    kept[:1] = True
    return Rotation(mean, scale, np.ascontiguousarray(axes[:, kept]), variances[kept])


def _axes(centred: Floats, rank: int, seed: int) -> tuple[Floats, Floats]:
    n, d = centred.shape
    if min(n, d) > max(_EXACT, 2 * rank) or (min(n, d) > 3 * rank):
        return _random_axes(centred, rank, seed)
    if d <= n:
        values, vectors = np.linalg.eigh((centred.T @ centred).astype(np.float64) / n)
        top = np.argsort(values)[::-1][:rank]
        return vectors[:, top].astype(np.float32), np.maximum(values[top], 0.0)
    values, vectors = np.linalg.eigh((centred @ centred.T).astype(np.float64) / n)
    top = np.argsort(values)[::-1][:rank]
    lengths = np.sqrt(np.maximum(values[top] * n, 1e-12))
    axes = (centred.T @ vectors[:, top].astype(np.float32)) / lengths
    return axes.astype(np.float32), np.maximum(values[top], 0.0)


def _random_axes(centred: Floats, rank: int, seed: int) -> tuple[Floats, Floats]:
    n, d = centred.shape
    sketch = np.random.default_rng(seed).standard_normal((d, min(rank + 16, n, d)), dtype=np.float32)
    for _ in range(2):
        sketch = np.linalg.qr(centred @ sketch)[0]
        sketch = np.linalg.qr(centred.T @ sketch)[0]
    values, vectors = np.linalg.eigh(_gram(centred @ sketch))
    top = np.argsort(values)[::-1][:rank]
    return (sketch @ vectors[:, top].astype(np.float32)), np.maximum(values[top], 0.0)


def _gram(projected: Floats) -> Floats:
    return (projected.T @ projected).astype(np.float64) / len(projected)
