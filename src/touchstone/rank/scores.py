"""Three scores of frozen features for a labelled task: cross-fitted probe, nearest neighbours, shrinkage H-score.

No one-shot score is reliable everywhere (Agostinelli et al., ECCV 2022), so that three of different make are taken:
the probe is in units of accuracy, the other two guard against its variance on few examples.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from touchstone.linear.cross_fit import Settings, cross_fit
from touchstone.linear.rotation import fit_rotation

Floats = NDArray[Any]

_PROBE_RANK = 512
_TRAIN_LIMIT = 5000
_CHUNK = 1024


@dataclass(frozen=True)
class Probed:
    """``probabilities`` (repeats, n, K): held-out predictions; ``penalty_c`` the inverse penalty chosen."""

    probabilities: Floats
    penalty_c: float


def cross_fitted_probe(
    features: Floats,
    labels: NDArray[Any],
    held: NDArray[Any],
    *,
    groups: NDArray[Any] | None = None,
    n_classes: int | None = None,
    seed: int = 0,
) -> Probed:
    """Held-out predictions of an L2 multinomial logistic probe.

    Parameters
    ----------
    features : (n, d); standardised and cut to at most 512 principal axes without looking at labels
    labels : int array (n,)
    held : int array (repeats, n) of folds; every base of a study is scored on the same
    groups : (n,) or None; the folds of the inner search for the penalty keep groups together

    Returns
    -------
    Probed; any one fit learns from at most 5,000 examples
    """
    rotation = fit_rotation(features, rank=_PROBE_RANK, seed=seed)
    settings = Settings(n_classes or int(labels.max()) + 1, rotation.spectrum, seed=seed, train_limit=_TRAIN_LIMIT)
    fitted = cross_fit(rotation.apply(features), labels, held, groups, settings)
    return Probed(fitted.probabilities, fitted.penalty_c)


def knn_items(features: Floats, labels: NDArray[Any], *, groups: NDArray[Any] | None = None) -> Floats:
    """Whether the nearest other examples vote for the right class, (n,) of 0 and 1.

    Cosine similarity; k = 5 where there are fewer than 50 examples per class, else 20; neighbours of the same group
    are not asked; equal votes go to the class with the greater similarity in sum.
    """
    labels = np.asarray(labels)
    n, n_classes = len(labels), int(labels.max()) + 1
    units = np.arange(n) if groups is None else np.asarray(groups)
    k = min(5 if n / n_classes < 50 else 20, n - 1)
    x = np.asarray(features, dtype=np.float32)
    x = x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)
    right = np.zeros(n)
    for start in range(0, n, _CHUNK):
        rows = slice(start, min(start + _CHUNK, n))
        similar = x[rows] @ x.T  # (m, n)
        similar[units[rows, None] == units[None, :]] = -np.inf
        near = np.argpartition(-similar, k - 1, axis=1)[:, :k]
        closeness = np.take_along_axis(similar, near, axis=1)
        usable = np.isfinite(closeness)
        votes = np.zeros((len(near), n_classes))
        ballots = np.where(usable, 1.0 + 1e-3 * np.where(usable, closeness, 0.0) / k, 0.0)
        np.add.at(votes, (np.arange(len(near))[:, None], labels[near]), ballots)
        right[rows] = votes.argmax(1) == labels[rows]
    return right


def knn_accuracy(features: Floats, labels: NDArray[Any], *, groups: NDArray[Any] | None = None) -> float:
    """Share of :func:`knn_items` that are right."""
    return float(knn_items(features, labels, groups=groups).mean())


def h_score(features: Floats, labels: NDArray[Any], *, seed: int = 0) -> float:
    """How much of the features' spread lies between the classes: the shrinkage H-score, 0..K-1, larger is better.

    tr((S + shrinkage)^-1 (1 - a) B) with S the covariance of the features, B that of the class means and ``a`` the
    Ledoit-Wolf shrinkage, on standardised features of at most 512 axes.

    References
    ----------
    Bao et al. (ICIP 2019); Ibrahim, Ponomareva, Mazumder (ECML PKDD 2022) for the shrinkage.
    """
    from sklearn.covariance import ledoit_wolf_shrinkage  # type: ignore[import-untyped]

    labels = np.asarray(labels)
    rotation = fit_rotation(features, rank=_PROBE_RANK, seed=seed)
    z = rotation.apply(features).astype(np.float64)
    z -= z.mean(0)
    share = float(ledoit_wolf_shrinkage(z, assume_centered=True))
    spread = z.var(0)
    shrunk = (1.0 - share) * spread + share * spread.mean()
    counts = np.bincount(labels).astype(float)
    sums = np.zeros((len(counts), z.shape[1]))
    np.add.at(sums, labels, z)
    means = sums[counts > 0] / counts[counts > 0, None]
    between = (counts[counts > 0, None] * means**2).sum(0) / len(labels)
    alive = shrunk > 0  # a dead network gives features that never change
    return float((1.0 - share) * (between[alive] / shrunk[alive]).sum())
