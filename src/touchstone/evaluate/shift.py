"""How much accuracy is lost on data from elsewhere or later."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from touchstone.stats.claims import Claim

Floats = NDArray[Any]


def shared_accuracies(
    test_right: NDArray[Any], test_labels: NDArray[Any], shift_right: NDArray[Any], shift_labels: NDArray[Any]
) -> tuple[float, float]:
    """Accuracy on test, reweighted to the shift set's classes, and on the shift set; classes of both sets only.

    Not a number where no class stands in both.
    """
    shares, test_means, shift_means, *_ = _by_class(test_right, test_labels, shift_right, shift_labels)
    return float(shares @ test_means), float(shares @ shift_means)


def drop(
    test_right: NDArray[Any],
    test_labels: NDArray[Any],
    shift_right: NDArray[Any],
    shift_labels: NDArray[Any],
    *,
    test_groups: NDArray[Any] | None = None,
    shift_groups: NDArray[Any] | None = None,
) -> Claim:
    """Accuracy on test minus accuracy on the shift set, with the classes of test in the shift set's proportions.

    Parameters
    ----------
    test_right, shift_right : (n,) and (m,), or (S, n) and (S, m): correctness 0..1, averaged over seeds; the claim is
        about these models, items random
    test_labels, shift_labels : int arrays (n,), (m,)
    test_groups, shift_groups : int arrays or None; errors of a group are summed before they are squared

    Returns
    -------
    Claim of a harm in -1..1; df of Welch and Satterthwaite. Infinite standard error where no class is shared
    """
    right, moved = _mean_seeds(test_right), _mean_seeds(shift_right)
    shares, test_means, shift_means, in_test, in_shift = _by_class(right, test_labels, moved, shift_labels)
    n = int(min(in_test.sum(), in_shift.sum()))
    if not shares.any():
        return Claim(float("nan"), np.inf, 1.0, 0, 1, (-1.0, 1.0))
    first, df_first = _variance(right, test_labels, shares, in_test, test_groups)
    second, df_second = _variance(moved, shift_labels, shares, in_shift, shift_groups)
    total = first + second
    df = total**2 / (first**2 / df_first + second**2 / df_second)
    return Claim(float(shares @ (test_means - shift_means)), float(np.sqrt(total)), df, n, 1, (-1.0, 1.0))


def _mean_seeds(right: NDArray[Any]) -> Floats:
    array = np.asarray(right, dtype=np.float64)
    return array if array.ndim == 1 else np.asarray(array.mean(0))


def _by_class(
    test_right: NDArray[Any], test_labels: NDArray[Any], shift_right: NDArray[Any], shift_labels: NDArray[Any]
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Shares of the shift set's shared classes, mean correctness on each side, and counts of both, each (K,)."""
    size = int(max(np.max(test_labels, initial=0), np.max(shift_labels, initial=0))) + 1
    in_test, in_shift = (np.bincount(labels, minlength=size) for labels in (test_labels, shift_labels))
    shared = (in_test > 0) & (in_shift > 0)
    shares = np.where(shared, in_shift, 0) / max(in_shift[shared].sum(), 1)
    means = [
        np.bincount(labels, _mean_seeds(right), minlength=size) / np.maximum(counts, 1)
        for right, labels, counts in ((test_right, test_labels, in_test), (shift_right, shift_labels, in_shift))
    ]
    return shares, means[0], means[1], np.where(shared, in_test, 0), np.where(shared, in_shift, 0)


def _variance(
    right: Floats, labels: NDArray[Any], shares: Floats, counts: Floats, groups: NDArray[Any] | None
) -> tuple[float, float]:
    """Variance of the share-weighted mean of class accuracies, and its degrees of freedom.

    Class accuracies are pulled to the whole set's by two items, so that a class without errors is not taken for one
    that cannot err.
    """
    used = counts[labels] > 0
    right, labels = right[used], np.asarray(labels)[used]
    hits = np.bincount(labels, right, minlength=len(shares))
    overall = (right.sum() + 1.0) / (len(right) + 2.0)
    smooth = (hits + 2.0 * overall) / (counts + 2.0)
    weights = (shares / np.maximum(counts, 1))[labels]
    binomial = float((shares**2 * smooth * (1 - smooth) / np.maximum(counts, 1)).sum())
    classes = int((counts > 0).sum())
    if groups is None:
        return binomial, float(max(len(right) - classes, 1))
    unit = np.unique(np.asarray(groups)[used], return_inverse=True)[1].reshape(-1)
    scores = np.bincount(unit, weights * (right - (hits / np.maximum(counts, 1))[labels]))
    clustered = float(scores @ scores) * len(scores) / max(len(scores) - 1, 1)
    return max(binomial, clustered), float(max(len(scores) - 1, 1))
