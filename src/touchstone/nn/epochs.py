"""How long to train when there is too little validation data for early stopping: cross-fitting picks the count.

What the folds' networks answered about the examples that they were trained without is kept: it tells more of whether
the fine-tuning pays than a small validation set does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from touchstone.core.measures import TrainingLog
from touchstone.core.progress import Progress
from touchstone.nn.criterion import Criterion
from touchstone.nn.evaluation import Held
from touchstone.nn.families import head, set_head
from touchstone.nn.fold_head import fit_head
from touchstone.nn.loop import Plan, looks_after, trailing, train
from touchstone.nn.network import Network
from touchstone.nn.source import Chained, Picked, Source

FOLDS = 5
MOST_EXAMPLES = 15_000
"""Examples that cross-fitting may train on, all folds together; beyond it fewer folds are run, one at least."""
RISEN_FOR = 4
CLOSE = 0.01
"""Share of the smallest held-out loss within which another is as good: folds differ by more."""


@dataclass(frozen=True)
class Fold:
    """One fold: trained on the other folds, looked at on this one."""

    curve: NDArray[np.float64]
    """(horizon + 1,) tempered losses before training and after each epoch, validation items among them."""
    rows: NDArray[np.int64]
    """(m,) training examples that the network was trained without."""
    looks: NDArray[np.int64]
    """(k,) epochs after which it was looked at."""
    right: NDArray[np.bool_]
    """(k, m)"""
    losses: NDArray[np.float64]
    """(k, m) nats, as shipped."""

    def at(self, epochs: int) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.float64]]:
        """Rows, whether right, and losses at the look nearest to so many epochs."""
        look = int(np.argmin(np.abs(self.looks - epochs)))
        return self.rows, self.right[look], self.losses[look]


def enough_to_stop_early(validation_labels: NDArray[np.int64], n_classes: int) -> bool:
    """Whether there are a hundred validation items for every class."""
    return bool(np.bincount(validation_labels, minlength=n_classes).min() >= 100)


def horizon(n: int, batch_size: int, *, cached: bool) -> int:
    """Epochs that a schedule is made for: enough for some hundred steps, within 5 to 30 (3 to 12 uncached)."""
    steps, low, high = (400, 5, 30) if cached else (250, 3, 12)
    return int(np.clip(round(steps * batch_size / max(1, n)), low, high))


def fold_count(n: int, horizon: int) -> int:
    """How many of the folds are run: all where the data are few."""
    return int(np.clip(MOST_EXAMPLES // max(1, int(0.8 * n) * horizon), 1, FOLDS))


def run_fold(
    network: Network,
    source: Source,
    labels: NDArray[np.int64],
    groups: Sequence[str] | None,
    plan: Plan,
    criterion: Criterion,
    *,
    fold: int,
    validation: Held,
    features: Tensor | None,
    seed: int,
    progress: Progress,
) -> Fold | None:
    """Train on the other folds and look at this one and ``validation`` together, before training and on the way.

    Every fold follows the schedule of the whole horizon, as the final training does until it stops. The network
    ends as it began. None where the fold is empty.

    ``features`` (n, d) are the penultimate ones where the head to start from was fitted on these examples, so that
    every fold needs its own.
    """
    parts = folds(labels, groups, FOLDS, seed=seed)
    out, inside = np.flatnonzero(parts == fold), np.flatnonzero(parts != fold)
    if not len(out) or not len(inside):
        return None
    before = network.state()
    if features is not None:
        n_classes = head(network.model).out_features
        set_head(network.model, *fit_head(features, labels, inside, out, n_classes, criterion))
    held = Held(Chained(Picked(source, out), validation.source), np.concatenate([labels[out], validation.labels]))
    blind = replace(plan, epochs=plan.horizon, average=False, patience=None)
    outcome = train(
        network, source, labels, blind, criterion, seed=seed + fold, held=held, rows=inside, stop=risen,
        progress=progress, name=f"epochs, fold {fold + 1}",
    )  # fmt: skip
    network.restore(before)
    at = [0, *(epoch + 1 for epoch in range(plan.horizon) if looks_after(epoch, plan.horizon))][: len(outcome.looks)]
    return Fold(
        # a fold that ended early stays where it was
        np.interp(np.arange(plan.horizon + 1), at, outcome.log.tempered_losses),
        out, np.array(at), np.stack([look.correct[: len(out)] for look in outcome.looks]),
        np.stack([look.shipped_losses[: len(out)] for look in outcome.looks]),
    )  # fmt: skip


def fewest_loss(curves: Sequence[NDArray[np.float64]]) -> tuple[int, tuple[float, ...]]:
    """The fewest epochs whose held-out tempered loss is within a hundredth of the smallest; mean over folds, smoothed
    over three epochs.

    The rule of Breiman et al. (1984), the simplest of what cannot be told apart, with a hundredth for their standard
    error, which a fold or two cannot give. Choi & Lee (2022): training on everything afterwards is worth 1.8 points.

    Returns
    -------
    the count, 1..horizon, and the mean curve it was read from (before training, then after each epoch)
    """
    mean = np.mean(curves, axis=0)
    smoothed = np.array([mean[max(0, i - 1) : i + 2].mean() for i in range(len(mean))])
    return _close_to_best(smoothed[1:]) + 1, tuple(float(value) for value in mean)


def risen(log: TrainingLog) -> str | None:
    """Why a fold can end: its held-out loss, smoothed over three looks, has fallen by no hundredth for four looks."""
    smoothed = trailing(log.tempered_losses)
    return "the held-out loss falls no more" if len(smoothed) - 1 - _close_to_best(smoothed) >= RISEN_FOR else None


def _close_to_best(losses: NDArray[np.float64]) -> int:
    """Where a curve first comes within a hundredth of its smallest value."""
    return int(np.argmax(losses <= losses.min() * (1 + CLOSE)))


def folds(labels: NDArray[np.int64], groups: Sequence[str] | None, count: int, *, seed: int) -> NDArray[np.int64]:
    """A fold number for every item: whole groups together, each class spread as evenly as that allows."""
    rng = np.random.default_rng(seed)
    names = np.arange(len(labels)) if groups is None else np.unique(np.array(groups), return_inverse=True)[1]
    found = np.zeros(len(labels), np.int64)
    units = rng.permutation(names.max() + 1)
    first_of = np.zeros(names.max() + 1, np.int64)
    first_of[names[::-1]] = np.arange(len(labels))[::-1]
    kinds = labels[first_of[units]]
    turn = 0
    for kind in np.unique(kinds):
        for unit in units[kinds == kind]:
            found[names == unit] = turn % count
            turn += 1
    return found
