"""The order of the candidate bases: features of each in one pass, then scores on the same items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from touchstone.checks.context import Need
from touchstone.core.measures import BaseScore
from touchstone.core.progress import Progress, Silent
from touchstone.pipeline.bench import Bench
from touchstone.pipeline.result import Result
from touchstone.study.model import Study

if TYPE_CHECKING:
    from touchstone.dataset.model import Dataset, Examples
    from touchstone.nn.base_model import Base
    from touchstone.nn.work import Work

NOMINAL_MACS_PER_SECOND = 2e10
"""Turns counted work into seconds for the choice among equals: the same on every machine, so the choice is too."""


@dataclass(frozen=True)
class Ranking:
    """Ranked bases, best first, and the one that carries the study."""

    scores: tuple[BaseScore, ...]
    raw_items: Any
    base: Base
    work: Work
    through_backbone: int


def rank_bases(bench: Bench, data: Dataset, bases: Sequence[Base]) -> Ranking:
    """Score every base on a stratified sample of the training examples, each beside its random-initialised twin."""
    from touchstone.nn.work import work_of
    from touchstone.rank import domain

    sample = domain.ranking_sample(data.train.labels, seed=bench.seed)
    examples = data.train.take(sample)
    works = [work_of(base) for base in bases]
    inputs, passed, raw = [], 0, None
    with bench.journal.stage("features"):
        for base, work in zip(bases, works, strict=True):
            own, twin = (features(bench, base, examples, twin=twin, expected=data.n_read) for twin in (False, True))
            passed += own.computed + twin.computed
            inputs.append(domain.BaseInput(base.written, own.blocks, twin.blocks, work.macs / NOMINAL_MACS_PER_SECOND))
    with bench.journal.stage("ranking", "ranking the base models on frozen features"):
        from touchstone.candidates.non_transfer import raw_features

        raw = raw_features(examples, progress=bench.progress)
        scores, items = domain.rank_bases(
            inputs, examples.labels, group_numbers(examples), raw, seed=bench.seed, progress=bench.progress
        )
    place = [base.written for base in bases].index(scores[0].base)
    return Ranking(_told_apart(scores, bases), items, bases[place], works[place], passed)


def _told_apart(scores: Sequence[BaseScore], bases: Sequence[Base]) -> tuple[BaseScore, ...]:
    """The scores, with what is one and the same under two names said."""
    earliest: dict[str, str] = {}
    same = {base.written: earliest.setdefault(base.digest, base.written) for base in bases}
    return tuple(
        replace(score, same_as=same[score.base]) if same[score.base] != score.base else score for score in scores
    )


def features(bench: Bench, base: Base, examples: Examples, *, twin: bool = False, expected: int | None = None) -> Any:
    """Frozen features from the bank; only what is not there yet goes through the backbone.

    ``expected`` counts what the whole run will pass through this base: it decides which engines are worth trying.
    """
    from touchstone.nn import bank

    return bank.features(
        base, examples, home=bench.home, progress=bench.progress, seed=bench.seed, twin=twin, expected=expected
    )


def group_numbers(examples: Examples) -> Any:
    """Groups as integers; None where no group column is declared."""
    import numpy as np

    if examples.groups is None:
        return None
    return np.unique(np.asarray(examples.groups, dtype=str), return_inverse=True)[1]


def rank(study: Study, *, out: Path | None = None, progress: Progress | None = None) -> Result:
    """The verb ``rank``: supply and base findings, and the order of the bases."""
    from touchstone.pipeline.run import Run

    with Run.passing(study, "rank", out, progress or Silent()) as work:
        work.prepare()
        if work.bases:
            work.rank()
        result: Result = work.conclude(("supply", "base"), work.available - {Need.TEST})
    return result
