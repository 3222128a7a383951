"""What a cheap look at the labelled examples knows, for checks of labels: features and held-out predictions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from touchstone.dataset.model import Examples


@dataclass(frozen=True)
class Probed:
    """Labelled examples with features; all rows belong together."""

    examples: Examples
    """Labelled, in the order of the rows."""
    features: Any
    """Dense or sparse (n, d)."""
    probabilities: NDArray[Any]
    """(n, K): each example predicted by a linear classifier that did not see it."""
    penalty_c: float
    """That classifier's penalty, as :func:`touchstone.evaluate.held_out.fitted` takes it."""
    source: str
    """Where the features come from: ``simple features`` or a base model as written in the study."""

    @property
    def labels(self) -> NDArray[np.int64]:
        return self.examples.labels

    @property
    def units(self) -> NDArray[np.int64]:
        """Examples that must not vouch for each other: one group, or one content."""
        keys = self.examples.groups if self.examples.groups is not None else self.examples.digests
        found: NDArray[np.int64] = np.unique(np.asarray(keys, dtype=str), return_inverse=True)[1].astype(np.int64)
        return found
