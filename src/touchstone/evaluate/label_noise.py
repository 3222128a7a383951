"""How many labels are wrong: where a classifier and the neighbours agree, and the label does not."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

CLEARLY_FEWER = 2 / 3
AGREEMENT = 0.8
"""Share of the neighbours that must carry the class which the classifier names."""


@dataclass(frozen=True)
class NoiseView:
    """What the second opinions say about each label.

    ``named`` (n,) is the class that a classifier names which did not see the example; ``agreed`` (n,) where the
    neighbours name it too; ``sure`` (n,) the more confident half of those, class by class: there even hard tasks
    are easy, so that a label that differs is wrong more often than not. Wrong labels are as common among the surest
    as among the sure; what a weak classifier mistakes is rarer there. Where the surest quarter shows clearly fewer
    contradictions than the half, the quarter is what counts.
    """

    named: NDArray[np.int64]
    agreed: NDArray[np.bool_]
    sure: NDArray[np.bool_]
    wrong: NDArray[np.bool_]
    """(n,) the label is not the named one."""
    error: float
    """Share of all labels that the classifier does not name."""

    @property
    def n(self) -> int:
        """Examples on which the share rests."""
        return int(self.sure.sum())

    @property
    def contradicted(self) -> int:
        """Of those, labels that both opinions contradict."""
        return int((self.sure & self.wrong).sum())

    @property
    def share(self) -> float:
        """Estimated share of wrong labels, 0..1."""
        return self.contradicted / self.n if self.n else 0.0

    def suspects(self, probabilities: NDArray[Any], labels: NDArray[Any]) -> NDArray[np.int64]:
        """Indices of all contradicted labels, the surest first."""
        rows = np.flatnonzero(self.agreed & self.wrong)
        margin = probabilities[rows, self.named[rows]] - probabilities[rows, labels[rows]]
        return rows[np.argsort(-margin, kind="stable")]


def noise_view(probabilities: NDArray[Any], labels: NDArray[Any], votes: NDArray[Any]) -> NoiseView:
    """Compare labels with held-out predictions and with the neighbours' labels.

    Parameters
    ----------
    probabilities : (n, K), each example predicted without it
    labels : (n,)
    votes : (n, K), shares of the neighbours' labels, see :func:`touchstone.evaluate.neighbours.neighbour_votes`

    References
    ----------
    After Northcutt et al. (JAIR 2021), with neighbours as the second vote. Where labels are flipped at random the
    share among the sure is the share among all; where classes overlap, the sure half is away from the overlap.
    """
    named = probabilities.argmax(axis=1)
    rows = np.arange(len(labels))
    agreed = votes[rows, named] >= AGREEMENT - 1e-6
    confidence = probabilities[rows, named]
    wrong = named != labels
    half, quarter = (_surest(agreed, named, confidence, share) for share in (0.5, 0.25))
    fewer = quarter.any() and wrong[quarter].mean() < CLEARLY_FEWER * wrong[half].mean()
    return NoiseView(named, agreed, quarter if fewer else half, wrong, float(wrong.mean()))


def _surest(
    agreed: NDArray[np.bool_], named: NDArray[np.int64], confidence: NDArray[Any], share: float
) -> NDArray[np.bool_]:
    """Of the examples that both opinions place, the more confident ``share`` of each named class."""
    found = np.zeros(len(named), bool)
    for one in np.unique(named[agreed]):
        members = np.flatnonzero(agreed & (named == one))
        found[members[np.argsort(-confidence[members], kind="stable")][: ceil(share * len(members))]] = True
    return found


def flipped(labels: NDArray[Any], n_classes: int, share: float, rng: np.random.Generator) -> NDArray[np.int64]:
    """A copy of ``labels`` in which ``share`` of them were changed to another class at random."""
    found = labels.astype(np.int64).copy()
    rows = rng.permutation(len(labels))[: round(share * len(labels))]
    found[rows] = (found[rows] + rng.integers(1, n_classes, len(rows))) % n_classes
    return found
