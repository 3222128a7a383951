"""Check ``adapt.forgetting``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from math import isfinite
from typing import Any, ClassVar

from touchstone.checks.adapt.evidence import FROZEN, Earned, each_seed, earned
from touchstone.checks.context import Context
from touchstone.checks.doubt import Doubt, undecided
from touchstone.checks.judged import JudgedCheck, is_frozen
from touchstone.checks.words import between, named, percent, points, things
from touchstone.core.finding import Finding, Severity, Status
from touchstone.core.measures import Candidate, Retention
from touchstone.stats.claims import Claim
from touchstone.stats.decide import ALPHA, decide

_WHICH_BASE = (
    "name the base model that it was made from (adapted: base), so that its licence and history are looked at too"
)
_LIKELY = (
    "mix the tuned weights half and half with the base's (weight interpolation, no training), thaw fewer blocks, or ship the frozen base "
    "with a trained head"
)


class Forgetting(JudgedCheck):
    """Did fine-tuning overwrite what the base knew?

    **Question.** Is the fine-tuned model worse than the frozen base with a linear probe, here or on data from
    elsewhere, or did its features move away from the base's without earning anything for it?

    **Method.** (a) The probe's score minus the fine-tuned model's, on the same test items and on each shift set,
    seeds and items random: a fail where the loss is a point or more and above 0 for certain; and where that holds of
    each single one of three seeds or more, items random, however far they lie apart: whichever of them ships, it is
    worse. (b) How much of the
    base's own knowledge is still there: a pseudo-task of the base's own clusters, solved from base, tuned and
    random-weights features; retained = (tuned - random) / (base - random). A fail where it is below 0.6 for certain
    and no gain over the probe is proven; with a proven gain the model has specialised, which is no fault. Features
    that moved (CKA) are told, never decisive. (c) Of a model brought for assessment: a fail where it is of another
    architecture than the base it is said to come from, or its weights are like the base's no more than by chance.

    **Source.** Kumar et al. (ICLR 2022): fine-tuning can distort features and lose out of distribution; Biderman et
    al. (TMLR 2024); Davari et al. (ICLR 2023) on CKA.

    **Cannot see.** Skills of the base that the reference inputs do not touch. Where base and random weights differ
    by less than 20 points on the pseudo-task, (b) is not used.
    """

    id: ClassVar[str] = "adapt.forgetting"
    thresholds: ClassVar[Mapping[str, float]] = {
        "loss": 0.01, "retained": 0.6, "least_base_advantage": 0.2, "least_trainings": 3,
    }  # fmt: skip

    def judge(self, context: Context, candidate: Candidate) -> Iterator[Finding]:
        if is_frozen(candidate):
            yield self.not_applicable(candidate, FROZEN)
            return
        here = earned(context, candidate)
        if here is None:
            why = context.missing.get("linear-probe", "the reference was not made")
            yield self.finding(
                candidate.subject, Status.INCONCLUSIVE, f"There is no linear probe to compare with ({why}).",
                remedy="run the study again; the probe takes seconds", reason=why,
            )  # fmt: skip
            return
        elsewhere = {
            name: found for name in context.data.shift if (found := _elsewhere(context, candidate, name)) is not None
        }
        details = self._details(candidate, here, elsewhere)
        if fault := _not_of_this_base(candidate):
            yield self._finding(candidate, here, Status.FAIL, fault, _WHICH_BASE, details)
            return
        if fault := (
            self._worse(here, elsewhere)
            or self._whichever_ships(context, candidate, here)
            or self._moved_without_earning(candidate, here)
        ):
            yield self._finding(candidate, here, Status.FAIL, fault, _LIKELY, details)
            return
        yield self._rest(context, candidate, here, elsewhere, details)

    def _worse(self, here: Earned, elsewhere: Mapping[str, Earned]) -> str | None:
        told = []
        for place, found in (("test", here), *elsewhere.items()):
            if self._decision(found.harm).status is Status.FAIL:
                told.append(
                    f"on `{place}` its {named(found.metric)} is {points(found.harm.value)} below the frozen probe's ({_range(found.harm)})"
                )
        return "Fine-tuning lost what the base knew: " + " and ".join(told) + "." if told else None

    def _whichever_ships(self, context: Context, candidate: Candidate, here: Earned) -> str | None:
        """A loss that every training shows by itself; the wilder they are, the less their mean can tell."""
        if here.harm.value < self.thresholds["loss"] or len(candidate.seeds) < self.thresholds["least_trainings"]:
            return None
        harms = [gain.negated() for gain in each_seed(context, candidate)]
        if not all(self._decision(harm).status is Status.FAIL for harm in harms):
            return None
        losses = ", ".join(points(harm.value) for harm in sorted(harms, key=lambda harm: harm.value))
        return (
            f"Fine-tuning lost what the base knew: each of its {len(harms)} trainings is for certain below the frozen probe by "
            f"{named(here.metric)}, by {losses}."
        )

    def _moved_without_earning(self, candidate: Candidate, here: Earned) -> str | None:
        kept = _kept(candidate, self.thresholds["least_base_advantage"])
        if kept is None or kept.retained is None or kept.retained.interval is None or here.proven:
            return None
        if kept.retained.interval.high >= self.thresholds["retained"]:
            return None
        return (
            f"Fine-tuning moved the features without earning it: {percent(max(kept.retained.value, 0.0))} of what the base's features told "
            f"apart is still there, and no gain over the frozen probe is shown ({points(here.gain.value, sign=True)})."
        )

    def _rest(
        self,
        context: Context,
        candidate: Candidate,
        here: Earned,
        elsewhere: Mapping[str, Earned],
        details: dict[str, Any],
    ) -> Finding:
        open_ = {
            place: found
            for place, found in (("test", here), *elsewhere.items())
            if self._decision(found.harm).status is not Status.PASS
        }
        compared = (
            f"{named(here.metric)} {points(here.gain.value, sign=True)} against the frozen probe ({_range(here.gain)})"
        )
        kept = _kept(candidate, self.thresholds["least_base_advantage"])
        specialised = ""
        if kept is not None and kept.retained is not None and kept.retained.value < self.thresholds["retained"]:
            specialised = f" It specialised: {percent(max(kept.retained.value, 0.0))} of what the base told apart is still there, and the gain is worth it."
        if not open_:
            return self._finding(
                candidate,
                here,
                Status.PASS,
                f"Nothing was lost by fine-tuning: {compared}.{specialised}",
                None,
                details,
            )
        place, found = next(iter(open_.items()))
        doubt = self._doubt(context, place, found)
        finding = self._finding(
            candidate, here, Status.INCONCLUSIVE,
            f"A loss of a point against the frozen probe is neither shown nor ruled out on {' and '.join(f'`{p}`' for p in open_)}: {compared}.",
            doubt.remedy, details,
        )  # fmt: skip
        return replace(finding, details={**finding.details, **doubt.details})

    def _doubt(self, context: Context, place: str, found: Earned) -> Doubt:
        effect, what = (
            max(self.thresholds["loss"], abs(found.harm.value)),
            f"labelled {place} {things(context.study.task)}",
        )
        return undecided(
            found.harm, effect, ALPHA[Severity.MAJOR], what, "fine-tuning lost anything against the frozen probe"
        )

    def _decision(self, harm: Claim) -> Any:
        return decide(harm, tolerance=self.thresholds["loss"], severity=Severity.MAJOR)

    def _finding(
        self, candidate: Candidate, here: Earned, status: Status, told: str, remedy: str | None, details: dict[str, Any]
    ) -> Finding:
        harm = here.harm
        return self.finding(
            candidate.subject, status, told, value=harm.value, interval=harm.interval(), threshold=self.thresholds["loss"],
            n=harm.n, remedy=remedy, **details,
        )  # fmt: skip

    def _details(self, candidate: Candidate, here: Earned, elsewhere: Mapping[str, Earned]) -> dict[str, Any]:
        details: dict[str, Any] = {
            "unit": f"{here.metric} of the linear probe minus the fine-tuned model's",
            "elsewhere": {name: {"loss": found.harm.value, "interval": found.harm.interval()} for name, found in elsewhere.items()},
        }  # fmt: skip
        retention = candidate.trace.retention if candidate.trace else None
        if retention is not None:
            details["cka"], details["displacement"] = dict(retention.cka), dict(retention.displacement)
            details["kinship"] = retention.kinship
            if retention.retained is not None:
                details["retained"], details["retained_interval"] = (
                    retention.retained.value,
                    retention.retained.interval,
                )
        return details


def _not_of_this_base(candidate: Candidate) -> str | None:
    why = candidate.trace.stranger if candidate.trace else None
    if why is None:
        return None
    return f"This model does not come from `{candidate.base}`, or nothing of it is left: {why}. What that base brought cannot be told from it."


def _elsewhere(context: Context, candidate: Candidate, name: str) -> Earned | None:
    """The gain on a shift set, where both were asked there."""
    try:
        return earned(context, candidate, name)
    except KeyError:  # the desk holds no predictions for a shift set that was not measured
        return None


def _kept(candidate: Candidate, least: float) -> Retention | None:
    """Retention, where the base itself knows enough on the pseudo-task for it to mean something."""
    retention = candidate.trace.retention if candidate.trace else None
    return retention if retention is not None and retention.base_accuracy - retention.twin_accuracy >= least else None


def _range(claim: Claim) -> str:
    if not isfinite(claim.standard_error):
        return "the spread from seed to seed is not known from one training"
    interval = claim.interval()
    return between(interval.low, interval.high)
