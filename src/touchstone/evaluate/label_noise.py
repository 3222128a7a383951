"""Which labels a classifier and the neighbours contradict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

AGREEMENT = 0.8
"""Share of the neighbours that must carry the class which the classifier names."""


@dataclass(frozen=True)
class NoiseView:
    """What the second opinions say about each label.

    ``named`` (n,) is the class that a classifier names which did not see the example; ``agreed`` (n,) where the
    neighbours name it too; ``wrong`` (n,) where the label is not the named one.
    """

    named: NDArray[np.int64]
    agreed: NDArray[np.bool_]
    wrong: NDArray[np.bool_]

    @property
    def error(self) -> float:
        """Share of all labels that the classifier does not name."""
        return float(self.wrong.mean())

    def suspects(self, probabilities: NDArray[Any], labels: NDArray[Any]) -> NDArray[np.int64]:
        """Indices of all contradicted labels, the surest first."""
        rows = np.flatnonzero(self.agreed & self.wrong)
        margin = probabilities[rows, self.named[rows]] - probabilities[rows, labels[rows]]
        return rows[np.argsort(-margin, kind="stable")]


def noise_view(probabilities: NDArray[Any], labels: NDArray[Any], votes: NDArray[Any], wrong: float = 0.0) -> NoiseView:
    """Compare labels with held-out predictions and with the neighbours' labels.

    Parameters
    ----------
    probabilities : (n, K), each example predicted without it
    labels : (n,)
    votes : (n, K), shares of the neighbours' labels, see :func:`touchstone.evaluate.neighbours.neighbour_votes`
    wrong : share of labels known to be wrong: so many fewer neighbours can carry the class that is named

    References
    ----------
    After Northcutt et al. (JAIR 2021), with neighbours as the second vote.
    """
    named = probabilities.argmax(axis=1)
    agreed = votes[np.arange(len(labels)), named] >= AGREEMENT * (1.0 - wrong) - 1e-6
    return NoiseView(named, agreed, named != labels)


def flipped(labels: NDArray[Any], n_classes: int, share: float, rng: np.random.Generator) -> NDArray[np.int64]:
    """A copy of ``labels`` in which ``share`` of them were changed to another class at random."""
    found = labels.astype(np.int64).copy()
    rows = rng.permutation(len(labels))[: round(share * len(labels))]
    found[rows] = (found[rows] + rng.integers(1, n_classes, len(rows))) % n_classes
    return found


def turned(labels: NDArray[Any], true: int, given: int, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """A copy of ``labels`` in which ``count`` of class ``true`` were changed to class ``given``."""
    found = labels.astype(np.int64).copy()
    found[rng.permutation(np.flatnonzero(labels == true))[:count]] = given
    return found
