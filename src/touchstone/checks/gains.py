"""How much better one recipe is than another, as a claim over seeds and items (METHODS A3)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from touchstone.checks.context import Context
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


def primary_metric(study: Study) -> str:
    """The first score that the study requires of the test set, else macro F1."""
    wanted = (bound.metric for bound in study.require if bound.on == "test" and bound.metric in QUALITY)
    return next(wanted, DEFAULT_METRIC)


def gain(context: Context, candidate: Candidate, reference: Candidate, metric: str, split: str = "test") -> Claim:
    """metric(candidate) - metric(reference) on the same items; positive where the candidate is better."""
    return metrics.difference(
        metric,
        context.probabilities(candidate, split),
        context.probabilities(reference, split),
        context.labels(split),
        pooled=pooled_seeds(context, (candidate, reference), metric, split),
        a_deterministic=candidate.deterministic,
        b_deterministic=reference.deterministic,
        groups=context.groups(split),
        seed=context.seed,
    )


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
        if not candidate.deterministic
        and (candidate.subject in subjects or (candidate.kind == "adapted" and not candidate.user))
    ]
    return pool_seed_variance([seed_scores(context, candidate, metric, split) for candidate in pool])


def seed_scores(context: Context, candidate: Candidate, metric: str, split: str = "test") -> NDArray[np.float64]:
    """The metric of each seed, float array of shape (S,)."""
    labels = context.labels(split)
    scores = [metrics.value(metric, p, labels) for p in context.probabilities(candidate, split)]
    return np.array(scores, dtype=np.float64)


def shipped_score(context: Context, candidate: Candidate, metric: str, split: str = "test") -> float:
    """The metric of the one model that would ship."""
    return metrics.value(metric, context.shipped(candidate, split), context.labels(split))


def item_losses(probabilities: NDArray[Any], labels: NDArray[Any]) -> NDArray[np.float64]:
    """Negative log-likelihood in nats of each item, mean over seeds: (S, n, K) -> (n,)."""
    stacked = np.asarray(probabilities, dtype=np.float64)
    own = stacked[:, np.arange(len(labels)), labels]
    return -np.log(np.clip(own, 1e-12, 1.0)).mean(axis=0)
