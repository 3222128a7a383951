"""How much better one recipe is than another, as a claim over seeds and items."""

from __future__ import annotations

from dataclasses import replace
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from touchstone.checks.context import CROSS_FITTED, Context
from touchstone.core.measures import Candidate
from touchstone.evaluate import metrics
from touchstone.stats.claims import Claim, PooledSeeds, pool_seed_variance
from touchstone.study.model import Study

QUALITY = (
    "accuracy", "balanced_accuracy", "macro_f1", "weighted_f1", "macro_precision", "macro_recall", "mcc",
    "roc_auc", "pr_auc",
)  # fmt: skip
"""Scores in which a point means the same to everybody: at most 1, larger is better."""
DEFAULT_METRIC = "macro_f1"
FEW = 200
"""Test examples below which training examples that were predicted out of fold are asked as well."""


def primary_metric(study: Study) -> str:
    """The first score that the study requires of the test set, else macro F1."""
    wanted = (bound.metric for bound in study.require if bound.on == "test" and bound.metric in QUALITY)
    return next(wanted, DEFAULT_METRIC)


def gain(context: Context, candidate: Candidate, reference: Candidate, metric: str, split: str = "test") -> Claim:
    """metric(candidate) - metric(reference) on the same items; positive where the candidate is better.

    Where every recipe was trained once, nothing tells how much another seed would change: against a reference that has
    one solution the claim is then about the model at hand, against another its spread is infinite.
    """
    # Several checks ask for the same bootstrap; the runner lends them one memory for the length of its run.
    memory: dict[tuple[str, ...], Claim] = getattr(context, "memory", {})
    key = (candidate.subject, reference.subject, metric, split)
    if key not in memory:
        fixed = is_fixed(candidate), is_fixed(reference)
        pooled = None if all(fixed) else pooled_seeds(context, (candidate, reference), metric, split)
        found = _difference(context, candidate, reference, metric, split, fixed, pooled)
        once = not isfinite(found.standard_error) and any(fixed)
        memory[key] = as_trained(context, candidate, reference, metric, split) if once else found
    return memory[key]


def as_trained(context: Context, candidate: Candidate, reference: Candidate, metric: str, split: str = "test") -> Claim:
    """The same for two recipes that were trained once each, about these very models: items random alone."""
    return _difference(context, candidate, reference, metric, split, (True, True), None)


def _difference(
    context: Context, candidate: Candidate, reference: Candidate, metric: str, split: str, fixed: tuple[bool, bool],
    pooled: PooledSeeds | None,
) -> Claim:  # fmt: skip
    return metrics.difference(
        metric,
        context.probabilities(candidate, split),
        context.probabilities(reference, split),
        context.labels(split),
        pooled=pooled,
        a_deterministic=fixed[0],
        b_deterministic=fixed[1],
        groups=context.groups(split),
        seed=context.seed,
    )


def at_hand(claim: Claim) -> Claim:
    """The same difference as a claim about the trained models at hand: items random, seeds as they fell."""
    return replace(claim, standard_error=claim.item_error, df=max(claim.n - 1, 1), seed_error=0.0)


def is_brought(candidate: Candidate) -> bool:
    """Whether it is a model that somebody else trained, brought for assessment."""
    return candidate.kind == "adapted" and candidate.recipe is None and not candidate.deterministic


def is_fixed(candidate: Candidate) -> bool:
    """Whether the claim is about this very model: a convex problem, or a model that was brought for assessment."""
    return candidate.deterministic or is_brought(candidate)


def pooled_seeds(
    context: Context, compared: tuple[Candidate, ...], metric: str, split: str = "test"
) -> PooledSeeds | None:
    """Variance of a score from seed to seed, over Touchstone's own adapted candidates and those compared.

    A recipe of the user's that is not compared stays out: one that trains wildly would blur every other claim.
    """
    subjects = {candidate.subject for candidate in compared}
    pool = [
        candidate
        for candidate in context.candidates
        if not is_fixed(candidate)
        and (candidate.subject in subjects or (candidate.kind == "adapted" and not candidate.user))
    ]
    return pool_seed_variance([seed_scores(context, candidate, metric, split) for candidate in pool])


def evidence_split(context: Context, *compared: Candidate) -> str:
    """The split that shows most: ``test``, or ``cross-fitted`` where a small test set was made here.

    A test set that was made here holds a fifth of the examples. Of candidates that are cross-fitted every training
    example tells as much; where the test set is small, all are asked together.
    """
    few = "test" in context.data.made_here and len(context.labels("test")) < FEW
    return CROSS_FITTED if few and all(map(context.is_cross_fitted, compared)) else "test"


def seed_scores(context: Context, candidate: Candidate, metric: str, split: str = "test") -> NDArray[np.float64]:
    """The metric of each seed, float array of shape (S,)."""
    labels = context.labels(split)
    return np.asarray(metrics.per_seed(metric, context.probabilities(candidate, split), labels), dtype=np.float64)


def shipped_score(context: Context, candidate: Candidate, metric: str, split: str = "test") -> float:
    """The metric of the one model that would ship."""
    return metrics.value(metric, context.shipped(candidate, split), context.labels(split))


def item_losses(probabilities: NDArray[Any], labels: NDArray[Any]) -> NDArray[np.float64]:
    """Negative log-likelihood in nats of each item, mean over seeds: (S, n, K) -> (n,)."""
    stacked = np.asarray(probabilities, dtype=np.float64)
    own = stacked[:, np.arange(len(labels)), labels]
    return np.asarray(-np.log(np.clip(own, 1e-12, 1.0)).mean(axis=0))
