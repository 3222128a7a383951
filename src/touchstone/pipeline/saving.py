"""What transfer saved: labels, by the probe's learning curve, and examples to look at, by training curves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from touchstone.core.measures import Candidate
from touchstone.pipeline.arena import Arena
from touchstone.pipeline.contender import Contender, load_arrays, save_arrays

if TYPE_CHECKING:
    from touchstone.evaluate.learning import LearningCurve

REPEATS = 3
NEARLY = 0.95
"""A training is nearly there at this share of the from-scratch reference's final accuracy."""


def learning_curve(arena: Arena) -> LearningCurve:
    """Validation accuracy of the frozen probe on 1/16 to all of the training examples, from cached features."""
    from touchstone.evaluate import learning

    def make(folder: Path) -> None:
        data = arena.data
        score = learning.probe_score(
            arena.train_blocks["penultimate"], data.train.labels, arena.split_blocks["validation"]["penultimate"], data.validation.labels,
            len(data.classes), groups=arena.groups, seed=arena.bench.seed,
        )  # fmt: skip
        curve = learning.learning_curve(
            score,
            data.train.labels,
            groups=arena.groups,
            repeats=REPEATS,
            seed=arena.bench.seed,
            progress=arena.bench.progress,
        )
        save_arrays(folder, {"sizes": curve.sizes, "scores": curve.scores})

    depends_on = {**arena.rests_on, "repeats": REPEATS, "seed": arena.bench.seed}
    arrays = load_arrays(arena.bench.pieces.get("references", "learning-curve", depends_on, make))
    return learning.LearningCurve(arrays["sizes"], arrays["scores"])


def saved(arena: Arena, curve: LearningCurve, contenders: Sequence[Contender], chosen: Candidate) -> dict[str, Any]:
    """Labels and examples that transfer saved against each reference that had to do without; empty where unknown."""
    found: dict[str, Any] = {}
    for reference in contenders:
        if reference.candidate.name in ("non-transfer", "scratch"):
            found[reference.candidate.name] = _labels(arena, curve, reference)
    if (speed := _speed(chosen, [each.candidate for each in contenders])) is not None:
        found["examples_seen_ratio"] = speed
    return found


def _labels(arena: Arena, curve: LearningCurve, reference: Contender) -> dict[str, Any]:
    import numpy as np

    from touchstone.evaluate.learning import LearningCurve, labels_saved

    right = (reference.predictions["validation"].argmax(2) == arena.data.validation.labels).mean(1)
    theirs = LearningCurve(np.array(curve.sizes[-1:]), right[:, None])
    saving = labels_saved(curve, theirs, seed=arena.bench.seed)
    return {"labels_saved": saving.factor, "at_least": saving.at_least, "may_be_more": saving.open_ended}


def _speed(chosen: Candidate, candidates: Sequence[Candidate]) -> float | None:
    """Examples that scratch looked at over those that the chosen one did, until nearly scratch's final accuracy."""
    scratch = next((each for each in candidates if each.name == "scratch"), None)
    if (
        scratch is None
        or scratch.trace is None
        or chosen.trace is None
        or not chosen.trace.logs
        or not scratch.trace.logs
    ):
        return None
    theirs, ours = scratch.trace.logs[0], chosen.trace.logs[0]
    if not theirs.validation_accuracies:
        return None
    bar = NEARLY * theirs.validation_accuracies[-1]
    slow = next(
        (n for n, a in zip(theirs.examples_seen, theirs.validation_accuracies, strict=True) if a >= bar and n), None
    )
    quick = next((n for n, a in zip(ours.examples_seen, ours.validation_accuracies, strict=True) if a >= bar), None)
    if slow is None or quick is None:
        return None
    return None if quick == 0 else slow / quick
