"""Predictions for examples that the classifier did not see, with the penalty chosen without seeing them either."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from touchstone.linear.folds import folds, sample
from touchstone.linear.softmax import fit_softmax, log_losses

Floats = NDArray[Any]

PENALTIES: tuple[float, ...] = tuple(float(c) for c in 10.0 ** np.arange(-4, 4))
"""Inverse penalties C that are tried."""
SEARCH_LIMIT = 1500
"""Examples that a search for the penalty looks at, or 20 per class: C belongs to the sum of the losses, so that it
hardly moves with the number of examples."""


@dataclass(frozen=True)
class Settings:
    """How a classifier is fitted, apart from its data.

    ``spectrum`` (d,) rescales the problem; ``weighted`` weighs classes by 1/sqrt(frequency); ``train_limit``
    bounds the examples that any one fit learns from; ``ramp`` comes to a weak penalty by way of two stronger ones,
    which a sparse problem of many variables needs to get near its optimum in ``iterations``.
    """

    n_classes: int
    spectrum: Floats | None = None
    weighted: bool = False
    seed: int = 0
    train_limit: int = 1_000_000
    penalties: tuple[float, ...] = PENALTIES
    iterations: int = 100
    ramp: bool = False


@dataclass(frozen=True)
class CrossFit:
    """``probabilities`` (repeats, n, K) float32, each item predicted by a classifier that did not see it."""

    probabilities: Floats
    penalty_c: float
    """The median of the penalties that the folds chose."""


def class_weights(labels: NDArray[Any], n_classes: int) -> Floats:
    """Weight of each item, (n,), in proportion to 1/sqrt(frequency of its class), mean 1."""
    counts = np.bincount(labels, minlength=n_classes)
    weights = 1.0 / np.sqrt(counts[labels])
    return np.asarray(weights / weights.mean())


def balanced_log_loss(probabilities: Floats, labels: NDArray[Any]) -> float:
    """Mean over classes of the mean log-loss within the class, in nats."""
    losses = log_losses(probabilities, labels)
    counts = np.bincount(labels)
    return float((np.bincount(labels, losses)[counts > 0] / counts[counts > 0]).mean())


def choose_penalty(
    features: Any, labels: NDArray[Any], groups: NDArray[Any] | None, settings: Settings, *, n_folds: int = 3
) -> float:
    """The inverse penalty with the smallest held-out log-loss (balanced where ``weighted``).

    The path runs from strong to weak penalties, each fit starting from the last, and ends when two in a row are
    worse than the best.
    """
    limit = max(SEARCH_LIMIT, 20 * settings.n_classes)
    kept = sample(labels, limit, seed=settings.seed)
    x, y = features[kept], labels[kept]
    held = folds(y, groups=None if groups is None else groups[kept], n_folds=n_folds, seed=settings.seed)[0]
    starts: dict[int, Any] = {}
    scores: list[float] = []
    for penalty_c in settings.penalties:
        scores.append(_held_out_loss(x, y, held, penalty_c, settings, starts))
        if len(scores) - 1 - int(np.argmin(scores)) >= 2:
            break
    return settings.penalties[int(np.argmin(scores))]


def _held_out_loss(
    x: Any, y: NDArray[Any], held: NDArray[Any], penalty_c: float, settings: Settings, starts: dict[int, Any]
) -> float:
    probabilities = np.empty((len(y), settings.n_classes), dtype=np.float32)
    for fold in range(int(held.max()) + 1):
        out = held == fold
        steps = min(40, settings.iterations)
        starts[fold] = _fit(x[~out], y[~out], penalty_c, settings, start=starts.get(fold), iterations=steps)
        probabilities[out] = starts[fold].probabilities(x[out])
    return balanced_log_loss(probabilities, y) if settings.weighted else float(log_losses(probabilities, y).mean())


def _fit(x: Any, y: NDArray[Any], penalty_c: float, settings: Settings, **options: Any) -> Any:
    weights = class_weights(y, settings.n_classes) if settings.weighted else None
    return fit_softmax(
        x, y, settings.n_classes, penalty_c=penalty_c, spectrum=settings.spectrum, item_weights=weights, **options
    )


def fit_chosen(features: Any, labels: NDArray[Any], penalty_c: float, settings: Settings) -> Any:
    """One classifier on all examples (up to ``train_limit``), with a penalty that was chosen before."""
    kept = sample(labels, settings.train_limit, seed=settings.seed)
    x, y, start = features[kept], labels[kept], None
    if settings.ramp:
        stronger = [one for one in settings.penalties if one < penalty_c]
        for one in stronger[-2:]:
            start = _fit(x, y, one, settings, start=start, iterations=settings.iterations // 2)
    return _fit(x, y, penalty_c, settings, start=start, iterations=settings.iterations)


def cross_fit(
    features: Any, labels: NDArray[Any], held: NDArray[Any], groups: NDArray[Any] | None, settings: Settings
) -> CrossFit:
    """Predict every item from folds that leave it out.

    Parameters
    ----------
    features : dense or sparse (n, d)
    held : int array (repeats, n) from :func:`touchstone.linear.folds.folds`
    groups : (n,) or None, for the inner folds

    Notes
    -----
    In the first repeat every fold chooses its penalty by inner cross-validation on its own training part; later
    repeats take the median of those choices. Above 1,500 examples, where the choice is steady, the first fold chooses
    for all.
    """
    out = np.empty((*held.shape, settings.n_classes), dtype=np.float32)
    chosen: list[float] = []
    for repeat, fold_of in enumerate(held):
        for fold in range(int(fold_of.max()) + 1):
            inside = np.flatnonzero(fold_of != fold)
            x, y = features[inside], labels[inside]
            if repeat == 0 and (fold == 0 or len(labels) <= SEARCH_LIMIT):
                chosen.append(choose_penalty(x, y, None if groups is None else groups[inside], settings))
                penalty_c = chosen[-1]
            else:
                penalty_c = _median(chosen)
            classifier = fit_chosen(x, y, penalty_c, settings)
            out[repeat, fold_of == fold] = classifier.probabilities(features[fold_of == fold])
    return CrossFit(out, _median(chosen))


def _median(penalties: list[float]) -> float:
    return sorted(penalties)[(len(penalties) - 1) // 2]
