"""Labels of one class that were changed to one other: a floor between two classes, from one side only."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

RATES = np.arange(0.0, 0.61, 0.025)

_PAIRS = 3
"""Pairs of classes that are looked at: those between which the probe hesitates most."""


@dataclass(frozen=True)
class OneWay:
    """How many of all labels seem changed from class ``true`` to class ``given``."""

    true: int
    given: int
    shares: NDArray[np.float64]
    """Share of all labels, one for each of ``RATES``."""
    log_likelihoods: NDArray[np.float64]
    """Of those, 0 at the best of them."""
    hardness: float
    """How often the two classes are mistaken for each other by what is left without those labels, 0..0.5."""
    rows: NDArray[np.int64]
    """The examples labelled ``given`` that look like ``true``, the surest first."""

    @property
    def share(self) -> float:
        """The likeliest share, 0..1."""
        return float(self.shares[self.log_likelihoods.argmax()])

    def ends(self, alpha: float) -> tuple[float, float]:
        """Lower and upper bound of the share, each wrong in ``alpha`` of cases (profile likelihood)."""
        from scipy.special import ndtri  # type: ignore[import-untyped]

        held = self.shares[self.log_likelihoods >= -(ndtri(alpha) ** 2) / 2]
        return float(held.min()), float(held.max())


def one_way(
    probabilities: NDArray[Any], votes: NDArray[Any], labels: NDArray[Any], *, least: float, alpha: float
) -> OneWay | None:
    """The pair of classes of which one may most often be written for the other, however plain the case; or None.

    A probe learns flips from one class to one other as it learns a hard border. At a hard border the odds go on to
    fall with the distance from it; behind flips they fall to the share of them and stay. So among the labels of two
    classes a logistic curve of what probe and neighbours hold for likelier is fitted with a floor on one side.

    Parameters
    ----------
    probabilities : (n, K), each example predicted without it
    votes : (n, K), shares of the neighbours' labels
    labels : (n,)
    least : share of all labels below which a pair is not looked at
    alpha : of several pairs, the one whose upper bound at this level is highest is told
    """
    n, n_classes = probabilities.shape
    mass = np.stack([probabilities[labels == k].sum(axis=0, dtype=np.float64) for k in range(n_classes)])
    pairs = sorted(combinations(range(n_classes), 2), key=lambda pair: -(mass[pair] + mass[pair[::-1]]))[:_PAIRS]
    found = [
        _fitted(probabilities, votes, labels, true, given)
        for first, second in pairs
        if min(mass[first, second], mass[second, first]) >= 0.5 * least * n
        for true, given in ((first, second), (second, first))
    ]
    return max(found, key=lambda one: one.ends(alpha)[::-1], default=None)


def _fitted(probabilities: NDArray[Any], votes: NDArray[Any], labels: NDArray[Any], true: int, given: int) -> OneWay:
    from scipy.optimize import minimize  # type: ignore[import-untyped]
    from scipy.special import expit

    chosen = np.isin(labels, (true, given)) & (probabilities[:, [true, given]].sum(axis=1) >= 0.5)
    written = labels[chosen] == given
    probe = np.log(np.clip(probabilities[chosen], 1e-6, 1.0)).astype(np.float64)
    voted = np.log(10.0 * votes[chosen].astype(np.float64) + 0.5)
    sides = [column[:, given] - column[:, true] for column in (probe, voted)]
    design = np.stack([side / max(float(side.std()), 1e-6) for side in sides] + [np.ones(len(written))])

    def loss(weights: NDArray[np.float64], rate: float) -> tuple[float, NDArray[np.float64]]:
        believed = expit(weights @ design)
        told = np.clip(rate + (1.0 - rate) * believed, 1e-9, 1.0 - 1e-9)
        slope = (1.0 - rate) * believed * (1.0 - believed) * np.where(written, 1.0 / told, -1.0 / (1.0 - told))
        return -float(np.log(np.where(written, told, 1.0 - told)).sum()), -(design @ slope)

    def swept(rates: NDArray[np.float64]) -> list[tuple[float, NDArray[np.float64]]]:
        weights, found = np.array([1.0, 1.0, 0.0]), []
        for rate in rates:
            made = minimize(
                loss, weights, args=(float(rate),), jac=True, method="L-BFGS-B",
                bounds=((0.0, None), (0.0, None), (None, None)),
            )  # fmt: skip
            weights = made.x
            found.append((-float(made.fun), weights))
        return found

    # with a floor there may be two optima; a curve without one leads to the one, a high floor to the other
    made = [max(both, key=lambda one: one[0]) for both in zip(swept(RATES), swept(RATES[::-1])[::-1], strict=True)]
    heights = np.array([height for height, _ in made])
    looks = [expit(weights @ design) for _, weights in made]
    shares = [float(rate) * float((1.0 - look).sum()) / len(labels) for rate, look in zip(RATES, looks, strict=True)]
    best = int(heights.argmax())
    order = np.argsort(looks[best], kind="stable")
    rows = np.flatnonzero(chosen)[order[(written & (looks[best] < 0.5))[order]]]
    hardness = float(np.minimum(looks[best], 1.0 - looks[best]).mean())
    return OneWay(true, given, np.array(shares), heights - heights[best], hardness, rows)
