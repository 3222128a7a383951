"""The reference that learns nothing but how frequent each class is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Majority:
    """``prior`` (K,): the share of each class in training."""

    prior: NDArray[Any]

    def predict(self, n: int) -> NDArray[Any]:
        """The prior for every one of ``n`` examples: (n, K) float32; its largest entry is the majority guess."""
        return np.tile(self.prior.astype(np.float32), (n, 1))


def fit(labels: NDArray[Any], n_classes: int) -> Majority:
    """Class frequencies of ``labels`` (n,), ints 0..n_classes-1."""
    counts = np.bincount(labels, minlength=n_classes).astype(np.float64)
    return Majority(counts / counts.sum())
