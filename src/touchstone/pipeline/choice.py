"""Which candidate would ship, decided on validation alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from touchstone.candidates import ladder
from touchstone.pipeline.contender import Contender

BEYOND = 1.645
"""Standard errors that a gain on validation must exceed."""


def choose(probe: Contender, adapted: Sequence[Contender], labels: Any) -> Contender:
    """The frozen probe, or the fine-tune that earns its cost; each judged by the one model it would ship.

    A gain over the probe that is not beyond its noise (one-sided 5 %) is the luck of few validation items.
    """
    import numpy as np

    field = [probe, *adapted]
    predictions = [each.shipped["validation"] for each in field]
    right = np.stack([p.argmax(1) == labels for p in predictions]).astype(float)  # (candidates, n)
    losses = [-np.log(np.clip(p[np.arange(len(labels)), labels], 1e-12, 1)) for p in predictions]
    gains = right - right[0]
    noise = gains.std(1) / np.sqrt(len(labels))
    beyond = [
        i for i in range(1, len(field)) if gains[i].mean() > BEYOND * noise[i] or _surely_less(losses[i], losses[0])
    ]
    kept = [0, *beyond]
    picked = ladder.choose([float(right[i].mean()) for i in kept], [float(losses[i].mean()) for i in kept])
    return field[kept[picked]]


def _surely_less(mine: Any, probes: Any) -> bool:
    """Whether the mean loss is lower by more than two standard errors of the paired difference."""
    import numpy as np

    less = probes - mine
    return bool(less.mean() > 2 * less.std() / np.sqrt(len(less)))
