"""Short codes of small pictures, in which what all pictures of a data set share counts for nothing.

The lowest frequencies of the standardised picture, less the mean of the data, turned and scaled so that every
direction varies alike: two cells then are alike only where they differ from other cells in the same way.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from touchstone.dataset.alignment import WHOLE, Floats, grid, repeated, sampled, standardised

_FEW = 64
"""Below this many pictures nothing is learnt about what they share."""
_SHRINKAGE = 0.3
_CHUNK = 512
_MOST = 20_000
"""Pictures, evenly taken, from which it is learnt what all share."""


class Codes:
    """Codes of one data set: ``side`` points a side, the lowest ``order`` x ``order`` frequencies."""

    def __init__(self, pictures: NDArray[np.uint8], side: int, order: int) -> None:
        self._pictures, self._points, self._side = pictures, grid(side), side
        angle = np.pi / side * np.outer(np.arange(order), np.arange(side) + 0.5)
        self._waves = np.cos(angle).astype(np.float32)
        learnt_from = np.unique(np.linspace(0, len(pictures) - 1, min(len(pictures), _MOST)).astype(np.int64))
        self._mean, self._turn = _learnt(
            np.concatenate([
                self._frequencies(pictures[rows].astype(np.float32), repeated(WHOLE, len(rows)))
                for rows in np.split(learnt_from, range(_CHUNK, len(learnt_from), _CHUNK))
            ])
        )  # fmt: skip

    @cached_property
    def whole(self) -> Floats:
        """(n, d) float32 of unit length: every picture as it is."""
        return np.concatenate([
            self.as_they_are(self._pictures[i : i + _CHUNK].astype(np.float32))
            for i in range(0, len(self._pictures), _CHUNK)
        ])  # fmt: skip

    def as_they_are(self, pictures: Floats) -> Floats:
        """Codes (n, d) of pictures as they are."""
        return self.under(pictures, repeated(WHOLE, len(pictures)))

    def under(self, pictures: Floats, placements: Floats) -> Floats:
        """Codes (n, d) of pictures under their placements."""
        return self._coded(self._frequencies(pictures, placements))

    def _frequencies(self, pictures: Floats, placements: Floats) -> Floats:
        flat = standardised(sampled(pictures, placements, self._points)).reshape(-1, self._side, self._side)
        waves = self._waves @ flat @ self._waves.T
        return np.asarray(waves.reshape(len(flat), -1)[:, 1:], dtype=np.float32)

    def _coded(self, frequencies: Floats) -> Floats:
        turned = (frequencies - self._mean) @ self._turn
        return np.asarray(turned / np.maximum(np.linalg.norm(turned, axis=1, keepdims=True), 1e-6), dtype=np.float32)


def _learnt(frequencies: Floats) -> tuple[Floats, NDArray[np.float32]]:
    if len(frequencies) < _FEW:
        return np.zeros(frequencies.shape[1], np.float32), np.eye(frequencies.shape[1], dtype=np.float32)
    mean = frequencies.mean(axis=0)
    centred = (frequencies - mean).astype(np.float64)
    values, axes = np.linalg.eigh(centred.T @ centred / len(centred))
    values = np.maximum(values, 0.0)
    turn = axes / np.sqrt(values + _SHRINKAGE * values.mean() + 1e-12)
    return mean, turn.astype(np.float32)
