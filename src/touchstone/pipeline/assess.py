"""The verb ``assess``: the same evidence for a model that somebody has already fine-tuned; none of it is trained."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from touchstone.checks.context import Need
from touchstone.core import workers
from touchstone.core.atomic import write_text
from touchstone.core.errors import Fault, StudyError
from touchstone.core.measures import Candidate, Cost, Effort, Trace
from touchstone.core.progress import Progress, Silent
from touchstone.pipeline import from_scratch, recording, references
from touchstone.pipeline.arena import Arena
from touchstone.pipeline.bases import vet_adapted
from touchstone.pipeline.contender import Contender, load_arrays, save_arrays
from touchstone.pipeline.folder import choose as choose_folder
from touchstone.pipeline.looking import first_by_content, kept_of_base, read_retention, write_retention
from touchstone.pipeline.outputs import folder_digest
from touchstone.pipeline.result import Result
from touchstone.pipeline.run import Run, carry_out, shown_again
from touchstone.study.model import Study

if TYPE_CHECKING:
    from touchstone.nn.base_model import Base
    from touchstone.nn.predictor import Predictor

NAME = "adapted"
STRAYS, KINSHIP = "strays.json", "kinship.json"
KIN = 0.05
"""Mean cosine of weights below which a model did not come from a base, or nothing of it is left."""


def assess(study: Study, *, out: Path | None = None, fresh: bool = False, progress: Progress | None = None) -> Result:
    """Hold the study's ``adapted`` model against majority, non-transfer, probe and from-scratch references.

    Raises
    ------
    StudyError
        where the study names no adapted model, or its classes are not those of the data
    """
    progress = progress or Silent()
    if study.adapted is None:
        raise StudyError(Fault("adapted", "the study names no fine-tuned model", "add adapted: {path: ..., base: ...}"))
    place = choose_folder(study, "assess", out, fresh)
    if place.finished:
        progress.say(f"this study has been assessed and nothing has changed; {place.path} is shown again")
        return shown_again(place.path, progress)
    with Assessment.in_folder(study, place, progress) as work:
        result = carry_out(work, planned=lambda test: recording.of_plan(study, test, progress))
        return Result.read(place.path) if recording.of_run(place.path, progress) else result


class Assessment(Run):
    """A run whose adapted model came from elsewhere."""

    def prepare(self) -> None:
        """Also vet the adapted model; from here on its working copy stands for it."""
        super().prepare()
        assert self.study.adapted is not None, "checked before the work began"
        seen = vet_adapted(self.bench, self.study.adapted)
        self.context.vetted = [*self.context.vetted, seen]
        if seen.written in self.stopped() or seen.copy is None:
            self.context.missing[seen.written] = "its files were not accepted"
            self.bases = []
            return
        seen.copy.check()
        adapted = replace(self.study.adapted, path=seen.copy.folder)
        self.bench = replace(self.bench, study=replace(self.bench.study, adapted=adapted))

    def nothing_left(self) -> str:
        """The model itself may have been refused, not a base."""
        assert self.study.adapted is not None, "checked before the work began"
        refused = self.study.adapted.written in self.context.missing
        return "the adapted model could not be used" if refused else super().nothing_left()

    def rank(self) -> None:
        """Only the base that the model came from counts, where the study names it."""
        assert self.study.adapted is not None, "checked before the work began"
        named = self.study.adapted.base
        self.bases = [base for base in self.bases if named is None or base.written == named] or self.bases
        super().rank()

    def adapt(self) -> None:
        """Predict with the model as it is; make the references."""
        from touchstone.nn.threads import limited

        assert self.ranking is not None and self.study.adapted is not None, "bases are ranked first"
        arena = self.arena = Arena(self.bench, self.context.data, self.ranking)
        theirs = _contender(arena)
        simple = [references.majority(arena), references.non_transfer(arena)]
        probe, _, _ = references.linear_probe(arena)
        with limited(workers.share()):
            scratch = from_scratch.scratch(arena, theirs)
        if scratch is None:
            self.context.missing["scratch"] = "budget"
        self.context.contenders = [*simple, *([scratch] if scratch else []), probe, theirs]
        self.context.chosen_subject = theirs.candidate.subject
        self._count_savings(arena)
        self.available |= {Need.CANDIDATES, Need.ADAPTED}

    def export(self) -> None:
        """Nothing is exported: the model stands where it stood."""
        assert self.study.adapted is not None, "checked before the work began"
        self.outputs.adopt(self.study.adapted.path, self.study.adapted.written)


def _contender(arena: Arena) -> Contender:
    adapted = arena.bench.study.adapted
    assert adapted is not None, "checked before the work began"

    def make(folder: Path) -> None:
        from touchstone.nn.predictor import Predictor

        model = Predictor.load(adapted.path)
        columns = columns_of(model.classes, arena.data.classes, adapted.written)
        sample = first_by_content(arena.data.train, 2000)
        splits = {**arena.splits, "train": sample}
        made = {name: _probabilities(arena, model, examples) for name, examples in splits.items()}
        arrays = {name: _among(found, columns) for name, found in made.items()}
        save_arrays(folder, {**arrays, "train_labels": sample.labels})
        write_text(folder / STRAYS, json.dumps(_strays(made["test"], model.classes, columns)))
        _hold_beside_base(arena, adapted.path, folder)

    folder = arena.bench.pieces.get(
        "prediction", NAME, {**arena.rests_on, "model": folder_digest(adapted.path), "format": 2}, make
    )
    arrays = load_arrays(folder)
    train, train_labels = arrays.pop("train"), arrays.pop("train_labels")
    kept = read_retention(folder) if (folder / "retention.json").exists() else None
    trace = Trace(
        logs=(),
        train_probabilities=train[None],
        train_labels=train_labels,
        retention=kept,
        stranger=_stranger(json.loads((folder / KINSHIP).read_text(encoding="utf-8")))
        if adapted.base is not None
        else None,
        shipped="the model as given",
    )
    predictions = {name: values[None] for name, values in arrays.items()}
    candidate = Candidate(
        NAME, f"{NAME}@{adapted.base or arena.base.written}", "adapted", adapted.base or arena.base.written, (0,), False,
        Effort(0, 0, 0.0, "unknown: it was trained elsewhere"), Cost(examples_through_backbone=sum(map(len, arena.splits.values()))),
        predictions["validation"], trace=trace, details={"strays": json.loads((folder / STRAYS).read_text(encoding="utf-8"))},
    )  # fmt: skip
    return Contender(candidate, predictions, arrays, adapted.path)


def columns_of(theirs: Sequence[str], ours: Sequence[str], written: str) -> list[int]:
    """Where each class of the data stands among the model's classes.

    Raises
    ------
    StudyError
        where a class of the data is not one of the model's
    """
    missing = [name for name in ours if name not in theirs]
    if missing:
        what = f"the model knows no class {missing[0]!r}; its classes begin {', '.join(map(repr, theirs[:5]))}"
        mend = "name the data's classes as in id2label of the model's config.json"
        if len(theirs) < len(ours) and len(missing) < len(ours):
            mend = "leave the examples of classes that it was not trained on out of the data, or assess a model that knows them"
        raise StudyError(Fault(written, what, mend))
    return [list(theirs).index(name) for name in ours]


def _probabilities(arena: Arena, model: Predictor, examples: Any) -> Any:
    """(n, M) of all the model's classes."""
    import numpy as np

    parts = []
    with arena.bench.progress.task("predicting", len(examples)) as bar:
        for start in range(0, len(examples), 64):
            inputs = [examples.inputs[i] for i in range(start, min(start + 64, len(examples)))]
            parts.append(model.probabilities(inputs))
            bar.advance(len(inputs))
    return np.concatenate(parts)


def _among(found: Any, columns: list[int]) -> Any:
    """The probabilities among the data's classes alone, (n, M) -> (n, K)."""
    import numpy as np

    ours = found[:, columns].astype(np.float32)
    return ours / np.clip(ours.sum(1, keepdims=True), 1e-12, None)


def _strays(found: Any, classes: Sequence[str], columns: list[int]) -> dict[str, int]:
    """How often each class that the data do not have is the first answer; empty where the model knows no such class."""
    first = found.argmax(1)
    return {name: int((first == i).sum()) for i, name in enumerate(classes) if i not in columns}


def _stranger(kinship: float | None) -> str | None:
    """Why the model can hardly come from its base; None where it may."""
    if kinship is None:
        return "it is of another architecture"
    if abs(kinship) < KIN:
        return f"its weights are no more like those of the base than chance makes them (mean cosine {kinship:.2f})"
    return None


def _hold_beside_base(arena: Arena, model: Path, folder: Path) -> None:
    """How alike its weights are to the base's, and how much of that is left where it has all of the base's blocks."""
    from touchstone.nn.base_model import open_base
    from touchstone.nn.families import classifier

    theirs = open_base(model, str(model), arena.data.task)
    if theirs.family == arena.base.family and theirs.blocks == arena.base.blocks:
        kept = kept_of_base(arena, classifier(theirs, arena.data.classes, seed=arena.bench.seed), arena.data.train)
        write_retention(folder, kept)
        kinship = kept.kinship
    else:
        kinship = kinship_of(arena.base, theirs)
    write_text(folder / KINSHIP, json.dumps(kinship))


def kinship_of(base: Base, theirs: Base) -> float | None:
    """Mean cosine of the weights that both have under one name; None where they share no architecture.

    A model may have more blocks than its base or fewer: exports of texts carry one that takes the mean over tokens.
    """
    from touchstone.nn.families import classifier
    from touchstone.nn.retention import kinship

    if theirs.family != base.family:
        return None
    return kinship(classifier(base, ("a", "b")), classifier(theirs, ("a", "b")))
