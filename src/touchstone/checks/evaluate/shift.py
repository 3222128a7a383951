"""Check ``evaluate.shift``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Any, ClassVar

from touchstone.checks.context import Context
from touchstone.checks.doubt import more
from touchstone.checks.evaluate.bounds import shift_drop
from touchstone.checks.judged import JudgedCheck
from touchstone.checks.words import between, points, things
from touchstone.core.finding import Finding, Severity, Status
from touchstone.core.measures import Candidate
from touchstone.stats.decide import decide


class Shift(JudgedCheck):
    """Does it hold on data from elsewhere or later?

    **Question.** How much accuracy is lost on the labelled shift sets that the study gives, and do the references
    lose as much?

    **Method.** Accuracy on the test set minus accuracy on the shift set, independent samples, the classes of the
    test set in the shift set's proportions, so that another class mix alone is no shift. A fail where the drop is
    at least 5 points and above 0 for certain. Beside it stands the drop of the frozen probe and of the simple
    model: where they fall as well, the shift set is harder; where they do not, fine-tuning made it fragile.

    **Source.** Kumar et al. (ICLR 2022).

    **Cannot see.** Places and times of which no labelled data were given.
    """

    id: ClassVar[str] = "evaluate.shift"
    thresholds: ClassVar[Mapping[str, float]] = {"drop": 0.05}

    def judge(self, context: Context, candidate: Candidate) -> Iterator[Finding]:
        if not context.data.shift:
            yield self.not_applicable(
                candidate,
                "The study gives no shift set (data.shift), so nothing is known about data from elsewhere or later.",
            )
            return
        ships = context.chosen is not None and candidate.subject == context.chosen.subject
        for name in context.data.shift:
            # A shift set is the subject for what would ship; another recipe speaks under its own name.
            yield self._set(context, candidate, name, name if ships else candidate.subject)

    def _set(self, context: Context, candidate: Candidate, name: str, subject: str) -> Finding:
        task = context.study.task
        try:
            drop = shift_drop(context, candidate, name)
        except KeyError:
            why = context.missing.get(name, "it was not measured")
            return self.finding(
                subject, Status.INCONCLUSIVE, f"Shift set `{name}`: {why}, so what is lost there is not known.",
                remedy="run the study again with enough budget", reason=why,
            )  # fmt: skip
        if not isfinite(drop.standard_error):
            return self.finding(
                subject, Status.INCONCLUSIVE, f"Shift set `{name}` shares no class with the test set, so the two cannot be compared.",
                remedy="label some of the same classes in both",
            )  # fmt: skip
        decision = decide(drop, tolerance=self.thresholds["drop"], severity=Severity.MAJOR)
        others = self._others(context, name)
        interval = drop.interval()
        way = "below" if drop.value >= 0 else "above"
        seen = (
            f"On `{name}` accuracy is {points(abs(drop.value))} {way} that on the test set at the same class mix "
            f"(a drop {between(interval.low, interval.high)})"
        )
        beside = "; " + ", ".join(_lost(who, lost) for who, lost in others.items()) if others else ""
        numbers: dict[str, Any] = {
            "value": drop.value,
            "interval": interval,
            "threshold": self.thresholds["drop"],
            "n": drop.n,
        }
        details: dict[str, Any] = {"others": others, "candidate": candidate.subject, "shift": name}
        if decision.status is Status.PASS:
            return self.finding(subject, Status.PASS, f"It holds. {seen}{beside}.", **numbers, **details)
        if decision.status is Status.FAIL:
            return self.finding(
                subject, Status.FAIL, f"{seen}{beside}.",
                remedy=f"add labelled {things(task)} from there to training, ship the frozen probe if it loses less, or do not use the model there",
                **numbers, **details,
            )  # fmt: skip
        doubt = more(
            drop.n,
            decision.needed_n,
            f"labelled {things(task)} like `{name}`",
            "accuracy drops there by an amount that matters",
        )
        return self.finding(
            subject, Status.INCONCLUSIVE, f"{seen}{beside}; a drop that matters is neither shown nor ruled out.",
            remedy=doubt.remedy, **numbers, **details, **doubt.details,
        )  # fmt: skip

    def _others(self, context: Context, name: str) -> dict[str, float]:
        """How much the references lose on the same shift set."""
        lost = {}
        for reference, told in (("linear-probe", "the frozen probe"), ("non-transfer", "the simple model")):
            other = context.reference(reference)
            if other is None:
                continue
            try:
                lost[told] = shift_drop(context, other, name).value
            except KeyError:  # not asked there
                continue
        return {told: value for told, value in lost.items() if isfinite(value)}


def _lost(who: str, lost: float) -> str:
    return f"{who} {'loses' if lost >= 0 else 'gains'} {points(abs(lost))}"
