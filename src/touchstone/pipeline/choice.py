"""Which candidate would ship, decided on validation alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from touchstone.candidates import ladder
from touchstone.pipeline.contender import Contender
from touchstone.stats.paired import mcnemar

ALPHA = 0.05
"""One-sided error at which a gain on validation counts as more than the luck of few items."""


def choose(probe: Contender, adapted: Sequence[Contender], labels: Any) -> Contender:
    """The frozen probe, or the fine-tune that earns its cost; each judged by the one model it would ship.

    A gain over the probe counts where more items were won than chance would give (exact McNemar test), or where the
    log-loss is surely less. A rung of the ladder that was tried with one seed gives way to those with all of them.
    """
    import numpy as np

    field = [probe, *_whole(adapted)]
    predictions = [each.shipped["validation"] for each in field]
    right = np.stack([p.argmax(1) == labels for p in predictions])  # (candidates, n)
    losses = [-np.log(np.clip(p[np.arange(len(labels)), labels], 1e-12, 1)) for p in predictions]
    beyond = [i for i in range(1, len(field)) if _surely_more(right[i], right[0]) or _surely_less(losses[i], losses[0])]
    kept = [0, *beyond]
    picked = ladder.choose([float(right[i].mean()) for i in kept], [float(losses[i].mean()) for i in kept])
    return field[kept[picked]]


def _whole(adapted: Sequence[Contender]) -> list[Contender]:
    """Those trained with as many seeds as any, and what averages such trainings."""
    most = max((len(each.candidate.seeds) for each in adapted), default=0)
    return [each for each in adapted if len(each.candidate.seeds) == most or each.candidate.averages is not None]


def _surely_more(mine: Any, probes: Any) -> bool:
    """Whether more items are right than by chance."""
    return mcnemar(int((mine & ~probes).sum()), int((probes & ~mine).sum()), two_sided=False) < ALPHA


def _surely_less(mine: Any, probes: Any) -> bool:
    """Whether the mean loss is lower for certain, by a paired t-test."""
    from scipy.special import stdtrit  # type: ignore[import-untyped]

    less = probes - mine
    if len(less) < 2:
        return False
    return bool(less.mean() > stdtrit(len(less) - 1, 1 - ALPHA / 2) * less.std(ddof=1) / len(less) ** 0.5)
