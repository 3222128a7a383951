"""What it is worth to have seen other examples of the same group: the measure of a leak that nobody declared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from touchstone.dataset.probed import Probed
from touchstone.evaluate.held_out import held_out
from touchstone.evaluate.neighbours import neighbour_votes
from touchstone.stats.claims import Claim, item_claim


@dataclass(frozen=True, slots=True)
class Harm:
    """Accuracy of a probe that has seen a group's other examples, and of one that has not, on the same examples."""

    probe: str
    seen: float
    unseen: float
    claim: Claim
    """The difference; errors of a group are summed before they are squared."""


def group_harm(probed: Probed, groups: NDArray[np.int64], *, neighbours: bool = True, seed: int = 0) -> list[Harm]:
    """Held-out accuracy with folds at random minus that with whole groups held out; of a linear probe, and of the
    nearest neighbour, which remembers what a linear probe cannot.

    Parameters
    ----------
    groups : int array (n,) beside the rows of ``probed``
    neighbours : whether the nearest neighbour is asked as well

    References
    ----------
    Roberts et al. (Ecography 2017): cross-validation by blocks for data with structure.
    """
    labels, classes = probed.labels, probed.probabilities.shape[1]
    apart = held_out(probed.features, labels, classes, groups, penalty_c=probed.penalty_c, seed=seed)
    answers = [("a linear probe", probed.probabilities, apart.probabilities)]
    if neighbours:
        each = np.unique(np.asarray(probed.examples.digests), return_inverse=True)[1]
        near, far = (neighbour_votes(probed.features, labels, units, classes, k=1) for units in (each, groups))
        answers.append(("the nearest neighbour", near, far))
    found = []
    for name, with_group, without in answers:
        seen, unseen = (np.asarray(votes.argmax(1) == labels, dtype=float) for votes in (with_group, without))
        found.append(Harm(name, float(seen.mean()), float(unseen.mean()), item_claim(seen - unseen, groups=groups)))
    return found
