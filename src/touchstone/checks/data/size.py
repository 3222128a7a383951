"""Check ``data.size``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import ceil, log
from typing import Any, ClassVar

import numpy as np

from touchstone.checks.check import Check
from touchstone.checks.context import Context, Need
from touchstone.checks.words import counted, listed, percent, plural, points, quoted, things
from touchstone.core.finding import Finding, Severity, Status
from touchstone.dataset.model import UNLABELLED
from touchstone.stats.decide import ALPHA, ALPHA_PASS
from touchstone.stats.intervals import lower_bound, upper_bound
from touchstone.stats.power import mcnemar_power
from touchstone.study.model import Requirement

_SHARES = ("accuracy", "balanced_accuracy", "macro_recall", "macro_f1", "weighted_f1")
"""Scores of which a flawless model's exact bound on n items is close to that of a proportion."""


class Size(Check):
    """Can this much data answer the question?

    **Question.** Is the test set large enough for the study's thresholds and for telling two models apart, and does
    every class have enough training examples to learn from?

    **Method.** Before anything is trained. Test: (1) a bound such as `accuracy >= 0.95` can only ever be shown if a
    flawless model would show it: the exact lower bound of n right out of n must reach it; (2) the chance that a
    paired test at the study's error rate shows a true difference of 10 points between two models that disagree on
    14 % of examples. A fail where a bound is out of reach or that chance is below one half, a pass where it is at
    least 80 %. Training: a fail where two or more classes have fewer than 10 examples, a pass where all have 20.

    **Source.** Exact bounds: Clopper and Pearson (1934). Power of the exact paired test: McNemar (1947).

    **Cannot see.** How hard the task is. The rarer classes of the test set are sealed; `evaluate.per_class` speaks
    of them later.
    """

    id: ClassVar[str] = "data.size"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.DATA})
    thresholds: ClassVar[Mapping[str, float]] = {
        "difference": 0.10, "disagreement": 0.14, "power_pass": 0.8, "power_fail": 0.5,
        "train_per_class_fail": 10, "train_per_class_pass": 20,
    }  # fmt: skip

    def run(self, context: Context) -> Iterator[Finding]:
        yield self._train(context)
        yield self._test(context)

    def _train(self, context: Context) -> Finding:
        data, task = context.data, context.study.task
        labels = [data.train.labels]
        if "validation" in data.made_here:
            labels.append(data.validation.labels)
        known = np.concatenate(labels)
        counts = np.bincount(known[known != UNLABELLED], minlength=len(data.classes))
        n, least = int(counts.sum()), int(counts.min()) if len(counts) else 0
        few, enough = int(self.thresholds["train_per_class_fail"]), int(self.thresholds["train_per_class_pass"])
        thin = [c for c, k in zip(data.classes, counts, strict=True) if k < enough]
        starved = [c for c, k in zip(data.classes, counts, strict=True) if k < few]
        more = int(np.maximum(enough - counts, 0).sum())
        details: dict[str, Any] = {"smallest_class": least, "thin_classes": thin[:1000]}
        ask = (
            f"about {more:,} more labelled {things(task, more)} of {quoted(thin)} would give every class {enough}"
            if thin
            else None
        )
        have = f"{counted(n, task)} of {plural(len(data.classes), 'class', 'classes')}"
        if len(starved) >= 2:
            return self.finding(
                "train", Status.FAIL,
                f"There are {have} to learn from, and {plural(len(starved), 'class', 'classes')} ({quoted(starved, 3)}) "
                f"{'have' if len(starved) > 1 else 'has'} fewer than {few}: what is said about them is close to a guess.",
                value=float(least), threshold=float(few), n=n, remedy=ask, **details,
            )  # fmt: skip
        if thin:
            return self.finding(
                "train", Status.INCONCLUSIVE,
                f"There are {have} to learn from; {quoted(thin, 3)} {'have' if len(thin) > 1 else 'has'} fewer than {enough}, "
                "which may or may not do.",
                value=float(least), threshold=float(enough), n=n, remedy=ask,
                needed_more=more, needed_what=f"labelled training {things(task)}", **details,
            )  # fmt: skip
        return self.finding(
            "train", Status.PASS, f"There are {have} to learn from, at least {least:,} of each.",
            value=float(least), threshold=float(enough), n=n, **details,
        )  # fmt: skip

    def _test(self, context: Context) -> Finding:
        n, task = len(context.data.test), context.study.task
        if n == 0:
            return self.finding(
                "test", Status.FAIL, "There is no test set, and none could be made from the training data.", value=0.0, n=0,
                remedy=f"label at least {self._n_for(self.thresholds['power_pass']):,} test {things(task)}",
            )  # fmt: skip
        asked = [bound for bound in context.study.require if bound.on == "test"]
        needed = {_written(bound): size for bound in asked if (size := _n_to_show(bound)) is not None and size > n}
        power = self._power(n)
        half = (upper_bound(round(0.9 * n), n, 0.025) - lower_bound(round(0.9 * n), n, 0.025)) / 2
        details: dict[str, Any] = {
            "power_for_10_points": power, "half_width_at_90_percent": half, "out_of_reach": needed,
        }  # fmt: skip
        if needed:
            return self._unreachable(n, task, needed, details)
        gap = points(self.thresholds["difference"])
        tells = f"With {counted(n, task)} to test on, an accuracy near 90 % is known to within {points(half)}"
        goal = self._n_for(self.thresholds["power_pass"])
        more = max(goal - n, 0)
        ask = (
            f"about {more:,} more labelled test {things(task)} would show a true difference of {gap} four times in five"
        )
        if power >= self.thresholds["power_pass"]:
            return self.finding(
                "test", Status.PASS, f"{tells}, and a true difference of {gap} between two models shows in {percent(power)} of cases.",
                value=power, threshold=self.thresholds["power_pass"], n=n, **details,
            )  # fmt: skip
        fails = power < self.thresholds["power_fail"]
        return self.finding(
            "test", Status.FAIL if fails else Status.INCONCLUSIVE,
            f"{tells}; a true difference of {gap} between two models would show in {percent(power)} of cases, so expect open questions.",
            value=power, threshold=self.thresholds["power_fail" if fails else "power_pass"], n=n, remedy=ask,
            needed=goal, needed_more=more, needed_what=f"labelled test {things(task)}", **details,
        )  # fmt: skip

    def _unreachable(self, n: int, task: str, needed: dict[str, int], details: dict[str, Any]) -> Finding:
        hardest = max(needed, key=lambda bound: needed[bound])
        more = needed[hardest] - n
        return self.finding(
            "test", Status.FAIL,
            f"With {counted(n, task)} to test on, even a flawless model could not show {listed(list(needed))}: "
            f"{hardest} needs at least {counted(needed[hardest], task)}.",
            value=float(n), threshold=float(needed[hardest]), n=n,
            remedy=f"label at least {more:,} more test {things(task, more)}, or ask for less before the test set is opened",
            needed=needed[hardest], needed_more=more, needed_what=f"labelled test {things(task)}", **details,
        )  # fmt: skip

    def _power(self, n: int) -> float:
        alpha = 2 * ALPHA[Severity.MAJOR]
        return mcnemar_power(n, self.thresholds["disagreement"], self.thresholds["difference"], alpha)

    def _n_for(self, power: float) -> int:
        return next(n for n in range(50, 5000, 10) if self._power(n) >= power)


def _n_to_show(bound: Requirement) -> int | None:
    """Fewest items on which a flawless model shows the bound at one-sided 5 %; None where no such count is known.

    n of n right has the exact lower bound alpha^(1/n).
    """
    wanted = bound.minimum if bound.metric in _SHARES else None
    if wanted is None or wanted <= 0:
        return None
    return ceil(log(ALPHA_PASS) / log(wanted)) if wanted < 1 else 10**9


def _written(bound: Requirement) -> str:
    return f"{bound.metric} >= {bound.minimum:g}"
