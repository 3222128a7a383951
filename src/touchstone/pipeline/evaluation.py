"""Scores of every candidate on the opened splits, with intervals and paired differences to the references."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from touchstone.checks.gains import gain, primary_metric
from touchstone.core.evidence import Comparison
from touchstone.core.progress import Progress, track
from touchstone.pipeline.contender import Contender
from touchstone.pipeline.context import RunContext

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
        versus = _versus(context, contender, split, metric) if metric in {primary, *ITEMWISE} else {}
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


def _versus(context: RunContext, contender: Contender, split: str, metric: str) -> dict[str, Any]:
    """The gain over each reference, as the checks judge it."""
    found = {}
    for other in context.contenders:
        if other.candidate.kind == "reference" and other is not contender:
            claim = gain(context, contender.candidate, other.candidate, metric, split)
            found[other.candidate.name] = {"difference": claim.value, "interval": claim.interval()}
    return found
