"""What the kinds of give-aways share: what was looked at, and what was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from touchstone.core.interval import Interval
from touchstone.dataset.model import Examples

SHOWN = 1000
"""Examples that a finding lists."""


@dataclass(frozen=True)
class Seen:
    """Labelled examples, and how telling something must be to give their label away."""

    examples: Examples
    classes: tuple[str, ...]
    limits: Mapping[str, float]
    """The thresholds of the check."""

    def shown(self, chosen: NDArray[np.bool_]) -> tuple[str, ...]:
        """The first of the chosen examples, by the names they were given; ``chosen`` is a mask (n,)."""
        return self.named(np.flatnonzero(chosen))

    def named(self, rows: NDArray[Any]) -> tuple[str, ...]:
        """Examples by row, in this order."""
        return tuple(self.examples.names[i] for i in rows[:SHOWN])


@dataclass(frozen=True)
class Proxy:
    """Something trivial that tells the label."""

    name: str
    said: str
    value: float
    interval: Interval | None
    threshold: float
    examples: tuple[str, ...] = ()
