"""How well each block of a network separates the classes, quickly: ridge regression on the class indicators."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from touchstone.linear.rotation import fit_rotation

Floats = NDArray[Any]

_RANK = 256
_STRENGTHS = (1e-3, 1e-2, 1e-1, 1.0)
"""Ridge penalties, as shares of the number of training examples."""


def screen(features: Floats, labels: NDArray[Any], n_classes: int, held: NDArray[Any], *, seed: int = 0) -> Floats:
    """Held-out correctness of a ridge classifier, in closed form.

    Parameters
    ----------
    features : (n, d), one block
    labels : int array (n,)
    held : int array (n,), the fold that each example is held out in

    Returns
    -------
    float array (n,), 1 where the held-out prediction is right. It is for comparing blocks: it runs a point or two
    below a tuned logistic probe, and the best of four penalties is taken on the same folds.
    """
    rotation = fit_rotation(features, rank=_RANK, seed=seed)
    z = rotation.apply(features)
    targets = np.eye(n_classes, dtype=np.float32)[labels]
    parts = [held == fold for fold in range(int(held.max()) + 1)]
    grams = np.stack([z[part].T @ z[part] for part in parts])  # (folds, r, r)
    crosses = np.stack([z[part].T @ targets[part] for part in parts])  # (folds, r, K)
    counts = np.stack([targets[part].sum(0) for part in parts])  # (folds, K)
    right = np.zeros((len(_STRENGTHS), len(labels)))
    for fold, part in enumerate(parts):
        n_inside = int((~part).sum())
        gram, cross = grams.sum(0) - grams[fold], crosses.sum(0) - crosses[fold]
        prior = (counts.sum(0) - counts[fold]) / n_inside
        values, vectors = np.linalg.eigh(gram.astype(np.float64))
        turned = vectors.T @ (cross - np.outer(_column_sums(z, part), prior))
        for index, strength in enumerate(_STRENGTHS):
            weights = vectors @ (turned / (np.maximum(values, 0.0) + strength * n_inside)[:, None])
            guesses = (z[part] @ weights.astype(np.float32) + prior).argmax(1)
            right[index, part] = guesses == labels[part]
    return np.asarray(right[int(right.mean(1).argmax())])


def _column_sums(z: Floats, part: NDArray[Any]) -> Floats:
    return np.asarray(z[~part].sum(0, dtype=np.float64))
