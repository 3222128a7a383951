"""Regions of a feature space, and how many examples of two sets stand in each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_AXES = 32
_MOST_REGIONS, _PER_REGION = 25, 60


@dataclass(frozen=True, slots=True)
class Region:
    """A part of the data: a value of a column, or a cluster of features."""

    name: str
    words: str
    in_train: int
    n_train: int
    in_sample: int
    n_sample: int
    examples: tuple[str, ...] = ()
    """Of the sample."""


def regions(train: Any, sample: Any, names: Sequence[str], *, seed: int = 0) -> list[Region]:
    """Clusters of both sets together, by k-means on their leading axes.

    Parameters
    ----------
    train, sample : dense or sparse features (n, d) and (m, d)
    names : of the sample's rows

    Notes
    -----
    One cluster for every 60 examples of the smaller set, 25 at most. The clusters know nothing of which set an
    example is from, so that shares in them may be compared as counts.
    """
    from sklearn.cluster import KMeans  # type: ignore[import-untyped]

    points = _points(train, sample, seed)
    n_train = train.shape[0]
    k = int(np.clip(min(n_train, len(points) - n_train) // _PER_REGION, 2, _MOST_REGIONS))
    found = KMeans(k, n_init=1, random_state=seed).fit_predict(points)
    held = np.bincount(found[:n_train], minlength=k)
    seen = np.bincount(found[n_train:], minlength=k)
    return [
        Region(
            f"region={i}", f"A region of the features (round example {names[int(np.argmax(found[n_train:] == i))]})",
            int(held[i]), n_train, int(seen[i]), len(points) - n_train, tuple(np.array(names, dtype=object)[found[n_train:] == i].tolist()),
        )
        for i in range(k) if seen[i]
    ]  # fmt: skip


def _points(train: Any, sample: Any, seed: int) -> NDArray[np.float32]:
    if hasattr(train, "tocsr"):
        from scipy.sparse import vstack  # type: ignore[import-untyped]
        from sklearn.decomposition import TruncatedSVD  # type: ignore[import-untyped]

        both = vstack([train, sample]).tocsr()
        axes = min(_AXES, both.shape[1] - 1)
        points = TruncatedSVD(axes, random_state=seed).fit_transform(both) if axes > 0 else both.toarray()
    else:  # axes come ordered by variance; how far out a point lies is part of where it is
        return np.concatenate([train, sample])[:, :_AXES].astype(np.float32)
    lengths = np.linalg.norm(points, axis=1, keepdims=True)
    return np.asarray(points / np.maximum(lengths, 1e-9), dtype=np.float32)
