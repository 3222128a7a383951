"""Which candidate base fits these data: their order, and how sure it is.

Every base is scored from frozen features on the same items and the same folds, beside its own random-initialised twin
and a reference that knows no pretraining, so that differences are paired.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from touchstone.core.interval import Estimate, Interval
from touchstone.core.measures import BaseScore
from touchstone.core.progress import Progress, Silent
from touchstone.linear.folds import folds, sample
from touchstone.linear.screen import screen
from touchstone.linear.softmax import log_losses
from touchstone.rank.scores import cross_fitted_probe, h_score, knn_accuracy
from touchstone.stats.bootstrap import resample

Floats = NDArray[Any]

LIMIT = 5000
"""Examples that ranking needs: the standard error of an accuracy is then at most 0.7 points."""
PENULTIMATE = "penultimate"
TIED_LEVEL = 0.90
_DRAWS = 2000
_TRIFLE = 0.005
"""A deficit below half a point of accuracy is a tie, however well it is measured."""
EQUAL_WITHIN = 0.01
"""A cheaper base is preferred to the best one only where it is not told apart and within a point of it."""
_FEW_PER_CLASS = 10
_SAME_COST = 1.25
"""Measured times that differ by less than this factor count as equal: timing is noisy."""


@dataclass(frozen=True)
class BaseInput:
    """One candidate's frozen features on the labelled items.

    ``written`` is its name in the study; ``blocks`` maps block names, bottom to top and ``penultimate`` among them, to
    arrays (n, d); ``twin_blocks`` are those of the same architecture with fresh weights.
    """

    written: str
    blocks: Mapping[str, Floats]
    twin_blocks: Mapping[str, Floats] | None
    seconds_per_example: float


@dataclass(frozen=True)
class _Scored:
    """The three scores of one set of blocks; ``items`` (repeats, n) is held-out correctness."""

    items: Floats
    log_loss: float
    knn: float
    h: float
    best_block: str
    block_accuracies: dict[str, float]


def ranking_sample(labels: NDArray[Any], *, seed: int = 0, limit: int = LIMIT) -> NDArray[np.int64]:
    """Indices of at most 5,000 class-stratified examples: what ranking needs features of."""
    return sample(labels, limit, seed=seed)


def rank_bases(
    bases: Sequence[BaseInput],
    labels: NDArray[Any],
    groups: NDArray[Any] | None = None,
    raw_features: Any = None,
    *,
    seed: int = 0,
    progress: Progress | None = None,
) -> tuple[tuple[BaseScore, ...], Floats | None]:
    """Order candidate bases by the accuracy of a cross-fitted probe and say which cannot be told apart.

    Parameters
    ----------
    bases : what each base makes of the same n items
    labels : int array (n,), no unknown labels
    groups : (n,) or None; folds and resampling keep groups whole
    raw_features : (n, p) dense array or sparse matrix of features without pretraining, or None

    Returns
    -------
    scores, best first, the first of them ``chosen``: the most accurate, or a cheaper one that is within a point of it
    and not told apart from it (the interval at 90 % of its deficit in accuracy reaches down to zero, or the deficit is
    below half a point); and the per-item correctness (n,) of the raw-feature reference, mean over repeats, or None.
    k-NN accuracy and H-score stand beside, as second and third opinions

    Notes
    -----
    The probe sees the penultimate features together with the block that separates the classes best. Intervals come
    from a paired bootstrap over items (or groups) and over the repeats of cross-validation; they speak of probes
    trained on this many items.
    """
    labels = np.asarray(labels)
    n_classes = int(labels.max()) + 1
    held = folds(labels, groups=groups, repeats=_repeats(len(labels), n_classes), seed=seed)
    total = sum(1 + (base.twin_blocks is not None) for base in bases) + (raw_features is not None)
    scored: list[tuple[BaseInput, _Scored, _Scored | None]] = []
    with (progress or Silent()).task("rank bases", total) as bar:
        for base in bases:
            own = _score(base.blocks, labels, groups, held, seed)
            bar.advance()
            twin = None
            if base.twin_blocks is not None:
                twin = _score(base.twin_blocks, labels, groups, held, seed)
                bar.advance()
            scored.append((base, own, twin))
        raw_items = None
        if raw_features is not None:
            raw_items = _raw_items(raw_features, labels, groups, held, seed).mean(0)
            bar.advance()
    return _ordered(scored, labels, groups, seed), raw_items


def _repeats(n: int, n_classes: int) -> int:
    """Repeats of cross-validation: their noise falls with n while their price rises with n and K."""
    size = n * n_classes
    return 5 if size <= 50_000 else 3 if size <= 200_000 else 2


def _score(
    blocks: Mapping[str, Floats], labels: NDArray[Any], groups: NDArray[Any] | None, held: NDArray[Any], seed: int
) -> _Scored:
    n_classes = int(labels.max()) + 1
    accuracies = {
        name: float(screen(values, labels, n_classes, held[0], seed=seed).mean()) for name, values in blocks.items()
    }
    top = PENULTIMATE if PENULTIMATE in blocks else next(reversed(list(blocks)))
    best = max(accuracies, key=lambda name: (accuracies[name], name == top))
    names = [top] if best == top else [top, best]
    together = np.concatenate([np.asarray(blocks[name], dtype=np.float32) for name in names], axis=1)
    probed = cross_fitted_probe(together, labels, held, groups=groups, n_classes=n_classes, seed=seed)
    losses = np.stack([log_losses(probabilities, labels) for probabilities in probed.probabilities])
    return _Scored(
        items=(probed.probabilities.argmax(2) == labels).astype(np.float64),
        log_loss=float(losses.mean()),
        knn=max(knn_accuracy(blocks[name], labels, groups=groups) for name in names),
        h=max(h_score(blocks[name], labels, seed=seed) for name in names),
        best_block=best,
        block_accuracies=accuracies,
    )


def _raw_items(raw: Any, labels: NDArray[Any], groups: NDArray[Any] | None, held: NDArray[Any], seed: int) -> Floats:
    dense = raw if isinstance(raw, np.ndarray) else _leading_topics(raw, seed)
    probed = cross_fitted_probe(dense, labels, held, groups=groups, seed=seed)
    return np.asarray((probed.probabilities.argmax(2) == labels).astype(np.float64))


def _leading_topics(matrix: Any, seed: int) -> Floats:
    """A sparse document-term matrix reduced to its 300 leading singular directions."""
    from sklearn.utils.extmath import randomized_svd  # type: ignore[import-untyped]

    size = min(300, *matrix.shape)
    left, values, _ = randomized_svd(matrix, size, n_iter=3, random_state=seed)
    return np.asarray(left * values, dtype=np.float32)


def _ordered(
    scored: Sequence[tuple[BaseInput, _Scored, _Scored | None]],
    labels: NDArray[Any],
    groups: NDArray[Any] | None,
    seed: int,
) -> tuple[BaseScore, ...]:
    owns = [own for _, own, _ in scored]
    draws = _accuracy_draws(np.stack([own.items for own in owns]), groups, seed)  # (bases, draws)
    accuracies = np.array([own.items.mean() for own in owns])
    order = sorted(range(len(owns)), key=lambda i: (-accuracies[i], owns[i].log_loss, scored[i][0].written))
    best = order[0]
    wins = (draws == draws.max(0)) / (draws == draws.max(0)).sum(0)
    notes = _notes(labels)
    scores = []
    for rank, i in enumerate(order, start=1):
        base, own, twin = scored[i]
        deficit = _interval(draws[best] - draws[i], TIED_LEVEL)
        spread = float(draws[i].std(ddof=1))
        scores.append(
            BaseScore(
                base=base.written,
                rank=rank,
                accuracy=Estimate(float(accuracies[i]), _interval(draws[i], 0.95), spread, len(labels)),
                log_loss=own.log_loss,
                knn_accuracy=own.knn,
                h_score=own.h,
                best_block=own.best_block,
                block_accuracies=own.block_accuracies,
                items=own.items.mean(0),
                twin_items=None if twin is None else twin.items.mean(0),
                deficit=deficit,
                tied=deficit.low <= 0.0 or accuracies[best] - accuracies[i] < _TRIFLE,
                probability_best=float(wins[i].mean()),
                seconds_per_example=base.seconds_per_example,
                notes=notes + _block_notes(own, len(labels)),
            )
        )
    return _choose(scores)


def _accuracy_draws(items: Floats, groups: NDArray[Any] | None, seed: int) -> Floats:
    """Accuracy of each base, (bases, draws), under one resampling of items and of repeats for all."""
    weights = np.asarray(resample(items.shape[2], groups=groups, draws=_DRAWS, seed=seed).weights, dtype=np.float64)
    per_repeat = np.einsum("brn,wn->brw", items, weights, optimize=True) / weights.sum(1)
    picks = np.random.default_rng(seed).integers(items.shape[1], size=(_DRAWS, items.shape[1]))
    return np.asarray(per_repeat[:, picks, np.arange(_DRAWS)[:, None]].mean(2))


def _interval(draws: Floats, level: float) -> Interval:
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high))


def _choose(scores: Sequence[BaseScore]) -> tuple[BaseScore, ...]:
    """Put first, and mark, the cheapest of those as good as the best; among equally cheap ones the better."""
    best = scores[0].accuracy.value
    equals = [s for s in scores if s is scores[0] or (s.tied and s.accuracy.value >= best - EQUAL_WITHIN)]
    cheapest = min(score.seconds_per_example for score in equals)
    chosen = next(score for score in equals if score.seconds_per_example <= _SAME_COST * cheapest)
    order = [chosen, *(score for score in scores if score is not chosen)]
    return tuple(replace(score, rank=rank, chosen=score is chosen) for rank, score in enumerate(order, start=1))


def _notes(labels: NDArray[Any]) -> tuple[str, ...]:
    counts = np.bincount(labels)
    thin = int(((counts > 0) & (counts < _FEW_PER_CLASS)).sum())
    if thin < 2:
        return ()
    return (f"{thin} classes have fewer than {_FEW_PER_CLASS} examples: the order is not reliable",)


def _block_notes(own: _Scored, n: int) -> tuple[str, ...]:
    top = own.block_accuracies.get(PENULTIMATE)
    if top is None:
        return ()
    best = own.block_accuracies[own.best_block]
    if best - top <= 2.0 * np.sqrt(max(best * (1 - best), 0.0) / n):
        return ()
    return (
        f"block {own.best_block} separates the classes better than the top ({best:.3f} against {top:.3f}): "
        "fine-tuning may order the bases differently",
    )
