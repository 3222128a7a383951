"""One number that takes over-confidence out of scores and changes no answer: temperature scaling (Guo et al., ICML 2017)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

LOWEST, HIGHEST = 0.05, 20.0
FEWEST = 50
"""Items below which a temperature would be noise."""


def fit_temperature(logits: NDArray[Any], labels: NDArray[Any]) -> float:
    """The temperature, 0.05..20, that minimises the log-loss of ``softmax(logits / T)``; above 1 it tones down.

    Parameters
    ----------
    logits : (n, classes), finite, up to a constant for every item; logs of probabilities do
    labels : (n,)
    """
    from scipy.optimize import minimize_scalar  # type: ignore[import-untyped]

    plain = np.asarray(logits, dtype=np.float64)
    found = minimize_scalar(
        lambda log_temperature: loss_at(plain, labels, float(np.exp(log_temperature))),
        bounds=(np.log(LOWEST), np.log(HIGHEST)), method="bounded",
    )  # fmt: skip
    return float(np.exp(found.x))


def loss_at(logits: NDArray[Any], labels: NDArray[Any], temperature: float) -> float:
    """Mean log-loss in nats of ``softmax(logits / temperature)``."""
    return float(losses_at(logits, labels, temperature).mean())


def losses_at(logits: NDArray[Any], labels: NDArray[Any], temperature: float) -> NDArray[np.float64]:
    """Log-loss of every item in nats, shape (n,), of ``softmax(logits / temperature)``."""
    scaled = logits / temperature
    top = scaled.max(axis=1)
    losses: NDArray[np.float64] = (
        np.log(np.exp(scaled - top[:, None]).sum(axis=1)) + top - scaled[np.arange(len(labels)), labels]
    )
    return losses
