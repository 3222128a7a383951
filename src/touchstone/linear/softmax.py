"""Multinomial logistic regression with an L2 penalty, fast enough to be fitted hundreds of times.

Minimises  sum_i w_i * -log p(y_i | x_i) + |W|^2 / (2 C)  by L-BFGS. With the variance of each coordinate at hand (see
:mod:`touchstone.linear.rotation`) the variables are rescaled by the curvature at zero, which leaves the optimum where
it is and brings it within a dozen steps (Boehning, Annals of the ISM 1992, on that curvature).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from touchstone.linear.descent import minimise
from touchstone.linear.threads import suited

Floats = NDArray[Any]

_BIAS_PENALTY = 1e-3
"""Keeps the bias of a class without examples finite; too weak to be felt by any other."""


@dataclass(frozen=True)
class Softmax:
    """A fitted classifier: ``weights`` (d, K), ``bias`` (K,)."""

    weights: Floats
    bias: Floats

    def logits(self, features: Any) -> Floats:
        """(n, K) of dense or sparse ``features`` (n, d)."""
        return np.asarray(features @ self.weights.astype(features.dtype) + self.bias.astype(features.dtype))

    def probabilities(self, features: Any) -> Floats:
        """(n, K) float32, rows sum to 1."""
        return softmax(self.logits(features))


def softmax(logits: Floats) -> Floats:
    """Probabilities (n, K) of logits (n, K)."""
    shifted = np.exp(logits - logits.max(-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(-1, keepdims=True))


def log_losses(probabilities: Floats, labels: NDArray[Any]) -> Floats:
    """Negative log-likelihood of each item in nats, (n,); a probability below 1e-7 counts as 1e-7."""
    own = np.take_along_axis(probabilities, labels[..., None], axis=-1)[..., 0]
    return np.asarray(-np.log(np.maximum(own, 1e-7)), dtype=np.float64)


def fit_softmax(
    features: Any,
    labels: NDArray[Any],
    n_classes: int,
    *,
    penalty_c: float,
    spectrum: Floats | None = None,
    item_weights: Floats | None = None,
    start: Softmax | None = None,
    iterations: int = 100,
    tolerance: float = 1e-5,
) -> Softmax:
    """Fit on dense or sparse ``features`` (n, d).

    Parameters
    ----------
    labels : int array (n,), values 0..n_classes-1; classes may be absent
    penalty_c : inverse strength of the penalty, on the sum of the losses as in scikit-learn
    spectrum : variance of each feature (d,), for rescaling; None leaves the scale as it is
    item_weights : (n,), or None for ones
    start : where to begin, for a path of penalties
    tolerance : largest mean gradient per example at which to stop, in rescaled units
    """
    n, d = features.shape
    problem = _Problem(features, labels, n_classes, penalty_c, item_weights, spectrum)
    first = np.zeros((d + 1) * n_classes) if start is None else problem.pack(start)
    with suited(n * d * n_classes):
        best = minimise(
            problem.loss_and_gradient, first, iterations=iterations, gradient_tolerance=tolerance * float(np.sqrt(n))
        )
    return problem.unpack(best)


def fit_path(
    features: Any, labels: NDArray[Any], n_classes: int, *, penalties: Sequence[float], **options: Any
) -> list[Softmax]:
    """One classifier for each of ``penalties``, in that order, each starting from the one before."""
    fitted: list[Softmax] = []
    for penalty_c in penalties:
        start = fitted[-1] if fitted else None
        fitted.append(fit_softmax(features, labels, n_classes, penalty_c=penalty_c, start=start, **options))
    return fitted


class _Problem:
    """The penalised loss in rescaled variables v = w / scale."""

    def __init__(
        self,
        features: Any,
        labels: NDArray[Any],
        n_classes: int,
        penalty_c: float,
        item_weights: Floats | None,
        spectrum: Floats | None,
    ) -> None:
        n, d = features.shape
        self.features = features
        # a sparse transpose is slow to multiply until it is stored by rows
        self.transposed = features.T.tocsr() if hasattr(features, "tocsr") else features.T
        self.labels, self.rows = np.asarray(labels), np.arange(n)
        self.shape = (d + 1, n_classes)
        self.weights = None if item_weights is None else np.asarray(item_weights, dtype=features.dtype)
        curvature = n * (1.0 / n_classes) * (1.0 - 1.0 / n_classes)
        variances = np.full(d, 1.0) if spectrum is None else np.asarray(spectrum, dtype=np.float64)
        self.penalty = np.append(np.full(d, 1.0 / penalty_c), _BIAS_PENALTY)[:, None]
        self.scale = 1.0 / np.sqrt(np.append(curvature * variances, curvature)[:, None] + self.penalty)

    def pack(self, classifier: Softmax) -> Floats:
        return np.asarray((np.vstack([classifier.weights, classifier.bias]) / self.scale).ravel())

    def unpack(self, variables: Floats) -> Softmax:
        both = variables.reshape(self.shape) * self.scale
        return Softmax(both[:-1], both[-1])

    def loss_and_gradient(self, variables: Floats) -> tuple[float, Floats]:
        both = variables.reshape(self.shape) * self.scale  # (d + 1, K)
        kind = self.features.dtype
        logits = self.features @ both[:-1].astype(kind) + both[-1].astype(kind)  # (n, K)
        logits -= logits.max(1, keepdims=True)
        own = logits[self.rows, self.labels]
        np.exp(logits, out=logits)
        totals = logits.sum(1)
        losses = np.log(totals) - own
        logits /= totals[:, None]
        logits[self.rows, self.labels] -= 1.0  # the gradient with respect to the logits
        if self.weights is not None:
            losses = losses * self.weights
            logits *= self.weights[:, None]
        gradient = np.vstack([self.transposed @ logits, logits.sum(0)]).astype(np.float64) + self.penalty * both
        value = float(losses.sum(dtype=np.float64)) + 0.5 * float((self.penalty * both * both).sum())
        return value, (gradient * self.scale).ravel()
