"""How well one trivial property of an example tells its label."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log2
from typing import Any

import numpy as np
from numpy.typing import NDArray

from touchstone.linear.folds import folds


@dataclass(frozen=True)
class GiveAway:
    """What a shallow tree makes of one property, each example predicted without it.

    ``balanced_accuracy`` in 0..1; ``precision`` and ``recall`` (K,) of each class, with ``named`` (K,) how often the
    tree names it, ``hits`` (K,) how often it is right and ``counts`` (K,) how many there are.
    """

    predictions: NDArray[np.int64]
    balanced_accuracy: float
    named: NDArray[np.int64]
    hits: NDArray[np.int64]
    counts: NDArray[np.int64]

    @property
    def precision(self) -> NDArray[np.float64]:
        return self.hits / np.maximum(self.named, 1)

    @property
    def recall(self) -> NDArray[np.float64]:
        return self.hits / np.maximum(self.counts, 1)


def give_away(values: NDArray[Any], labels: NDArray[Any], n_classes: int, *, seed: int = 0) -> GiveAway | None:
    """Held-out predictions of a shallow decision tree from ``values`` (n, d); None where nothing varies.

    The tree has two levels more than it needs to tell the classes apart, and leaves of at least half a percent.
    """
    from sklearn.tree import DecisionTreeClassifier  # type: ignore[import-untyped]

    values = np.nan_to_num(np.asarray(values, dtype=np.float32).reshape(len(labels), -1), nan=-1e9)
    if not len(labels) or (values == values[0]).all():
        return None
    held = folds(labels, n_folds=5, seed=seed)[0]
    depth = ceil(log2(max(n_classes, 2))) + 2
    found = np.empty(len(labels), dtype=np.int64)
    for fold in range(int(held.max()) + 1):
        out = held == fold
        tree = DecisionTreeClassifier(
            max_depth=depth, max_leaf_nodes=4 * n_classes, min_samples_leaf=max(3, len(labels) // 200),
            class_weight="balanced", random_state=seed,
        )  # fmt: skip
        tree.fit(values[~out], labels[~out])
        found[out] = tree.predict(values[out])
    return _counted(found, labels, n_classes)


def _counted(predictions: NDArray[np.int64], labels: NDArray[Any], n_classes: int) -> GiveAway:
    counts = np.bincount(labels, minlength=n_classes)
    named = np.bincount(predictions, minlength=n_classes)
    hits = np.bincount(labels[predictions == labels], minlength=n_classes)
    there = counts > 0
    return GiveAway(predictions, float((hits[there] / counts[there]).mean()), named, hits, counts)


def null_of_the_best(
    found: list[GiveAway], labels: NDArray[Any], n_classes: int, *, draws: int = 1999, seed: int = 0
) -> NDArray[np.float64]:
    """Best balanced accuracy of all properties under each of ``draws`` permutations of the labels, (draws,).

    Max-statistic permutation (Westfall and Young 1993): one null for however many properties were tried.
    """
    rng = np.random.default_rng(seed)
    weights = 1.0 / np.maximum(np.bincount(labels, minlength=n_classes), 1)
    stacked = np.stack([one.predictions for one in found])
    best = np.empty(draws)
    n_seen = max(1, len(np.unique(labels)))
    for draw in range(draws):
        shuffled = rng.permutation(labels)
        best[draw] = ((stacked == shuffled) @ weights[shuffled]).max() / n_seen
    return best
