"""Which candidate would ship, decided on validation and on what cross-fitting showed; never on the test set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from touchstone.candidates import ladder
from touchstone.pipeline.answers import Answers, Shown, common, shown
from touchstone.pipeline.contender import Contender
from touchstone.stats.paired import mcnemar

if TYPE_CHECKING:
    from touchstone.dataset.model import Dataset

ALPHA = 0.05
"""One-sided error at which a gain counts as more than the luck of few items."""


@dataclass(frozen=True)
class _Gain:
    """Over the frozen probe."""

    accuracy: float
    loss_ratio: float
    """Mean log-loss, as a share of the probe's."""
    sure: bool


def choose(probe: Contender, adapted: Sequence[Contender], data: Dataset) -> Contender:
    """The frozen probe, or the fine-tune that earns its cost; each judged by the one model it would ship.

    A gain over the probe counts where more items were won than chance would give (exact McNemar test), or where the
    log-loss is surely less. The first rung of the ladder is held against the probe on validation and on the training
    examples that its folds answered unseen; what is made of that rung or deepens it has its gain, and more or less
    where validation is sure of it. A rung that was tried with one seed gives way to those with all of them.
    """
    base, first = shown(probe, data), _first(adapted, data)
    field = _whole(adapted)
    gains = [_gain(shown(each, data), base, None if each.candidate.user else first) for each in field]
    sure = [i for i, gain in enumerate(gains) if gain.sure]
    picked = ladder.choose([0.0, *(gains[i].accuracy for i in sure)], [1.0, *(gains[i].loss_ratio for i in sure)])
    return probe if picked == 0 else field[sure[picked - 1]]


def _whole(adapted: Sequence[Contender]) -> list[Contender]:
    """Those trained with as many seeds as any, and what averages such trainings."""
    most = max((len(each.candidate.seeds) for each in adapted), default=0)
    return [each for each in adapted if len(each.candidate.seeds) == most or each.candidate.averages is not None]


def _first(adapted: Sequence[Contender], data: Dataset) -> Shown | None:
    """The rung of the ladder whose folds were run."""
    return next((shown(each, data) for each in adapted if each.cross_fitted), None)


def _gain(one: Shown, probe: Shown, first: Shown | None) -> _Gain:
    """By how much a candidate is ahead of the probe; through the first rung where that showed more."""
    direct = _over(*common(one, probe))
    if first is None or len(one.rows) >= len(first.rows):
        return direct
    rung, on_top = _over(*common(first, probe)), _over(one.validation, first.validation)
    behind = _over(first.validation, one.validation).sure
    if not (on_top.sure or behind):
        return rung
    return _Gain(rung.accuracy + on_top.accuracy, rung.loss_ratio * on_top.loss_ratio, direct.sure or on_top.sure)


def _over(mine: Answers, others: Answers) -> _Gain:
    if not len(mine.right):
        return _Gain(0.0, 1.0, False)
    return _Gain(
        float(mine.right.mean() - others.right.mean()),
        float(mine.losses.mean() / max(others.losses.mean(), 1e-12)),
        _surely_more(mine, others) or _surely_less(mine, others),
    )


def _surely_more(mine: Answers, others: Answers) -> bool:
    """Whether more items are right than by chance."""
    won, lost = int((mine.right & ~others.right).sum()), int((others.right & ~mine.right).sum())
    return mcnemar(won, lost, two_sided=False) < ALPHA


def _surely_less(mine: Answers, others: Answers) -> bool:
    """Whether the mean loss is lower for certain, by a paired t-test."""
    from scipy.special import stdtrit  # type: ignore[import-untyped]

    less = others.losses - mine.losses
    if len(less) < 2:
        return False
    return bool(less.mean() > stdtrit(len(less) - 1, 1 - ALPHA / 2) * less.std(ddof=1) / len(less) ** 0.5)
