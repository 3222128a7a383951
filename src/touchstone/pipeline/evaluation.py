"""Scores of every candidate on the opened splits, with intervals and paired differences to the references."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from touchstone.checks.gains import primary_metric
from touchstone.core.evidence import Comparison
from touchstone.core.progress import Progress, track
from touchstone.pipeline.contender import Contender
from touchstone.pipeline.context import RunContext

if TYPE_CHECKING:
    from numpy.typing import NDArray

REPORTED = (
    "accuracy", "balanced_accuracy", "macro_f1", "weighted_f1", "macro_precision", "macro_recall", "mcc",
    "roc_auc", "pr_auc", "log_loss", "brier", "calibration_error", "worst_class_recall",
)  # fmt: skip
ITEMWISE = ("accuracy", "balanced_accuracy")


def comparisons(context: RunContext, progress: Progress) -> tuple[Comparison, ...]:
    """One row per candidate, split and metric; the primary metric first."""
    primary = primary_metric(context.study)
    metrics = (primary, *(name for name in REPORTED if name != primary))
    pairs = [(split, contender) for split in context.evaluated for contender in context.contenders]
    rows: list[Comparison] = []
    for split, contender in track(pairs, progress, "scoring with intervals", len(pairs)):
        rows.extend(_rows(context, contender, split, metrics, primary))
    return tuple(rows)


def _rows(
    context: RunContext, contender: Contender, split: str, metrics: Sequence[str], primary: str
) -> list[Comparison]:
    from touchstone.evaluate import metrics as scoring

    candidate, labels = contender.candidate, context.opened[split]
    groups = context.groups(split)
    rows = []
    for metric in metrics:
        estimate = scoring.estimate(metric, contender.predictions[split], labels, groups=groups, seed=context.seed)
        versus = _versus(context, contender, split, metric, groups) if metric in {primary, *ITEMWISE} else {}
        rows.append(
            Comparison(
                candidate.subject,
                candidate.kind,
                candidate.base,
                split,
                metric,
                estimate.value,
                estimate.interval,
                versus,
                candidate.cost.seconds,
                candidate.cost.energy_wh,
                candidate.cost.trainable_parameters,
            )
        )
    return rows


def _versus(
    context: RunContext, contender: Contender, split: str, metric: str, groups: NDArray[Any] | None
) -> dict[str, Any]:
    from touchstone.evaluate import metrics as scoring

    found = {}
    pooled = pooled_seeds(context, split, metric)
    for other in context.contenders:
        if other.candidate.kind != "reference" or other is contender:
            continue
        claim = scoring.difference(
            metric, contender.predictions[split], other.predictions[split], context.opened[split], pooled=pooled,
            a_deterministic=contender.candidate.deterministic, b_deterministic=other.candidate.deterministic,
            groups=groups, seed=context.seed,
        )  # fmt: skip
        found[other.candidate.name] = {"difference": claim.value, "interval": claim.interval()}
    return found


def pooled_seeds(context: RunContext, split: str, metric: str) -> Any:
    """Seed variance of a metric, pooled over every candidate that has seeds."""
    import numpy as np

    from touchstone.evaluate import metrics as scoring
    from touchstone.stats.claims import pool_seed_variance

    seeded = [c for c in context.contenders if not c.candidate.deterministic and len(c.predictions[split]) > 1]
    labels = context.opened[split]
    return pool_seed_variance(
        [np.array([scoring.value(metric, p, labels) for p in c.predictions[split]]) for c in seeded]
    )
