"""Check ``data.coverage``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from touchstone.checks.check import Check
from touchstone.checks.context import Context, Need
from touchstone.checks.doubt import more
from touchstone.checks.words import counted, listed, percent, plural, things
from touchstone.core.finding import Finding, Severity, Status
from touchstone.dataset.model import Dataset, Examples
from touchstone.dataset.times import holds_dates
from touchstone.evaluate.regions import Region, regions
from touchstone.stats.decide import ALPHA
from touchstone.stats.intervals import clopper_pearson, lower_bound, upper_bound

_MOST_VALUES = 50
"""A column with more values than this names examples rather than groups of them."""
_MOST = 3000


class Coverage(Check):
    """Does training cover what deployment sees?

    **Question.** Is a group or a kind of input that deployment meets thin or missing in the training data?

    **Method.** A sample of what deployment sees (`unlabelled`, else a test set that was given) is compared with the
    training data: value by value of the slice columns (or of every column with at most 50 values that both sides
    have), and region by region of the feature space (clusters of both together). A fail where a part makes up at
    least 2 % of the sample and training holds less than a fifth of that share, proven at the study's error rate
    shared among all parts (exact bounds of both shares). A pass where no part is that thin and the sample is large
    enough to have shown one of 5 %.

    **Source.** Suresh and Guttag (EAAMO 2021) on representation bias; Clopper and Pearson (1934) for the bounds.

    **Cannot see.** Groups that neither a column nor the features show, and what the sample itself does not hold.
    Without a sample the question cannot be answered; slice columns are then only counted.
    """

    id: ClassVar[str] = "data.coverage"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.DATA})
    thresholds: ClassVar[Mapping[str, float]] = {
        "share_of_sample": 0.02, "relative_share": 0.2, "shown_share": 0.05, "thin": 20,
    }  # fmt: skip

    def run(self, context: Context) -> Iterator[Finding]:
        data, task = context.data, context.study.task
        where, sample = _sample(data)
        if sample is None or len(sample) == 0:
            yield from self._without_sample(data, context.study.data.slices, task)
            return
        train = _learnt_from(data)
        names = context.study.data.slices or _shared_columns(train, sample)
        columns = [name for name in names if name in train.columns and name in sample.columns]
        parts = [part for name in columns for part in _values(name, train, sample)]
        named = len(parts)
        parts += _regions(context, train, sample)
        yield from self._judge(parts, where, len(sample), task, columns, len(parts) - named)

    def _without_sample(self, data: Dataset, slices: Sequence[str], task: str) -> Iterator[Finding]:
        train = _learnt_from(data)
        thin = {
            f"{name}={value}": count
            for name in slices if name in train.columns
            for value, count in Counter(train.columns[name]).items()
            if count < self.thresholds["thin"]
        }  # fmt: skip
        if thin:
            yield self.finding(
                "train", Status.INCONCLUSIVE,
                f"{plural(len(thin), 'group')} of the slice columns ({listed(sorted(thin), 3)}) {'has' if len(thin) == 1 else 'have'} fewer than "
                f"{self.thresholds['thin']:g} training {things(task)}; whether deployment meets them is not known.",
                remedy="give a sample of what deployment sees (data.unlabelled), of a thousand or so without labels",
                thin=thin, needed_more=1000, needed_what=f"{things(task)} from deployment, without labels",
            )  # fmt: skip
            return
        yield self.finding(
            "train", Status.NOT_APPLICABLE,
            "There is no sample of what deployment sees (data.unlabelled) and no test set was given, so there is nothing to compare with.",
            remedy="give a sample of what deployment sees (data.unlabelled); it needs no labels",
        )  # fmt: skip

    def _judge(
        self, parts: Sequence[Region], where: str, n_sample: int, task: str, columns: Sequence[str], n_regions: int
    ) -> Iterator[Finding]:  # fmt: skip
        alpha = ALPHA[Severity.MAJOR] / max(1, len(parts))
        missed, doubtful = [], []
        for part in parts:
            seen, held = part.in_sample / part.n_sample, part.in_train / part.n_train
            if seen < self.thresholds["share_of_sample"] or held >= self.thresholds["relative_share"] * seen:
                continue
            most = upper_bound(part.in_train, part.n_train, alpha)
            if most < lower_bound(part.in_sample, part.n_sample, alpha):
                missed.append(part)
                yield self._fail(part, where, task)
            else:
                doubtful.append(part)
        if missed:
            return
        details: dict[str, Any] = {"columns": list(columns), "n_regions": n_regions, "sample": where}
        enough = round(30 / self.thresholds["shown_share"])
        if n_sample < enough or not parts:
            doubt = more(
                n_sample, enough, f"{things(task)} from deployment", "a part of deployment is missing in training"
            )
            yield self.finding(
                "train", Status.INCONCLUSIVE,
                f"Nothing that deployment sees is proven to be thin in training, but {counted(n_sample, task)} of `{where}` are too few to show "
                f"a part of {percent(self.thresholds['shown_share'])}.",
                n=n_sample, remedy=doubt.remedy, **details, **doubt.details,
            )  # fmt: skip
            return
        if doubtful:
            worst = min(doubtful, key=lambda part: part.in_train * part.n_sample / part.in_sample)
            goal = 4 * n_sample
            doubt = more(n_sample, goal, f"{things(task)} from deployment", "it is missing in training")
            yield self.finding(
                "train", Status.INCONCLUSIVE,
                f"{worst.words} makes up {percent(worst.in_sample / worst.n_sample)} of `{where}` and {percent(worst.in_train / worst.n_train)} of the "
                f"training data; {counted(n_sample, task)} are too few to prove that it is thin there.",
                n=n_sample, remedy=doubt.remedy, parts=[part.name for part in doubtful], **details, **doubt.details,
            )  # fmt: skip
            return
        said = f"{plural(len(columns), 'column')} and " if columns else ""
        yield self.finding(
            "train", Status.PASS,
            f"What `{where}` holds ({counted(n_sample, task)}) stands in training too, by {said}{plural(n_regions, 'region')} of the features.",
            value=0.0, threshold=self.thresholds["relative_share"], n=n_sample, **details,
        )  # fmt: skip

    def _fail(self, part: Region, where: str, task: str) -> Finding:
        n_train, n_sample = part.n_train, part.n_sample
        held, seen = part.in_train / n_train, part.in_sample / n_sample
        have = (
            "no example"
            if not part.in_train
            else f"only {part.in_train:,} of {counted(n_train, task)} ({percent(held)})"
        )
        return self.finding(
            part.name, Status.FAIL,
            f"{part.words} makes up {percent(seen)} of `{where}` and {have} of the training data: a model is asked about it without having learnt it.",
            value=held / seen, interval=None, threshold=self.thresholds["relative_share"], n=n_sample,
            remedy=f"label more {things(task)} of this part, about {max(1, round(seen * n_train) - part.in_train):,}, or keep the model away from it",
            no_interval="a ratio of two exact shares, whose intervals stand beside it",
            share_of_sample=seen, share_of_sample_interval=clopper_pearson(part.in_sample, n_sample),
            share_of_training=held, share_of_training_interval=clopper_pearson(part.in_train, n_train),
            examples=list(part.examples), split=where,
        )  # fmt: skip


def _sample(data: Dataset) -> tuple[str, Examples | None]:
    if data.unlabelled is not None:
        return "unlabelled", data.unlabelled
    return ("test", data.given["test"]) if "test" in data.given else ("", None)


def _learnt_from(data: Dataset) -> Examples:
    """All that was given as training data; what was cut out of it here is of the same kind."""
    return data.given["train"]


def _shared_columns(train: Examples, sample: Examples) -> list[str]:
    return [
        name for name, values in train.columns.items()
        if name in sample.columns and 2 <= len({*values, *sample.columns[name]}) <= _MOST_VALUES
        and not name.lower().endswith("split") and not holds_dates(train.columns[name])
    ]  # fmt: skip


def _values(name: str, train: Examples, sample: Examples) -> Iterator[Region]:
    held, seen = Counter(train.columns[name]), Counter(sample.columns[name])
    for value in sorted(seen):
        if value:
            where = tuple(e for e, v in zip(sample.names, sample.columns[name], strict=True) if v == value)
            yield Region(
                f"{name}={value}", f"`{name}` = {value}", held[value], len(train), seen[value], len(sample), where
            )


def _regions(context: Context, train: Examples, sample: Examples) -> list[Region]:
    """Clusters of the features of both sides; empty where there are no features."""
    if context.probed is None or len(sample) < 100:
        return []
    rng = np.random.default_rng(context.seed)
    some, other = (_some(examples, rng) for examples in (train, sample))
    return regions(context.features(some), context.features(other), other.names, seed=context.seed)


def _some(examples: Examples, rng: np.random.Generator) -> Examples:
    if len(examples) <= _MOST:
        return examples
    return examples.take(np.sort(rng.permutation(len(examples))[:_MOST]))
