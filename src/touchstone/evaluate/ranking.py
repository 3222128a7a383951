"""Areas under ROC and precision-recall curves, for many weightings of the items at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[Any]


class _Ordered:
    """One class against the rest: items in falling order of score, ends of runs of equal scores marked."""

    def __init__(self, scores: Floats, positive: NDArray[np.bool_]) -> None:
        self.order = np.argsort(-scores, kind="stable")
        ranked = scores[self.order]
        self.ends = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))
        self.positive = positive[self.order].astype(np.float64)

    def cumulative(self, weights: Floats) -> tuple[Floats, Floats]:
        """Weight of positives and of negatives down to each threshold, (B, thresholds)."""
        w = np.asarray(weights, dtype=np.float64)[:, self.order]
        hits = np.cumsum(w * self.positive, axis=1)[:, self.ends]
        return hits, np.cumsum(w, axis=1)[:, self.ends] - hits


class Curves:
    """The one-against-rest curves of a model; with two classes, of class 1 alone.

    Parameters
    ----------
    probabilities : (n, K)
    labels : int array (n,)
    """

    def __init__(self, probabilities: Floats, labels: NDArray[Any]) -> None:
        n_classes = probabilities.shape[1]
        chosen = [1] if n_classes == 2 else list(range(n_classes))
        both = [k for k in chosen if 0 < (labels == k).sum() < len(labels)]
        self._ordered = [_Ordered(probabilities[:, k], labels == k) for k in both]

    def roc_auc(self, weights: Floats) -> Floats:
        """Mean area under the ROC curve over the classes that have both positives and negatives, (B,).

        Not a number where no class has. Ties count half.
        """
        return self._mean(weights, _roc_area)

    def pr_auc(self, weights: Floats) -> Floats:
        """Mean average precision over classes, (B,): the sum of precision times gain in recall (no interpolation)."""
        return self._mean(weights, _average_precision)

    def _mean(self, weights: Floats, area: Any) -> Floats:
        if not self._ordered:
            return np.full(len(weights), np.nan)
        areas = np.stack([area(*one.cumulative(weights)) for one in self._ordered])  # (K, B)
        known = np.isfinite(areas)
        sums = np.where(known, areas, 0.0).sum(0)
        return np.asarray(np.where(known.any(0), sums / np.maximum(known.sum(0), 1), np.nan))


def _roc_area(hits: Floats, misses: Floats) -> Floats:
    earlier = np.concatenate([np.zeros((len(hits), 1)), hits[:, :-1]], axis=1)
    steps = np.diff(misses, axis=1, prepend=0.0)
    pairs = hits[:, -1] * misses[:, -1]
    area = ((earlier + hits) / 2.0 * steps).sum(1)
    return np.asarray(np.divide(area, pairs, out=np.full(len(hits), np.nan), where=pairs > 0))


def _average_precision(hits: Floats, misses: Floats) -> Floats:
    found = hits + misses
    precision = np.divide(hits, found, out=np.zeros_like(hits), where=found > 0)
    gains = np.diff(hits, axis=1, prepend=0.0)
    total = hits[:, -1]
    return np.asarray(np.divide((precision * gains).sum(1), total, out=np.full(len(hits), np.nan), where=total > 0))
