"""Which candidate would ship, decided on validation alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from touchstone.candidates import ladder
from touchstone.pipeline.contender import Contender


def choose(probe: Contender, adapted: Sequence[Contender], labels: Any) -> Contender:
    """The frozen probe, or the fine-tune that earns its cost; each judged by the one model it would ship."""
    import numpy as np

    field = [probe, *adapted]
    predictions = [each.shipped["validation"] for each in field]
    scores = [float((p.argmax(1) == labels).mean()) for p in predictions]
    losses = [float(-np.log(np.clip(p[np.arange(len(labels)), labels], 1e-12, 1)).mean()) for p in predictions]
    return field[ladder.choose(scores, losses)]
