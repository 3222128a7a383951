"""A cheap probe of the data themselves: every labelled example predicted by a classifier that did not see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from touchstone.linear.cross_fit import PENALTIES, Settings, cross_fit, fit_chosen
from touchstone.linear.folds import folds
from touchstone.linear.softmax import Softmax

_SPARSE_PENALTIES = (1.0, 10.0, 100.0, 1000.0)
_FOLDS = 5


@dataclass(frozen=True)
class HeldOut:
    """``probabilities`` (n, K) float32, and the inverse penalty that was chosen."""

    probabilities: NDArray[Any]
    penalty_c: float


def held_out(
    features: Any,
    labels: NDArray[Any],
    n_classes: int,
    groups: NDArray[Any] | None = None,
    *,
    penalty_c: float | None = None,
    seed: int = 0,
) -> HeldOut:
    """Cross-fitted probabilities of an L2 logistic classifier.

    Parameters
    ----------
    features : (n, d), dense and of axes ordered by variance, or sparse
    groups : (n,) ints or None; folds keep them whole
    penalty_c : taken as given where it is known already, else chosen by inner cross-validation
    """
    settings = _settings(features, n_classes, penalty_c, seed)
    held = folds(labels, groups=groups, n_folds=_FOLDS, seed=seed)
    made = cross_fit(features, labels, held, groups, settings)
    return HeldOut(made.probabilities[0], made.penalty_c)


def fitted(features: Any, labels: NDArray[Any], n_classes: int, *, penalty_c: float, seed: int = 0) -> Softmax:
    """One classifier of the same kind on all examples, for predicting others."""
    classifier: Softmax = fit_chosen(features, labels, penalty_c, _settings(features, n_classes, penalty_c, seed))
    return classifier


def _settings(features: Any, n_classes: int, penalty_c: float | None, seed: int) -> Settings:
    sparse = hasattr(features, "tocsr")
    penalties = (penalty_c,) if penalty_c is not None else _SPARSE_PENALTIES if sparse else PENALTIES[:7]
    if sparse:
        moments = np.maximum(np.asarray(features.power(2).mean(axis=0), dtype=np.float64).ravel(), 1e-9)
        return Settings(n_classes, moments, seed=seed, penalties=penalties, iterations=40, ramp=penalty_c is None)
    spectrum = np.maximum(np.asarray(features, dtype=np.float64).var(axis=0), 1e-9)
    return Settings(n_classes, spectrum, seed=seed, penalties=penalties, iterations=60)
