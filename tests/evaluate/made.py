"""Predictions of invented models whose truth is known."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def model(
    n: int, n_classes: int, seed: int, *, skill: float = 2.0, shares: Any = None, sharpen: float = 1.0
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Calibrated probabilities (n, K) and labels (n,) drawn from them; ``sharpen`` 2 doubles the logits after."""
    rng = np.random.default_rng(seed)
    prior = np.full(n_classes, 1.0 / n_classes) if shares is None else np.asarray(shares, dtype=float)
    logits = skill * rng.standard_normal((n, n_classes)) + np.log(prior)
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    labels = (rng.random((n, 1)) > np.cumsum(p, axis=1)).sum(1).clip(0, n_classes - 1)
    q = p**sharpen
    return q / q.sum(1, keepdims=True), labels.astype(np.int64)


def guesses_right(labels: NDArray[Any], accuracy: Any, rng: np.random.Generator, n_classes: int) -> NDArray[Any]:
    """One-hot predictions (n, K) that are right with probability ``accuracy`` (one, or one per item)."""
    wrong = (labels + rng.integers(1, n_classes, len(labels))) % n_classes
    return np.eye(n_classes)[np.where(rng.random(len(labels)) < accuracy, labels, wrong)]
