"""Which class is taken for which, and how well each class is served."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from touchstone.core.interval import Estimate, Interval
from touchstone.evaluate.metrics import seeds_first
from touchstone.stats.intervals import clopper_pearson

Floats = NDArray[Any]


@dataclass(frozen=True)
class ClassScores:
    """One class: precision, recall and F1 (means over seeds), test items (``support``) and guesses per seed.

    Intervals are exact (Clopper-Pearson) around the median seed's counts for precision and recall; that of F1 maps
    the exact interval of F1 / (2 - F1), a share of the items that are of the class or were guessed to be.
    """

    index: int
    precision: Estimate
    recall: Estimate
    f1: Estimate
    support: int
    predicted: float


def confusion(guesses: NDArray[Any], labels: NDArray[Any], n_classes: int) -> NDArray[np.int64]:
    """Counts (K, K): row is the true class, column the guess."""
    table = np.bincount(np.asarray(labels) * n_classes + np.asarray(guesses), minlength=n_classes**2)
    return np.asarray(table.reshape(n_classes, n_classes), dtype=np.int64)


def per_class(probabilities: NDArray[Any], labels: NDArray[Any], *, level: float = 0.95) -> list[ClassScores]:
    """How each class fares, in class order.

    Parameters
    ----------
    probabilities : (S, n, K) or (n, K)
    labels : int array (n,)
    """
    parts = seeds_first(probabilities)
    n_classes = parts.shape[2]
    tables = np.stack([confusion(one.argmax(1), labels, n_classes) for one in parts])  # (S, K, K)
    right = np.diagonal(tables, axis1=1, axis2=2).astype(float)  # (S, K)
    true, guessed = tables.sum(2).astype(float), tables.sum(1).astype(float)
    scores = []
    for k in range(n_classes):
        hits, of, called = right[:, k], true[:, k], guessed[:, k]
        union = of + called - hits
        scores.append(
            ClassScores(
                index=k,
                precision=_share(hits, called, level, "the class was never guessed"),
                recall=_share(hits, of, level, "the class has no items here"),
                f1=_f1(hits, union, level),
                support=int(of[0]),
                predicted=float(called.mean()),
            )
        )
    return scores


def _share(hits: Floats, of: Floats, level: float, nothing: str) -> Estimate:
    if not of.all():
        return Estimate(0.0, n=int(of.max()), missing=nothing)
    shares = hits / of
    middle = int(np.argsort(shares, kind="stable")[(len(shares) - 1) // 2])
    interval = clopper_pearson(int(hits[middle]), int(of[middle]), level)
    mean = float(shares.mean())
    spread = float(np.sqrt(mean * (1.0 - mean) / of[middle]))
    return Estimate(mean, _around(interval, mean), spread, int(of[middle]))


def _f1(hits: Floats, union: Floats, level: float) -> Estimate:
    """F1 = 2 J / (1 + J) with J = hits / union, a proportion."""
    overlap = _share(hits, union, level, "the class has no items and was never guessed")
    if overlap.interval is None:
        return overlap
    mean = float((2 * hits / (hits + union)).mean())
    low, high = (2 * end / (1 + end) for end in (overlap.interval.low, overlap.interval.high))
    return Estimate(mean, _around(Interval(low, high), mean), (high - low) / 3.92, overlap.n)


def _around(interval: Interval, mean: float) -> Interval:
    return Interval(min(interval.low, mean), max(interval.high, mean))
