"""How accuracy grows with examples, and how many labels transfer saves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from touchstone.core.progress import Progress, Silent
from touchstone.linear.cross_fit import Settings, choose_penalty, fit_chosen
from touchstone.linear.rotation import fit_rotation

Floats = NDArray[Any]
Score = Callable[[NDArray[np.int64]], float]
"""From indices of training examples to the score of a model trained on them."""

FRACTIONS: tuple[float, ...] = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0)
_DRAWS = 2000


@dataclass(frozen=True)
class LearningCurve:
    """``sizes`` (F,) of training sets, ascending; ``scores`` (repeats, F), larger is better."""

    sizes: NDArray[np.int64]
    scores: Floats

    @property
    def means(self) -> Floats:
        """Mean score at each size, (F,)."""
        return np.asarray(self.scores.mean(0))


@dataclass(frozen=True)
class Saved:
    """How many times fewer labels the first curve needs for the second's final score.

    ``factor`` is the estimate and ``at_least`` its lower bound (one-sided 5 %); both are None where the first curve
    does not reach that score. ``open_ended`` says that it was there already at its smallest size, so that the true
    factor may be larger. Nothing is extrapolated.
    """

    factor: float | None
    at_least: float | None
    open_ended: bool


def learning_curve(
    score: Score,
    labels: NDArray[Any],
    *,
    groups: NDArray[Any] | None = None,
    fractions: tuple[float, ...] = FRACTIONS,
    repeats: int = 10,
    seed: int = 0,
    progress: Progress | None = None,
) -> LearningCurve:
    """Score models trained on stratified parts of the examples.

    Parameters
    ----------
    score : called with ascending indices into the training examples
    labels : int array (n,)
    groups : (n,) or None; parts are then made of whole groups
    fractions : of the examples, ascending; every class keeps at least one example
    repeats : independent parts of each size; parts of one repeat are nested, and the whole is scored once
    """
    labels = np.asarray(labels)
    rngs = np.random.default_rng(seed).spawn(repeats)
    orders = [_order(labels, groups, rng) for rng in rngs]
    scores = np.empty((repeats, len(fractions)))
    sizes = np.zeros(len(fractions))
    with (progress or Silent()).task("learning curve", repeats * len(fractions)) as bar:
        for column, fraction in enumerate(fractions):
            for repeat, order in enumerate(orders):
                part = np.sort(np.flatnonzero(order < fraction))
                whole = len(part) == len(labels) and repeat > 0
                scores[repeat, column] = scores[0, column] if whole else score(part)
                sizes[column] += len(part) / repeats
                bar.advance()
    return LearningCurve(np.round(sizes).astype(np.int64), scores)


def _order(labels: NDArray[Any], groups: NDArray[Any] | None, rng: np.random.Generator) -> Floats:
    """A number 0..1 per example: the fraction from which on it takes part; evenly spread in each class."""
    n = len(labels)
    if groups is None:
        place = np.empty(n)
        for label in np.unique(labels):
            members = rng.permutation(np.flatnonzero(labels == label))
            place[members] = np.arange(len(members)) / len(members)
        return place
    unit = np.unique(groups, return_inverse=True)[1].reshape(-1)
    drawn = rng.permutation(int(unit.max()) + 1)
    sizes = np.bincount(unit)
    before = np.empty(len(sizes))
    before[drawn] = (np.cumsum(sizes[drawn]) - sizes[drawn]) / n
    place = before[unit]
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        place[members[place[members] == place[members].min()]] = 0.0
    return np.asarray(place)


def probe_score(
    features: Floats,
    labels: NDArray[Any],
    held_features: Floats,
    held_labels: NDArray[Any],
    n_classes: int,
    *,
    groups: NDArray[Any] | None = None,
    seed: int = 0,
) -> Score:
    """Held-out accuracy of a linear probe on parts of cached features, for :func:`learning_curve`.

    ``features`` (n, d) are the training examples', ``held_features`` (m, d) those it is scored on (validation).
    """
    rotation = fit_rotation(features, rank=512, seed=seed)
    turned, held = rotation.apply(features), rotation.apply(held_features)
    settings = Settings(n_classes, rotation.spectrum, seed=seed)

    def score(part: NDArray[np.int64]) -> float:
        x, y = turned[part], labels[part]
        inside = None if groups is None else groups[part]
        enough = len(np.unique(y)) > 1 and (inside is None or len(np.unique(inside)) > 2)
        penalty_c = choose_penalty(x, y, inside, settings) if enough else 1e-2
        guesses = fit_chosen(x, y, penalty_c, settings).logits(held).argmax(1)
        return float((guesses == held_labels).mean())

    return score


def labels_saved(curve: LearningCurve, reference: LearningCurve, *, seed: int = 0, alpha: float = 0.05) -> Saved:
    """How many times fewer labels ``curve`` needs to reach the final score of ``reference``.

    Both curves run over fractions of the same examples. Curves are made monotone, read between their sizes on a
    logarithmic scale, and resampled over repeats; beyond the measured sizes nothing is claimed.

    Examples
    --------
    >>> sizes = np.array([100, 200, 400, 800])
    >>> quick = LearningCurve(sizes, np.tile([.70, .80, .85, .90], (10, 1)))
    >>> slow = LearningCurve(sizes, np.tile([.50, .60, .70, .80], (10, 1)))
    >>> labels_saved(quick, slow)
    Saved(factor=4.0, at_least=4.0, open_ended=False)
    """
    rng = np.random.default_rng(seed)
    needed = float(_needed(curve.sizes, curve.means[None], reference.means[-1:])[0])
    if not np.isfinite(needed):
        return Saved(None, None, False)
    own, other = (
        one.scores[rng.integers(len(one.scores), size=(_DRAWS, len(one.scores)))] for one in (curve, reference)
    )
    factors = float(reference.sizes[-1]) / _needed(curve.sizes, own.mean(1), other[:, :, -1].mean(1))
    low = float(np.quantile(factors, alpha))
    return Saved(float(reference.sizes[-1]) / needed, low if low > 0 else None, bool(needed <= curve.sizes[0]))


def _needed(sizes: NDArray[np.int64], means: Floats, targets: Floats) -> Floats:
    """The size at which each monotone curve (B, F) reaches its target (B,), (B,); infinite where it does not."""
    rising = _monotone(means)
    reached = rising >= targets[:, None] - 1e-12
    first = reached.argmax(1)
    rows, before = np.arange(len(means)), np.maximum(first - 1, 0)
    low, high = np.log(sizes[before]), np.log(sizes[first])
    height = rising[rows, first] - rising[rows, before]
    step = np.divide(targets - rising[rows, before], height, out=np.ones(len(means)), where=height > 0)
    between = np.exp(low + np.clip(step, 0.0, 1.0) * (high - low))
    exact = np.where(rising[rows, first] <= targets + 1e-12, sizes[first], between)
    return np.where(reached.any(1), np.where(first == 0, sizes[0], exact), np.inf)


def _monotone(means: Floats) -> Floats:
    """Isotonic regression of each row (B, F), by the max-min formula; F is small."""
    count = means.shape[1]
    sums = np.concatenate([np.zeros((len(means), 1)), np.cumsum(means, axis=1)], axis=1)
    rising = np.full(means.shape, -np.inf)
    for start in range(count):
        ends = np.arange(start + 1, count + 1)
        averages = (sums[:, ends] - sums[:, [start]]) / (ends - start)  # of start..end
        least_from = np.minimum.accumulate(averages[:, ::-1], axis=1)[:, ::-1]
        rising[:, start:] = np.maximum(rising[:, start:], least_from)
    return rising
