"""Every metric of the contract that predictions alone decide, with its uncertainty and paired differences.

Two claims are kept apart: an estimate speaks of these models, items random; a difference of recipes has
both seeds and items random.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from touchstone.core.interval import Estimate, Interval
from touchstone.evaluate.calibration import bin_index, calibration_error, calibration_estimate, squared_error, top_label
from touchstone.evaluate.margins import FROM_MARGINS, Margins
from touchstone.evaluate.ranking import Curves
from touchstone.stats.bootstrap import Resampling, bootstrap_plan, resample
from touchstone.stats.claims import Claim, PooledSeeds, composite_claim, recipe_claim
from touchstone.stats.intervals import clopper_pearson

Floats = NDArray[Any]
Statistic = Callable[[Floats], Floats]

NAMES: tuple[str, ...] = (
    "accuracy", "balanced_accuracy", "macro_f1", "weighted_f1", "macro_precision", "macro_recall", "mcc",
    "roc_auc", "pr_auc", "log_loss", "brier", "calibration_error", "worst_class_recall",
)  # fmt: skip
HIGHER_IS_BETTER: Mapping[str, bool] = MappingProxyType(
    {name: name not in ("log_loss", "brier", "calibration_error") for name in NAMES}
)
_RANGE: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"mcc": (-1.0, 1.0), "log_loss": (0.0, inf), "brier": (0.0, 2.0)}
)
_ITEM_MEANS = frozenset({"accuracy", "log_loss", "brier"})
_FLOOR = 1e-7
"""Probabilities below this count as this: single precision knows nothing smaller beside 1."""
_AREAS = frozenset({"roc_auc", "pr_auc"})
_AREA_DRAWS = 200
"""Areas under curves are dear: their spread comes from so many draws, their interval from the log-odds scale."""


def seeds_first(probabilities: NDArray[Any]) -> Floats:
    """Probabilities as (S, n, K), whether given so or as (n, K)."""
    array = np.asarray(probabilities)
    return array[None] if array.ndim == 2 else array


def value(name: str, probabilities: NDArray[Any], labels: NDArray[Any]) -> float:
    """One metric of one model.

    Parameters
    ----------
    name : one of :data:`NAMES`
    probabilities : (n, K), rows sum to 1
    labels : int array (n,), values 0..K-1

    Returns
    -------
    float; ``log_loss`` in nats; ``brier`` as scikit-learn has it (0..1 for two classes, 0..2 for more);
    ``calibration_error`` is debiased and of the top label; macro averages run over the classes present
    """
    return float(per_seed(name, seeds_first(probabilities), labels)[0])


def per_seed(name: str, probabilities: NDArray[Any], labels: NDArray[Any]) -> Floats:
    """The metric of each seed, (S,), of probabilities (S, n, K): what the seed variance is pooled from."""
    everything = np.ones((1, len(labels)))
    parts = seeds_first(probabilities)
    if name == "calibration_error":
        return np.array([calibration_error(one, labels) for one in parts])
    return np.array([_statistic(name, one, np.asarray(labels))(everything)[0] for one in parts])


def item_scores(name: str, probabilities: NDArray[Any], labels: NDArray[Any]) -> tuple[Floats, Floats | None]:
    """Per-item correctness (S, n) whose weighted mean is the metric, and the weights (n,) or None.

    For ``accuracy`` (no weights) and ``balanced_accuracy`` (weights n / (K * class size), mean 1); also for the
    losses ``log_loss`` and ``brier``.
    """
    labels = np.asarray(labels)
    parts = seeds_first(probabilities)
    if name == "balanced_accuracy":
        counts = np.bincount(labels)
        weights = len(labels) / ((counts > 0).sum() * counts[labels])
        return np.stack([_items("accuracy", one, labels) for one in parts]), weights
    if name not in _ITEM_MEANS:
        raise ValueError(f"{name} is no mean over items")
    return np.stack([_items(name, one, labels) for one in parts]), None


def estimate(
    name: str,
    probabilities: NDArray[Any],
    labels: NDArray[Any],
    *,
    groups: NDArray[Any] | None = None,
    level: float = 0.95,
    seed: int = 0,
) -> Estimate:
    """The metric, mean over seeds, with the interval that the choice of items leaves open.

    Parameters
    ----------
    probabilities : (S, n, K) or (n, K)
    labels : int array (n,)
    groups : int array (n,): whole groups are resampled

    Returns
    -------
    Estimate. Exact (Clopper-Pearson) for the accuracy of one model without groups; for the worst class of one model
    exact at level over all classes together; else a bootstrap (BCa; areas under curves: its spread on the log-odds
    scale), stratified by class for what is no item mean
    """
    labels = np.asarray(labels)
    parts = seeds_first(probabilities)
    single = len(parts) == 1 and groups is None
    if name == "accuracy" and single:
        return _exact_accuracy(parts[0], labels, level)
    if name == "worst_class_recall" and single:
        return _exact_worst_class(parts[0], labels, level)
    if name == "calibration_error":
        return _mean_calibration(parts, labels, groups, level, seed)
    statistic = _mean_statistic(name, parts, labels)
    strata = None if name in _ITEM_MEANS or name == "pr_auc" else labels  # precision depends on how many there are
    plan = resample(len(labels), strata=strata, groups=groups, draws=_draws(name), seed=seed)
    found = bootstrap_plan(statistic, plan, level=level, interval="logit" if name in _AREAS else "bca")
    low, high = _RANGE.get(name, (0.0, 1.0))
    if found.interval is None:
        return found
    inside = Interval(max(found.interval.low, low), min(found.interval.high, high))
    return Estimate(found.value, inside, found.standard_error, found.n)


def difference(
    name: str,
    a: NDArray[Any],
    b: NDArray[Any],
    labels: NDArray[Any],
    *,
    pooled: PooledSeeds | None = None,
    a_deterministic: bool = False,
    b_deterministic: bool = False,
    groups: NDArray[Any] | None = None,
    seed: int = 0,
) -> Claim:
    """metric(a) - metric(b) on the same items, as a claim about the two recipes.

    Parameters
    ----------
    a, b : (S_a, n, K) and (S_b, n, K), or (n, K) of one seed
    pooled : seed variance of THIS metric over the study's candidates, from :func:`per_seed` of each
    a_deterministic, b_deterministic : another seed would give the same model

    Returns
    -------
    Claim in the metric's unit; not turned round for losses, where smaller is better
    """
    labels = np.asarray(labels)
    first, second = seeds_first(a), seeds_first(b)
    flags = {"pooled": pooled, "a_deterministic": a_deterministic, "b_deterministic": b_deterministic}
    if name in _ITEM_MEANS or name in ("balanced_accuracy", "macro_recall"):
        of = "balanced_accuracy" if name == "macro_recall" else name
        (scores_a, weights), (scores_b, _) = item_scores(of, first, labels), item_scores(of, second, labels)
        scale = {"log_loss": 0.0, "brier": 2.0}.get(name, 1.0)
        strata = None if weights is None else labels
        return recipe_claim(
            scores_a,
            scores_b,
            groups=groups,
            weights=weights,
            strata=strata,
            scale=scale,
            **flags,  # type: ignore[arg-type]
        )
    draws, plan = _paired_draws(name, first, second, labels, groups, seed)
    values_a, values_b = per_seed(name, first, labels), per_seed(name, second, labels)
    return composite_claim(
        draws, float(values_a.mean() - values_b.mean()), a_values=values_a, b_values=values_b,
        n=len(labels), units=plan.units, strata=plan.strata, scale=2.0 if name == "mcc" else 1.0, **flags,  # type: ignore[arg-type]
    )  # fmt: skip


def _paired_draws(
    name: str, a: Floats, b: Floats, labels: NDArray[Any], groups: NDArray[Any] | None, seed: int
) -> tuple[Floats, Resampling]:
    draws = _draws(name)
    strata = None if name == "calibration_error" else labels
    plan = resample(len(labels), strata=strata, groups=groups, draws=draws, seed=seed)
    of_a, of_b = _mean_statistic(name, a, labels), _mean_statistic(name, b, labels)
    return np.concatenate([of_a(weights) - of_b(weights) for weights in plan.batches()]), plan


def _draws(name: str) -> int:
    return _AREA_DRAWS if name in _AREAS else 2000


def _mean_statistic(name: str, parts: Floats, labels: NDArray[Any]) -> Statistic:
    """The metric averaged over seeds, of weights (B, n)."""
    statistics = [_statistic(name, one, labels) for one in parts]

    def mean(weights: Floats) -> Floats:
        return np.asarray(np.mean([statistic(weights) for statistic in statistics], axis=0))

    return mean


def _statistic(name: str, probabilities: Floats, labels: NDArray[Any]) -> Statistic:
    if name in FROM_MARGINS:
        margins, formula = Margins(probabilities.argmax(1), labels, probabilities.shape[1]), FROM_MARGINS[name]
        return lambda weights: formula(*margins.counts(weights))
    if name in _AREAS:
        curves = Curves(probabilities, labels)
        return curves.roc_auc if name == "roc_auc" else curves.pr_auc
    if name == "calibration_error":
        confidence, right = top_label(probabilities, labels)
        bins = bin_index(confidence)
        # resamples carry the data's own noise once more: see calibration_estimate
        return lambda w: np.sqrt(np.maximum(squared_error(confidence, right, bins, w, debias=2.0), 0.0))
    if name not in _ITEM_MEANS:
        raise ValueError(f"unknown metric {name!r}; known are {', '.join(NAMES)}")
    items = _items(name, probabilities, labels)
    return lambda weights: np.asarray(weights @ items / weights.sum(1))


def _items(name: str, probabilities: Floats, labels: NDArray[Any]) -> Floats:
    if name == "accuracy":
        return np.asarray(probabilities.argmax(1) == labels, dtype=np.float64)
    p = np.asarray(probabilities, dtype=np.float64)
    own = p[np.arange(len(labels)), labels]
    if name == "log_loss":
        return np.asarray(-np.log(np.clip(own, _FLOOR, 1.0)))
    total = (p**2).sum(1) - 2 * own + 1.0
    return np.asarray(total / 2.0 if p.shape[1] == 2 else total)


def _exact_accuracy(probabilities: Floats, labels: NDArray[Any], level: float) -> Estimate:
    hits, n = int((probabilities.argmax(1) == labels).sum()), len(labels)
    share = hits / n
    return Estimate(share, clopper_pearson(hits, n, level), float(np.sqrt(share * (1 - share) / n)), n)


def _exact_worst_class(probabilities: Floats, labels: NDArray[Any], level: float) -> Estimate:
    """Bonferroni over the classes: the worst lies in no class's gap with probability ``level``."""
    counts = np.bincount(labels)
    hits = np.bincount(labels, probabilities.argmax(1) == labels)
    present = np.flatnonzero(counts)
    recalls = hits[present] / counts[present]
    each = 1.0 - (1.0 - level) / len(present)
    intervals = [clopper_pearson(int(hits[k]), int(counts[k]), each) for k in present]
    low, high = min(i.low for i in intervals), min(i.high for i in intervals)
    worst = int(recalls.argmin())
    size = int(counts[present][worst])
    spread = float(np.sqrt(recalls[worst] * (1 - recalls[worst]) / size))
    return Estimate(float(recalls[worst]), Interval(low, high), spread, size)


def _mean_calibration(
    parts: Floats, labels: NDArray[Any], groups: NDArray[Any] | None, level: float, seed: int
) -> Estimate:
    """Ends and value averaged over seeds: the seeds share their items, so the mean is no less uncertain."""
    found = [calibration_estimate(one, labels, groups=groups, level=level, seed=seed) for one in parts]
    intervals = [one.interval for one in found if one.interval is not None]
    mean = float(np.mean([one.value for one in found]))
    if len(intervals) < len(found):
        return Estimate(mean, n=len(labels), missing=found[0].missing)
    low, high = (float(np.mean(ends)) for ends in zip(*((i.low, i.high) for i in intervals), strict=True))
    spread = float(np.mean([one.standard_error or 0.0 for one in found]))
    return Estimate(mean, Interval(low, high), spread, len(labels))
