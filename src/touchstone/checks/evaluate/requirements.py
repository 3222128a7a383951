"""Check ``evaluate.requirements``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from touchstone.checks.context import Context
from touchstone.checks.doubt import Doubt, more
from touchstone.checks.evaluate.bounds import OF_THE_RUN, Unmeasured, hold, measure
from touchstone.checks.judged import JudgedCheck
from touchstone.checks.words import named, things
from touchstone.core.finding import Finding, Status
from touchstone.core.interval import Interval
from touchstone.core.measures import Candidate
from touchstone.stats.claims import Claim
from touchstone.stats.decide import Decision
from touchstone.study.model import Requirement


class Requirements(JudgedCheck):
    """Are the study's own thresholds met, with their uncertainty?

    **Question.** Does what would ship meet every bound that the study fixed before the test set was opened?

    **Method.** Each bound is held against an interval of what would ship: exact for accuracy and for the worst
    class or slice, a bootstrap (class-stratified, by group where groups are declared) for composite scores, order
    statistics for latency, a band for energy. Met where the bound lies outside the interval on the good side at
    one-sided 2.5 %, missed where it does on the bad side at 1 in 2,000, else open with the number of examples that
    would settle it. The k-th opening of the test set gets 1/(k(k+1)) of the error budget.

    **Source.** Clopper and Pearson (1934); Efron (1987); Dwork et al. (Science 2015) on reusing a test set.

    **Cannot see.** Whether the bounds are the right ones, and data unlike the test set.
    """

    id: ClassVar[str] = "evaluate.requirements"
    thresholds: ClassVar[Mapping[str, float]] = {
        "one_sided_error_of_a_pass": 0.025,
        "one_sided_error_of_a_fail": 0.0005,
    }

    def judge(self, context: Context, candidate: Candidate) -> Iterator[Finding]:
        if not context.study.require:
            yield self.not_applicable(candidate, "The study fixed no bounds (require), so there is nothing to meet.")
            return
        chosen = context.chosen
        ships = chosen is not None and candidate.subject == chosen.subject
        for bound in context.study.require:
            if bound.metric in OF_THE_RUN and not ships:
                yield self.not_applicable(candidate, f"`{_written(bound)}` is measured for what would ship alone.")
                continue
            yield self._held(context, candidate, bound)

    def _held(self, context: Context, candidate: Candidate, bound: Requirement) -> Finding:
        about: dict[str, Any] = {
            "metric": bound.metric,
            "on": bound.on,
            "minimum": bound.minimum,
            "maximum": bound.maximum,
        }
        try:
            evidence = measure(context, candidate, bound)
        except Unmeasured as why:
            return self.finding(
                candidate.subject, Status.INCONCLUSIVE, f"`{_written(bound)}` cannot be decided: {why}.",
                threshold=_threshold(bound), remedy=f"make it measurable ({why}), or take the bound out before the test set is opened",
                reason=str(why), **about,
            )  # fmt: skip
        opening = max(context.openings, 1)
        decision = hold(evidence, bound, opening)
        interval = evidence.interval() if isinstance(evidence, Claim) else evidence.interval
        details: dict[str, Any] = {**about, "opening": opening, "one_sided_bounds": [decision.lower, decision.upper]}
        if interval is None:
            details["no_interval"] = (
                evidence.missing if not isinstance(evidence, Claim) and evidence.missing else "not known"
            )
        doubt = self._doubt(context, bound, evidence, decision)
        status = decision.status
        told = {
            Status.PASS: f"Met: {_measured(bound, evidence.value, interval)}, and {_written(bound)} was asked.",
            Status.FAIL: f"Missed: {_measured(bound, evidence.value, interval)}, but {_written(bound)} was asked.",
        }.get(
            status,
            f"Not decided: {_measured(bound, evidence.value, interval)}; {_written(bound)} was asked and lies within what is possible.",
        )
        remedy = _mend(bound) if status is Status.FAIL else doubt.remedy
        return self.finding(
            candidate.subject, status, told, value=evidence.value, interval=interval, threshold=_threshold(bound),
            n=evidence.n, remedy=None if status is Status.PASS else remedy,
            **details, **(doubt.details if status is Status.INCONCLUSIVE else {}),
        )  # fmt: skip

    def _doubt(self, context: Context, bound: Requirement, evidence: Any, decision: Decision) -> Doubt:
        if bound.metric.startswith("latency"):
            return Doubt("time more single calls on a quiet machine of the kind that will serve")
        if bound.metric in OF_THE_RUN:
            return Doubt("measure it on a machine with hardware counters")
        where = bound.on if bound.on in context.data.shift else "test"
        what = f"labelled {where} {things(context.study.task)}" + (f" with {bound.on}" if "=" in bound.on else "")
        if bound.metric.startswith("worst_"):
            what += f" of the worst {'class' if 'class' in bound.metric else 'slice'}"
        return more(evidence.n or 0, decision.needed_n, what, f"{_written(bound)} is met")


def _written(bound: Requirement) -> str:
    """A requirement as a person would write it: ``macro F1 >= 0.85 on evening``."""
    sides = []
    if bound.minimum is not None:
        sides.append(f">= {bound.minimum:g}")
    if bound.maximum is not None:
        sides.append(f"<= {bound.maximum:g}")
    place = "" if bound.on == "test" else f" on {bound.on}"
    return f"{named(bound.metric)} {' and '.join(sides)}{place}"


def _threshold(bound: Requirement) -> float | None:
    return bound.minimum if bound.minimum is not None else bound.maximum


def _measured(bound: Requirement, value: float, interval: Interval | None) -> str:
    unit = " ms" if bound.metric.startswith("latency") else ""
    digits = 3 if abs(value) < 10 else 1
    between = f" (between {interval.low:.{digits}f} and {interval.high:.{digits}f})" if interval is not None else ""
    return f"{named(bound.metric)} is {value:.{digits}f}{unit}{between}"


def _mend(bound: Requirement) -> str:
    """What may bring a missed bound within reach."""
    way = (
        "take a smaller base model or a faster machine"
        if bound.metric in OF_THE_RUN
        else "improve the model where its worst mistakes gather"
    )
    return f"{way}, or ask for less in a new study"
