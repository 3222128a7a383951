"""Which fold each example falls in: stratified by class, whole groups together, repeated."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def folds(
    labels: NDArray[Any], *, groups: NDArray[Any] | None = None, n_folds: int = 5, repeats: int = 1, seed: int = 0
) -> Ints:
    """Which fold every example is held out in.

    Parameters
    ----------
    labels : int array of shape (n,)
    groups : array of shape (n,), or None; examples of one group always share a fold
    n_folds : at most; fewer where there are fewer examples or groups
    repeats : independent partitions
    seed : of the partitions

    Returns
    -------
    int array of shape (repeats, n), values 0..n_folds-1; every class is spread as evenly as its groups allow
    """
    labels = np.asarray(labels)
    units = np.arange(len(labels)) if groups is None else np.unique(np.asarray(groups), return_inverse=True)[1].ravel()
    count = min(n_folds, int(units.max()) + 1)
    if count < 2:
        raise ValueError("at least two examples, or two groups, are needed for folds")
    rngs = np.random.default_rng(seed).spawn(repeats)
    if groups is None:
        return np.stack([_by_item(labels, count, rng) for rng in rngs])
    return np.stack([_by_group(labels, units, count, rng) for rng in rngs])


def _by_item(labels: NDArray[Any], count: int, rng: np.random.Generator) -> Ints:
    """Deal the examples out class by class, going on where the last class stopped."""
    shuffled = rng.permutation(len(labels))
    dealt = shuffled[np.argsort(labels[shuffled], kind="stable")]
    placed = np.empty(len(labels), dtype=np.int64)
    placed[dealt] = (np.arange(len(labels)) + rng.integers(count)) % count
    return placed


def _by_group(labels: NDArray[Any], units: Ints, count: int, rng: np.random.Generator) -> Ints:
    """Place groups, largest first, where the classes they hold are thinnest."""
    classes = np.unique(labels, return_inverse=True)[1].ravel()
    table = np.zeros((int(units.max()) + 1, int(classes.max()) + 1))
    np.add.at(table, (units, classes), 1.0)
    share = table / table.sum(0)
    order = rng.permutation(len(table))
    order = order[np.argsort(-table[order].sum(1), kind="stable")]
    held = np.zeros((count, table.shape[1]))
    sizes = np.zeros(count)
    fold_of = np.empty(len(table), dtype=np.int64)
    for unit in order:
        crowding = held @ share[unit] + 1e-3 * sizes / len(labels)
        fold = int(np.argmin(crowding))
        held[fold] += share[unit]
        sizes[fold] += table[unit].sum()
        fold_of[unit] = fold
    return fold_of[units]


def sample(labels: NDArray[Any], limit: int, *, seed: int = 0) -> Ints:
    """Indices of at most ``limit`` examples, classes in proportion and each class kept; ascending.

    ``labels`` are ints of shape (n,). A class never falls below ten examples that it has.
    """
    labels = np.asarray(labels)
    if len(labels) <= limit:
        return np.arange(len(labels))
    rng = np.random.default_rng(seed)
    picked = []
    for label in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == label))
        keep = max(round(limit * len(members) / len(labels)), min(10, len(members)))
        picked.append(members[:keep])
    return np.sort(np.concatenate(picked))
