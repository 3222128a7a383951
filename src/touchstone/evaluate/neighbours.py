"""What the nearest neighbours of an example are labelled: a second opinion that no classifier was fitted for."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_CHUNK = 512


def neighbour_votes(
    features: Any, labels: NDArray[Any], units: NDArray[Any], n_classes: int, *, k: int = 10
) -> NDArray[np.float32]:
    """Share of each example's nearest neighbours that carry each label.

    Parameters
    ----------
    features : dense or sparse (n, d); compared by the angle between rows
    labels : int array (n,), values 0..n_classes-1
    units : int array (n,); examples of one unit (copies, a group) are no neighbours of each other
    k : neighbours that are asked

    Returns
    -------
    float32 (n, n_classes), rows sum to 1, or to 0 where an example has no neighbour
    """
    rows = _unit_length(features)
    n = rows.shape[0]
    votes = np.zeros((n, n_classes), np.float32)
    k = min(k, n - 1)
    for start in range(0, n, _CHUNK):
        part = slice(start, min(start + _CHUNK, n))
        near = rows[part] @ rows.T
        near = near.toarray() if hasattr(near, "toarray") else np.array(near)
        near[units[part, None] == units[None, :]] = -np.inf
        best = np.argpartition(-near, k - 1, axis=1)[:, :k]
        counted = np.isfinite(np.take_along_axis(near, best, axis=1))
        asked = np.repeat(np.arange(start, start + len(best)), k).reshape(best.shape)
        np.add.at(votes, (asked[counted], labels[best[counted]]), 1.0)
    return np.asarray(votes / np.maximum(votes.sum(axis=1, keepdims=True), 1.0), dtype=np.float32)


def _unit_length(features: Any) -> Any:
    if hasattr(features, "tocsr"):
        from scipy.sparse import diags  # type: ignore[import-untyped]

        lengths = np.sqrt(np.asarray(features.multiply(features).sum(axis=1)).ravel())
        return (diags(1.0 / np.maximum(lengths, 1e-9)) @ features).tocsr()
    rows = np.asarray(features, dtype=np.float32)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
