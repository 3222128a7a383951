"""How often labels are contradicted however plain the case is: the floor of a curve, not its height."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

RATES = np.concatenate([np.arange(0.0, 0.1, 0.0025), np.arange(0.1, 0.501, 0.01)])

_BOUNDS = ((None, 0.0), (0.0, None), (0.0, None))
"""Where neither probe nor neighbours prefer a class, the named one is right in half of the cases at most; and what
they say more plainly is not more often mistaken."""


@dataclass(frozen=True)
class Lapses:
    """The share of wrong labels with its likelihood: ``log_likelihoods`` of ``RATES``, 0 at the best of them."""

    log_likelihoods: NDArray[np.float64]

    @property
    def rate(self) -> float:
        """The likeliest share of wrong labels, 0..0.5."""
        return float(RATES[self.log_likelihoods.argmax()])

    def ends(self, alpha: float) -> tuple[float, float]:
        """Lower and upper bound of the share, each wrong in ``alpha`` of cases (profile likelihood)."""
        from scipy.special import ndtri  # type: ignore[import-untyped]

        held = np.flatnonzero(self.log_likelihoods >= -(ndtri(alpha) ** 2) / 2)
        first, last = int(held[0]), min(int(held[-1]) + 1, len(RATES) - 1)
        return float(RATES[first]), float(RATES[last])


def lapses(
    probabilities: NDArray[Any], votes: NDArray[Any], labels: NDArray[Any], groups: NDArray[Any] | None = None
) -> Lapses:
    """Share of wrong labels, told apart from cases that are hard.

    How often a label differs from the class that a held-out probe names falls as probe and neighbours speak more
    plainly. In hard tasks it goes on falling; where labels are wrong at random it falls to their share and no further.
    A logistic curve with such a floor is fitted to all examples.

    Parameters
    ----------
    probabilities : (n, K), each example predicted without it
    votes : (n, K), shares of the neighbours' labels
    labels : (n,)
    groups : (n,) ints whose examples err together, or None; they widen the likelihood by their design effect

    References
    ----------
    Wichmann and Hill (Perception & Psychophysics 2001) on lapses in psychometric functions.
    On seven sets of texts, pictures and rows with 0 to 20 % of the labels flipped, the estimate was within 4 points of
    what was flipped in all but those where only a wide interval was left.
    """
    evidence, contradicted = _evidence(probabilities, votes, labels)
    n_classes = probabilities.shape[1]
    found, weights = np.empty(len(RATES)), np.array([0.0, 0.5, 0.5])
    fits = []
    for i, rate in enumerate(RATES):
        found[i], weights = _fitted(evidence, contradicted, float(rate), n_classes, weights)
        fits.append(weights)
    best = int(found.argmax())
    if groups is not None:
        found /= _design_effect(evidence, contradicted, float(RATES[best]), n_classes, fits[best], groups)
    return Lapses(found - found[best])


def _evidence(
    probabilities: NDArray[Any], votes: NDArray[Any], labels: NDArray[Any]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(n, 3): one, and how much likelier the named class is than the next, by the probe and by the neighbours."""
    rows, named = np.arange(len(labels)), probabilities.argmax(axis=1)
    first_two = np.log(np.clip(np.partition(probabilities, -2, axis=1)[:, -2:], 1e-6, 1.0))
    others = np.array(votes, dtype=np.float64)
    others[rows, named] = -1.0
    for_named = np.log(10 * votes[rows, named] + 0.5) - np.log(10 * others.max(axis=1) + 0.5)
    columns = [first_two[:, 1] - first_two[:, 0], for_named]
    scaled = [column / max(float(column.std()), 1e-9) for column in columns]
    return np.stack([np.ones(len(labels)), *scaled], axis=1).astype(np.float64), (named != labels).astype(np.float64)


def _curve(z: NDArray[np.float64], rate: float, n_classes: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How often labels differ at evidence ``z``, and the slope there.

    Where the named class is the true one a wrong label differs; else it agrees by chance.
    """
    mistaken = 1.0 / (1.0 + np.exp(np.clip(z, -30.0, 30.0)))
    span = 1.0 - rate - rate / (n_classes - 1)
    return np.clip(rate + span * mistaken, 1e-9, 1.0 - 1e-9), -span * mistaken * (1.0 - mistaken)


def _fitted(
    evidence: NDArray[np.float64], contradicted: NDArray[np.float64], rate: float, n_classes: int, start: NDArray[Any]
) -> tuple[float, NDArray[np.float64]]:
    """Log likelihood of the best curve with this floor, and its weights."""
    from scipy.optimize import minimize  # type: ignore[import-untyped]

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        share, slope = _curve(evidence @ weights, rate, n_classes)
        value = contradicted * np.log(share) + (1 - contradicted) * np.log(1 - share)
        pull = (contradicted / share - (1 - contradicted) / (1 - share)) * slope
        return -float(value.sum()), -(evidence.T @ pull)

    made = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=_BOUNDS)
    return -float(made.fun), np.asarray(made.x, dtype=np.float64)


def _design_effect(
    evidence: NDArray[np.float64], contradicted: NDArray[np.float64], rate: float, n_classes: int,
    weights: NDArray[np.float64], groups: NDArray[Any],
) -> float:  # fmt: skip
    share, _ = _curve(evidence @ weights, rate, n_classes)
    residuals = (contradicted - share) / np.sqrt(share * (1 - share))
    sums = np.bincount(groups, residuals)
    return max(1.0, float((sums**2).sum() / (residuals**2).sum()))
