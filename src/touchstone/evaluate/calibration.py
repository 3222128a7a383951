"""Do probabilities mean what they say? Debiased calibration error, its null, and a one-number remedy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from touchstone.core.interval import Estimate, Interval
from touchstone.stats.bootstrap import resample
from touchstone.stats.claims import Claim, item_claim
from touchstone.stats.intervals import clopper_pearson
from touchstone.stats.permutation import tail_p_value
from touchstone.stats.temperature import FEWEST, fit_temperature

Floats = NDArray[Any]


@dataclass(frozen=True)
class Reliability:
    """One bin of a reliability plot: mean confidence, accuracy with its exact interval, items in it."""

    confidence: float
    accuracy: float
    interval: Interval
    n: int


@dataclass(frozen=True)
class Consistency:
    """Whether the labels could have been drawn from the model's own confidences.

    ``p_error`` and ``p_signed`` are of the squared calibration error and of |mean confidence - accuracy|;
    ``p_value`` is twice the smaller, at most 1.
    """

    p_value: float
    p_error: float
    p_signed: float


def top_label(probabilities: Floats, labels: NDArray[Any]) -> tuple[Floats, Floats]:
    """Confidence of the guess and whether it is right, each float64 (n,)."""
    guesses = probabilities.argmax(1)
    confidence = np.take_along_axis(probabilities, guesses[:, None], 1)[:, 0].astype(np.float64)
    return np.minimum(confidence, 1.0), (guesses == labels).astype(np.float64)


def bin_count(n: int) -> int:
    """Bins of equal mass: n/50, between 5 and 15."""
    return max(5, min(15, n // 50))


def bin_index(confidence: Floats) -> NDArray[np.int64]:
    """Which of :func:`bin_count` equal-mass bins each item falls in, (n,); equal confidences share a bin."""
    edges = np.quantile(confidence, np.linspace(0, 1, bin_count(len(confidence)) + 1)[1:-1])
    return np.unique(np.searchsorted(edges, confidence, side="left"), return_inverse=True)[1].reshape(-1)


def squared_error(
    confidence: Floats, right: Floats, bins: NDArray[Any], weights: Floats, *, debias: float = 1.0
) -> Floats:
    """Debiased squared calibration error for each row of ``weights`` (B, n), (B,).

    sum over bins of share * ((mean confidence - accuracy)^2 - debias * sampling variance of that gap). With
    ``debias`` 1 its expectation on fresh items is the squared error of the binned confidences; it may be negative.

    References
    ----------
    Kumar, Liang, Ma (NeurIPS 2019).
    """
    member = np.eye(int(bins.max()) + 1)[bins]  # (n, bins)
    residual = confidence - right
    columns = np.concatenate([member, member * residual[:, None], member * residual[:, None] ** 2], axis=1)
    counts, gaps, squares = np.split(weights @ columns, 3, axis=1)  # each (B, bins)
    safe = np.maximum(counts, 1.0)
    means = gaps / safe
    # a mean of m items loses one degree of freedom to its own mean
    noise = np.maximum(squares / safe - means**2, 0.0) / np.maximum(counts - 1.0, 1.0)
    share = counts / counts.sum(1, keepdims=True)
    return np.asarray((share * (means**2 - debias * noise)).sum(1))


def calibration_error(probabilities: Floats, labels: NDArray[Any]) -> float:
    """The root of the debiased squared top-label error, 0..1; 0 where the debiased square is negative.

    A calibrated model shows 0 in about 60 % of samples and rarely more than .05 from 500 items on.

    Parameters
    ----------
    probabilities : (n, K), rows sum to 1
    labels : int array (n,)
    """
    confidence, right = top_label(probabilities, labels)
    squared = squared_error(confidence, right, bin_index(confidence), np.ones((1, len(labels))))[0]
    return float(np.sqrt(max(squared, 0.0)))


def calibration_estimate(
    probabilities: Floats,
    labels: NDArray[Any],
    *,
    groups: NDArray[Any] | None = None,
    level: float = 0.95,
    seed: int = 0,
) -> Estimate:
    """:func:`calibration_error` with an interval from a bootstrap of the debiased square.

    A resample repeats the sampling noise that is already in the data, so that each draw is debiased twice over; that
    centres the draws where the estimate is. The interval errs on the wide side near zero error.
    """
    confidence, right = top_label(probabilities, labels)
    n = len(labels)
    if n < 20:
        return Estimate(calibration_error(probabilities, labels), n=n, missing="fewer than 20 items")
    bins = bin_index(confidence)
    inflation = _design_effect(confidence - right, groups)
    plan = resample(n, groups=groups, seed=seed)
    draws = np.concatenate(
        [squared_error(confidence, right, bins, weights, debias=2.0 * inflation) for weights in plan.batches()]
    )
    value = float(squared_error(confidence, right, bins, np.ones((1, n)), debias=inflation)[0])
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    root = np.sqrt(np.maximum([value, low, max(high, value)], 0.0))
    spread = float((root[2] - root[1]) / 3.92)
    return Estimate(float(root[0]), Interval(min(float(root[1]), float(root[0])), float(root[2])), spread, n)


def overconfidence(probabilities: Floats, labels: NDArray[Any], *, groups: NDArray[Any] | None = None) -> Claim:
    """Mean confidence minus accuracy, -1..1, as a claim about this model; above 0 it promises too much."""
    confidence, right = top_label(probabilities, labels)
    return item_claim(confidence - right, groups=groups)


def consistency(
    probabilities: Floats,
    labels: NDArray[Any],
    *,
    groups: NDArray[Any] | None = None,
    draws: int = 2000,
    seed: int = 0,
) -> Consistency:
    """Test calibration by drawing labels from the model's own confidences.

    Parameters
    ----------
    groups : (n,) or None; errors of a group may go together, so that the null's spread is widened by the design
        effect of the residuals

    References
    ----------
    Broecker, Smith (Weather and Forecasting 2007); Vaicenavicius et al. (AISTATS 2019).
    """
    confidence, right = top_label(probabilities, labels)
    bins = bin_index(confidence)
    counts = np.bincount(bins).astype(float)
    member = np.eye(len(counts))[bins]
    widening = np.sqrt(_design_effect(confidence - right, groups))
    rng = np.random.default_rng(seed)
    error, signed = _binned(confidence - right, member, counts)
    null_error, null_signed = [], []
    for start in range(0, draws, 250):
        fresh = rng.random((min(250, draws - start), len(right))) < confidence
        square, offset = _binned((confidence - fresh) * widening, member, counts)
        null_error.append(square)
        null_signed.append(offset)
    p_error = tail_p_value(np.concatenate(null_error), float(error[0]))
    p_signed = tail_p_value(np.concatenate(null_signed), float(signed[0]))
    return Consistency(min(1.0, 2.0 * min(p_error, p_signed)), p_error, p_signed)


def _binned(residuals: Floats, member: Floats, counts: Floats) -> tuple[Floats, Floats]:
    """Squared error and |mean| of residuals (B, n) or (n,)."""
    residuals = np.atleast_2d(residuals)
    sums = residuals @ member
    return (sums**2 / counts).sum(1) / counts.sum(), np.abs(residuals.mean(1))


def _design_effect(residual: Floats, groups: NDArray[Any] | None) -> float:
    """How much larger the variance of the mean is for grouped items than for independent ones; at least 1."""
    if groups is None:
        return 1.0
    centred = residual - residual.mean()
    unit = np.unique(groups, return_inverse=True)[1].reshape(-1)
    independent = float((centred**2).sum())
    return max(1.0, float((np.bincount(unit, centred) ** 2).sum()) / independent) if independent > 0 else 1.0


def reliability(probabilities: Floats, labels: NDArray[Any], *, level: float = 0.95) -> list[Reliability]:
    """Bins of a reliability plot, least confident first."""
    confidence, right = top_label(probabilities, labels)
    bins = bin_index(confidence)
    rows = []
    for index in range(int(bins.max()) + 1):
        inside = bins == index
        hits, n = int(right[inside].sum()), int(inside.sum())
        rows.append(Reliability(float(confidence[inside].mean()), hits / n, clopper_pearson(hits, n, level), n))
    return rows


def temperature(probabilities: Floats, labels: NDArray[Any]) -> float:
    """The temperature, 0.05..20, that minimises the log-loss of ``softmax(log p / T)``; above 1 it tones down.

    Fit it on validation items, 50 or more; 1.0 is returned for fewer.

    References
    ----------
    Guo et al. (ICML 2017).
    """
    if len(labels) < FEWEST:
        return 1.0
    return fit_temperature(np.log(np.maximum(np.asarray(probabilities, dtype=np.float64), 1e-12)), labels)


def tempered(probabilities: Floats, value: float) -> Floats:
    """Probabilities at another temperature, same shape and type."""
    logits = np.log(np.maximum(np.asarray(probabilities, dtype=np.float64), 1e-12)) / value
    scaled = np.exp(logits - logits.max(-1, keepdims=True))
    return np.asarray(scaled / scaled.sum(-1, keepdims=True), dtype=probabilities.dtype)
