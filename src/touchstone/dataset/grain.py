"""Do two pictures that lie over each other agree where they show least: in their grain, noise and paper?

Two drawings of one simple shape agree along its edges, however strict one is; what the camera, the scanner or a generator
adds everywhere else is another each time, and the same in a copy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from touchstone.dataset.alignment import Floats

SAME, OTHER = 0.6, 0.2
"""Correlation from which the grain of two pictures is one, and below which it is another's."""
LEAST = 0.2
"""Grey levels of grain below which there is none: rounding to whole levels leaves half as much."""
STEEP = 0.25
"""Share of a picture's contrast that is crossed within one pixel of an edge."""
FEW = 150
"""Pixels away from edges; fewer tell nothing."""
WORN = 0.5
"""Where one picture has less than this part of the other's grain, it was worn off by blur or compression."""
_REACH, _RIM = 11, 4
"""Pixels round an edge in which smoothing still shows it; pixels at the rim, where an edge just outside does."""


@dataclass(frozen=True)
class Grain:
    """What the grain of pairs of pictures says, (k,) each; where there is none, it says nothing."""

    same: NDArray[np.bool_]
    other: NDArray[np.bool_]
    hidden: NDArray[np.bool_]
    """Edges everywhere: there was no place to look."""


def grain(first: Floats, second: Floats) -> Grain:
    """Compare pictures (k, side, side) that lie over each other, away from their edges."""
    flat = np.zeros(first.shape, dtype=bool)
    within = (slice(None), slice(_RIM, -_RIM), slice(_RIM, -_RIM))
    flat[within] = np.maximum(_edges(first), _edges(second))[within] <= STEEP
    a, b = (_centred(_smooth(one, 3) - _smooth(one, 7), flat) for one in (first, second))
    n = np.maximum(flat.sum(axis=(1, 2)), 1)
    power = np.stack([(one**2).sum(axis=(1, 2)) for one in (a, b)])
    correlation = (a * b).sum(axis=(1, 2)) / np.maximum(np.sqrt(power[0] * power[1]), 1e-9)
    spread = np.sqrt(power / n)
    clear = (spread.min(axis=0) >= LEAST) & (spread.min(axis=0) >= WORN * spread.max(axis=0)) & (n >= FEW)
    return Grain(clear & (correlation >= SAME), clear & (correlation < OTHER), n < FEW)


def _edges(pictures: Floats) -> Floats:
    """How steep the steepest edge nearby is, relative to the picture's contrast."""
    from scipy.ndimage import maximum_filter  # type: ignore[import-untyped]

    down, across = np.gradient(_smooth(pictures, 3), axis=(1, 2))
    contrast = pictures.std(axis=(1, 2), keepdims=True) + 1e-6
    return np.asarray(maximum_filter(np.hypot(down, across), (0, _REACH, _REACH)) / contrast, dtype=np.float32)


def _smooth(pictures: Floats, size: int) -> Floats:
    from scipy.ndimage import uniform_filter

    return np.asarray(uniform_filter(pictures, (0, size, size), mode="nearest"), dtype=np.float32)


def _centred(values: Floats, where: NDArray[np.bool_]) -> Floats:
    """The values there less their mean; 0 elsewhere."""
    mean = (values * where).sum(axis=(1, 2), keepdims=True) / np.maximum(where.sum(axis=(1, 2), keepdims=True), 1)
    return np.asarray(np.where(where, values - mean, 0.0), dtype=np.float32)
