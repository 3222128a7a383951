"""What people would rather look at than read: a run's measurements as the plain data that the pages draw."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from touchstone.core.evidence import Evidence
from touchstone.core.interval import Estimate
from touchstone.core.measures import BaseScore, Candidate
from touchstone.report.gallery import (
    ClassScore,
    Gallery,
    LatencyTimes,
    LearningCurve,
    LearningPoint,
    LedgerRow,
    Measured,
    Mistake,
    RankedCandidate,
    ReliabilityBin,
    SliceScore,
    SplitSize,
    StageCost,
    TrainingCurve,
)  # fmt: skip

if TYPE_CHECKING:
    from touchstone.checks.flagged import Flag
    from touchstone.govern.questions import Question
    from touchstone.pipeline.context import RunContext
    from touchstone.pipeline.run import Run

WORST = 24
"""Mistakes that are shown."""
THUMBNAIL = 112
"""Side of a thumbnail in pixels."""
MOST_TEXT = 600
"""Characters of a text that is shown."""


def gallery(run: Run, evidence: Evidence, flagged: Sequence[Flag] = ()) -> Gallery:
    """Everything the pages show beside the evidence; parts that were not made are left out."""
    from importlib.metadata import version

    from touchstone.govern.causes import likely_cause
    from touchstone.govern.questions import open_questions
    from touchstone.pipeline.outputs import today
    from touchstone.pipeline.pointing import pointed

    context = run.context
    cause = likely_cause(evidence.findings)
    parts: dict[str, Any] = {
        "ranking": tuple(_ranked(score) for score in context.bases),
        "stages": tuple(StageCost(stage.name, stage.seconds, stage.energy_wh) for stage in context.stages),
        "ledger": tuple(_ledger(candidate) for candidate in context.candidates),
        "curves": tuple(curve for candidate in context.candidates for curve in _curves(candidate)),
        "open_questions": tuple(_asked(question) for question in open_questions(evidence.findings)),
        "common_cause": None if cause is None else cause.sentence,
        "model_path": run.outputs.model_path,
        "made_on": today(),
        "version": version("touchstone-ml"),
    }
    if context.data_or_none is not None:
        parts["pointed"] = tuple(pointed(context.data, flagged, run.moved))
        parts |= {"classes": context.data.classes, "splits": tuple(_splits(context)), "notes": context.data.guesses}
    if context.opened and context.chosen is not None:
        parts |= _tested(context, context.chosen)
    if run.curve is not None:
        parts["learning"] = (_learning(run.curve),)
    if context.latency is not None:
        times = context.latency
        parts["latency"] = LatencyTimes(times.milliseconds.tolist(), times.machine, times.threads)
    return Gallery(**parts)


def _asked(question: Question) -> str:
    """A question and the cheapest way to close it, as two sentences."""
    asks = question.asks[:1].upper() + question.asks[1:].rstrip("?:;. ")
    return f"{asks.split('?')[0]}? {question.close[:1].upper()}{question.close[1:].rstrip('.')}."


def _measured(estimate: Estimate) -> Measured:
    interval = estimate.interval
    return Measured(estimate.value) if interval is None else Measured(estimate.value, interval.low, interval.high)


def _ranked(score: BaseScore) -> RankedCandidate:
    twin = None if score.twin_items is None else Measured(float(score.twin_items.mean()))
    return RankedCandidate(
        score.base,
        score.rank,
        _measured(score.accuracy),
        twin,
        score.best_block,
        score.tied,
        score.chosen,
        None,
        score.notes,
    )


def _ledger(candidate: Candidate) -> LedgerRow:
    effort = candidate.effort
    kept = candidate.details.get("blocks_kept") if candidate.shippable else None
    notes = [
        candidate.decided_early or "",
        "still improving when it ended" if candidate.undertrained else "",
        f"blocks above its first {kept} are left out" if kept else "",
    ]
    return LedgerRow(
        candidate.subject, effort.configs_tried, effort.examples_seen, effort.seconds, effort.selected_on,
        effort.augmentations, candidate.cost.trainable_parameters, "; ".join(note for note in notes if note),
    )  # fmt: skip


def _curves(candidate: Candidate) -> Iterator[TrainingCurve]:
    for seed, log in zip(candidate.seeds, candidate.trace.logs if candidate.trace else (), strict=False):
        yield TrainingCurve(
            candidate.subject, seed, log.steps, log.train_losses, log.validation_losses, log.validation_accuracies
        )


def _learning(curve: Any) -> LearningCurve:
    points = tuple(
        LearningPoint(int(n), Measured(float(column.mean()), float(column.min()), float(column.max())))
        for n, column in zip(curve.sizes, curve.scores.T, strict=True)
    )
    return LearningCurve("linear-probe", points)


def _splits(context: RunContext) -> Iterator[SplitSize]:
    import numpy as np

    data = context.data
    for name, examples in {"train": data.train, "validation": data.validation, "test": data.test, **data.shift}.items():
        labels = context.opened.get(name, examples.labels)
        counts = np.bincount(labels[labels >= 0], minlength=len(data.classes)).tolist() if (labels >= 0).any() else ()
        groups = None if examples.groups is None else len(set(examples.groups))
        yield SplitSize(name, len(examples), counts, groups, name in data.made_here)


def _tested(context: RunContext, chosen: Candidate) -> dict[str, Any]:
    """Pictures of the one model that would ship, on the opened test set."""
    from touchstone.evaluate import calibration, confusion

    probabilities, labels = context.shipped(chosen, "test"), context.opened["test"]
    classes = context.data.classes
    scores = confusion.per_class(probabilities, labels)
    return {
        "confusion": confusion.confusion(probabilities.argmax(1), labels, len(classes)).tolist(),
        "reliability": tuple(
            ReliabilityBin(each.confidence, each.accuracy, each.n, each.interval.low, each.interval.high)
            for each in calibration.reliability(probabilities, labels)
        ),
        "per_class": tuple(
            ClassScore(classes[s.index], s.support, _measured(s.precision), _measured(s.recall), _measured(s.f1))
            for s in scores
        ),
        "slices": tuple(_slices(context, chosen)),
        "mistakes": tuple(_mistakes(context, probabilities, labels)),
    }


def _slices(context: RunContext, chosen: Candidate) -> Iterator[SliceScore]:
    from touchstone.evaluate import metrics
    from touchstone.evaluate.slices import membership
    from touchstone.stats.intervals import wilson

    right = context.shipped(chosen, "test").argmax(1) == context.opened["test"]
    for name, inside in membership(context.columns("test")).items():
        n = int(inside.sum())
        if n:
            hits = int(right[inside].sum())
            interval = wilson(hits, n)
            yield SliceScore(name, n, Measured(hits / n, interval.low, interval.high))
    for name in context.data.shift:
        estimate = metrics.estimate("accuracy", context.shipped(chosen, name), context.opened[name], seed=context.seed)
        yield SliceScore(name, len(context.opened[name]), _measured(estimate), kind="shift")


def _mistakes(context: RunContext, probabilities: Any, labels: Any) -> Iterator[Mistake]:
    """The most confident wrong predictions."""
    import numpy as np

    guesses, confidence = probabilities.argmax(1), probabilities.max(1)
    wrong = np.flatnonzero(guesses != labels)
    worst = wrong[np.argsort(-confidence[wrong], kind="stable")][:WORST]
    examples, classes = context.data.test, context.data.classes
    for row in worst.tolist():
        picture, text = shown(examples.inputs[row])
        yield Mistake(
            examples.names[row], classes[labels[row]], classes[guesses[row]], float(confidence[row]), picture, text
        )


def shown(seen: Any) -> tuple[bytes | None, str | None]:
    """An input as a thumbnail or as a text of bearable length."""
    if isinstance(seen, str):
        return None, seen[:MOST_TEXT]
    if isinstance(seen, Mapping):
        return None, ", ".join(f"{name}: {value}" for name, value in seen.items() if value is not None)[:MOST_TEXT]
    return _thumbnail(seen), None


def _thumbnail(picture: Any) -> bytes:
    """A small JPEG of a PIL image."""
    small = picture.convert("RGB")
    small.thumbnail((THUMBNAIL, THUMBNAIL))
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=80)
    return buffer.getvalue()
