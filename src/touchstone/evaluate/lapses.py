"""How often labels are contradicted however plain the case is: the floor of a curve, not its height."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

RATES = np.concatenate([np.arange(0.0, 0.1, 0.0025), np.arange(0.1, 0.501, 0.01)])

_RIVALS = 20
"""Classes beside the label that are weighed against it, the likeliest by the probe; more change nothing."""


@dataclass(frozen=True)
class Lapses:
    """The share of wrong labels with its likelihood: ``log_likelihoods`` of ``RATES``, 0 at the best of them."""

    log_likelihoods: NDArray[np.float64]

    @property
    def rate(self) -> float:
        """The likeliest share of wrong labels, 0..0.5."""
        return float(RATES[self.log_likelihoods.argmax()])

    def ends(self, alpha: float) -> tuple[float, float]:
        """Lower and upper bound of the share, each wrong in ``alpha`` of cases (profile likelihood); 1 above the last rate."""
        from scipy.special import ndtri  # type: ignore[import-untyped]

        held = np.flatnonzero(self.log_likelihoods >= -(ndtri(alpha) ** 2) / 2)
        first, after = int(held[0]), int(held[-1]) + 1
        return float(RATES[first]), float(RATES[after]) if after < len(RATES) else 1.0


def lapses(
    probabilities: NDArray[Any], votes: NDArray[Any], labels: NDArray[Any], groups: NDArray[Any] | None = None
) -> Lapses:
    """Share of wrong labels, told apart from cases that are hard.

    How often a label differs from what a held-out probe names falls as probe and neighbours speak more plainly, and
    where the case is hard the label is the runner-up, as both are likely. In hard tasks it goes on falling; where
    labels are wrong at random it falls to their share and no further, and any class may be written there. Each label
    is taken as drawn from a mixture: with the share of wrong ones any other class, else a class as often as probe
    and neighbours, weighed as fits best, hold it for likely.

    Parameters
    ----------
    probabilities : (n, K), each example predicted without it
    votes : (n, K), shares of the neighbours' labels
    labels : (n,)
    groups : (n,) ints whose examples err together, or None; they widen the likelihood by their design effect

    References
    ----------
    Wichmann and Hill (Perception & Psychophysics 2001) on lapses in psychometric functions; the class-conditional
    mixture is that of Rolnick et al. (2017) with one share for all classes.
    """
    evidence, named = _evidence(probabilities, votes, labels)
    n_classes = probabilities.shape[1]
    found, weights = np.empty(len(RATES)), np.full(2, 0.5)
    fits = []
    for i, rate in enumerate(RATES):
        found[i], weights = _fitted(evidence, float(rate), n_classes, weights)
        fits.append(weights)
    best = int(found.argmax())
    if groups is not None:
        found /= _design_effect(evidence, named, float(RATES[best]), n_classes, fits[best], groups)
    return Lapses(found - found[best])


def _evidence(
    probabilities: NDArray[Any], votes: NDArray[Any], labels: NDArray[Any]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """(2, c, n): how much likelier than the label each of its rivals is, by the probe and by the neighbours, in
    logarithms; (n,): which of the c the probe names, -1 where it names the label.
    """
    rows, labels = np.arange(len(labels)), labels.astype(np.int64)
    ranked = np.array(probabilities, dtype=np.float64)
    ranked[rows, labels] = 2.0
    rivals = min(_RIVALS, ranked.shape[1] - 1)
    chosen = np.argsort(-ranked, axis=1, kind="stable")[:, : 1 + rivals]
    probe = np.log(np.clip(np.take_along_axis(probabilities, chosen, axis=1), 1e-6, 1.0)).astype(np.float64)
    voted = np.log(10.0 * np.take_along_axis(votes, chosen, axis=1) + 0.5)
    evidence = np.stack([_scaled(probe), _scaled(voted)])
    return np.ascontiguousarray((evidence[:, :, 1:] - evidence[:, :, :1]).transpose(0, 2, 1)), probe.argmax(axis=1) - 1


def _scaled(column: NDArray[Any]) -> NDArray[np.float64]:
    """In units of how much it varies how far the second of each case lies behind the first."""
    first_two = np.partition(column, -2, axis=1)[:, -2:]
    return np.asarray(column / max(float((first_two[:, 1] - first_two[:, 0]).std()), 1e-6), dtype=np.float64)


def _believed(evidence: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """(1 + c, n): how likely the label and each of its rivals is the true class."""
    odds = np.exp(np.clip(weights[0] * evidence[0] + weights[1] * evidence[1], -500.0, 500.0))
    label = 1.0 / (1.0 + odds.sum(axis=0))
    return np.concatenate([label[None], odds * label])


def _written(believed: NDArray[np.float64], rate: float, n_classes: int) -> NDArray[np.float64]:
    """How likely a class is written down that is believed true so much."""
    elsewhere = rate / (n_classes - 1)
    return np.clip(elsewhere + (1.0 - rate - elsewhere) * believed, 1e-9, 1.0 - 1e-9)


def _fitted(
    evidence: NDArray[np.float64], rate: float, n_classes: int, start: NDArray[Any]
) -> tuple[float, NDArray[np.float64]]:
    """Log likelihood of the labels under the best weights with this share, and those weights."""
    from scipy.optimize import minimize  # type: ignore[import-untyped]

    span = 1.0 - rate - rate / (n_classes - 1)

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        believed = _believed(evidence, weights)
        written = _written(believed[0], rate, n_classes)
        pull = span * believed[0] / written * believed[1:]
        return -float(np.log(written).sum()), np.array([(pull * one).sum() for one in evidence])

    # what probe and neighbours hold for likelier is not less often written
    made = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=((0.0, None), (0.0, None)))
    return -float(made.fun), np.asarray(made.x, dtype=np.float64)


def _design_effect(
    evidence: NDArray[np.float64], named: NDArray[np.int64], rate: float, n_classes: int,
    weights: NDArray[np.float64], groups: NDArray[Any],
) -> float:  # fmt: skip
    believed = _believed(evidence, weights)[named + 1, np.arange(len(named))]
    share = 1.0 - _written(believed, rate, n_classes)
    residuals = ((named >= 0) - share) / np.sqrt(share * (1 - share))
    sums = np.bincount(groups, residuals)
    return max(1.0, float((sums**2).sum() / (residuals**2).sum()))
