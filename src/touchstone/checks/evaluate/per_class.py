"""Check ``evaluate.per_class``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from touchstone.checks.context import Context
from touchstone.checks.judged import JudgedCheck
from touchstone.checks.words import counted, listed, percent, plural, quoted, things
from touchstone.core.finding import Finding, Status
from touchstone.core.interval import Interval
from touchstone.core.measures import Candidate
from touchstone.evaluate.confusion import confusion
from touchstone.stats.decide import ALPHA_PASS
from touchstone.stats.intervals import clopper_pearson
from touchstone.stats.multiple import holm

_FEW = 10
"""Test examples of a class below which nothing is said about it."""
_WORST = 10
"""How many failed classes get a finding of their own."""


class PerClass(JudgedCheck):
    """Is any class failed?

    **Question.** Behind a fine average, is there a class that the model hardly ever recognises?

    **Method.** Recall of each class on the sealed test items, of what would ship. A class is failed where its
    recall is for certain (exact binomial, one-sided 5 %, closed over all classes by Holm) below 20 %, or below a
    quarter of the other classes' mean. That is a far stricter claim than "below average": a class with a true
    recall of one half has less than one chance in a thousand to be called failed. Classes with fewer than 10 test
    examples are left open. Of a model brought for assessment that knows further classes: a fail where those are its
    first answer for certain to more than 1 % of the test items, since here only its answers among the data's classes count.

    **Source.** Holm (1979).

    **Cannot see.** Classes without test examples, and which part of a class fails (`evaluate.slices`).
    """

    id: ClassVar[str] = "evaluate.per_class"
    thresholds: ClassVar[Mapping[str, float]] = {
        "recall": 0.2,
        "of_the_others": 0.25,
        "least_items": _FEW,
        "strays": 0.01,
    }

    def judge(self, context: Context, candidate: Candidate) -> Iterator[Finding]:
        labels, shipped = context.labels("test"), context.shipped(candidate, "test")
        classes = [
            one
            for one in _classes(context.data.classes, confusion(shipped.argmax(1), labels, shipped.shape[1]))
            if one.n
        ]
        if not classes:
            yield self.finding(
                candidate.subject,
                Status.INCONCLUSIVE,
                "There are no test examples to look at by class.",
                remedy="label test examples",
            )
            return
        failed = self._failed(classes)
        ships = context.chosen is not None and candidate.subject == context.chosen.subject
        task = context.study.task
        for one in failed[:_WORST] if ships else ():
            yield self._class(one, task)
        yield self._summary(candidate, classes, failed, ships, context)
        if strays := candidate.details.get("strays"):
            yield self._strays(strays, len(labels), task)

    def _strays(self, strays: Mapping[str, int], n: int, task: str) -> Finding:
        """Classes that an assessed model knows and the data do not: whoever uses it gets those answers too."""
        count, names = sum(strays.values()), quoted(list(strays))
        share, subject = clopper_pearson(count, n), "classes beyond the data's"
        said = f"The model also knows {names}, which the data do not have; for {count:,} of {counted(n, task)} such a class is its first answer"
        numbers: dict[str, Any] = {
            "value": count / n,
            "interval": share,
            "threshold": self.thresholds["strays"],
            "n": n,
        }
        if share.low > self.thresholds["strays"]:
            return self.finding(
                subject, Status.FAIL,
                f"{said}. Here its best answer among the data's classes was counted; whoever uses it gets the other one.",
                remedy="train a head of the data's classes alone, or leave those outputs out wherever the model is used", **numbers, strays=dict(strays),
            )  # fmt: skip
        return self.finding(subject, Status.PASS, f"{said}.", **numbers, strays=dict(strays))

    def _failed(self, classes: Sequence[_Class]) -> list[_Class]:
        """Failed classes, worst first."""
        from scipy.stats import binom  # type: ignore[import-untyped]

        if len(classes) < 2:
            return []
        limits = [self._limit(one, classes) for one in classes]
        p_values = [float(binom.cdf(one.hits, one.n, limit)) for one, limit in zip(classes, limits, strict=True)]
        sure = holm(p_values) < ALPHA_PASS
        failed = [one for one, yes in zip(classes, sure, strict=True) if yes and one.n >= _FEW]
        return sorted(failed, key=lambda one: (one.recall, one.name))

    def _limit(self, one: _Class, classes: Sequence[_Class]) -> float:
        others = float(np.mean([other.recall for other in classes if other is not one]))
        return max(self.thresholds["recall"], self.thresholds["of_the_others"] * others)

    def _class(self, one: _Class, task: str) -> Finding:
        taken = f", mostly taken for `{one.taken_for}`" if one.taken_for else ""
        return self.finding(
            f"class={one.name}", Status.FAIL,
            f"Of {counted(one.n, task)} of class `{one.name}` only {one.hits:,} ({percent(one.recall)}) are recognised{taken}; "
            f"whoever relies on this class is failed.",
            value=one.recall, interval=one.interval, threshold=self.thresholds["recall"], n=one.n,
            remedy=f"label more {things(task)} of `{one.name}`, shift the decision threshold in its favour, or merge it with `{one.taken_for}`",
            taken_for=one.taken_for,
        )  # fmt: skip

    def _summary(
        self, candidate: Candidate, classes: Sequence[_Class], failed: Sequence[_Class], ships: bool, context: Context
    ) -> Finding:
        task, n = context.study.task, sum(one.n for one in classes)
        details: dict[str, Any] = {"classes": {one.name: one.told() for one in classes}}
        worst = min(classes, key=lambda one: (one.recall, one.name))
        absent = [name for name in context.data.classes if name not in {one.name for one in classes}]
        thin = [one for one in classes if one.n < _FEW]
        doubtful = [
            one for one in classes if one not in failed and one not in thin and one.recall < self._limit(one, classes)
        ]
        numbers: dict[str, Any] = {
            "value": worst.recall,
            "interval": worst.interval,
            "threshold": self.thresholds["recall"],
            "n": n,
        }
        if failed and (not ships or len(failed) > _WORST):
            return self.finding(
                candidate.subject, Status.FAIL,
                f"{plural(len(failed), 'class is', 'classes are')} hardly ever recognised: "
                f"{listed([f'`{one.name}` ({percent(one.recall)})' for one in failed])}.",
                remedy="label more of them or shift the decision thresholds in their favour", **numbers, **details,
            )  # fmt: skip
        if thin or absent or doubtful:
            more = sum(_FEW - one.n for one in thin) + _FEW * len(absent) + sum(max(30 - one.n, 10) for one in doubtful)
            names = [one.name for one in (*doubtful, *thin)] + absent
            judged = [one.recall for one in classes if one not in failed and one not in thin and one not in doubtful]
            others = (
                f"; of the classes that can be judged, the least recognised that is not failed is at {percent(min(judged))}"
                if judged
                else ""
            )
            return self.finding(
                candidate.subject, Status.INCONCLUSIVE,
                f"For {quoted(names)} there are too few test {things(task)} to say whether they are recognised{others}.",
                remedy=f"about {more:,} more labelled test {things(task)} of these classes would decide whether they are recognised",
                needed_more=more, needed_what=f"labelled test {things(task)}", thin_classes=names, **numbers, **details,
            )  # fmt: skip
        rest = "the other classes" if failed else f"{plural(len(classes), 'class', 'classes')}"
        return self.finding(
            candidate.subject, Status.PASS,
            f"None of {rest} is failed; the least recognised, `{worst.name}`, is at {percent(worst.recall)}." if not failed
            else f"None of {rest} is failed.",
            **numbers, **details,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Class:
    name: str
    hits: int
    n: int
    predicted: int
    taken_for: str | None

    @property
    def recall(self) -> float:
        return self.hits / self.n

    @property
    def interval(self) -> Interval:
        return clopper_pearson(self.hits, self.n)

    def told(self) -> dict[str, Any]:
        # Below 30 items a share reads more certain than it is: the interval stands alone.
        return {
            "recall": self.recall if self.n >= 30 else None, "recall_interval": self.interval, "n": self.n,
            "precision": self.hits / self.predicted if self.predicted else None,
            "precision_interval": clopper_pearson(self.hits, self.predicted),
        }  # fmt: skip


def _classes(names: Sequence[str], table: Any) -> list[_Class]:
    found = []
    for k, name in enumerate(names):
        wrong = table[k].copy()
        wrong[k] = 0
        taken = names[int(wrong.argmax())] if wrong.any() else None
        found.append(_Class(name, int(table[k, k]), int(table[k].sum()), int(table[:, k].sum()), taken))
    return found
