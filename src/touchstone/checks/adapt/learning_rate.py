"""Check ``adapt.learning_rate``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from touchstone.checks.adapt.evidence import FROZEN, Earned, earned, paired, validation_losses
from touchstone.checks.adapt.heat import Sign, divergence, looked_for, signs
from touchstone.checks.context import Context
from touchstone.checks.judged import JudgedCheck, is_frozen
from touchstone.checks.words import named, percent, points
from touchstone.core.finding import Finding, Severity, Status
from touchstone.core.measures import Candidate
from touchstone.stats.claims import Claim
from touchstone.stats.decide import ALPHA, ALPHA_PASS


class LearningRate(JudgedCheck):
    """Did training start too hot?

    **Question.** Was the learning rate so high that the first steps destroyed what the base model knew?

    **Method.** Several independent routes, any of which is enough to fail: (1) divergence: a loss or prediction
    that is no number, or a training loss that ended above where it began; (2) a twin: the same seed and data at a
    tenth of the rate, after the same few first steps, has a smaller validation loss for certain, by at least a
    tenth of the probe's, and a sign of heat agrees; (3) harm and a sign: the validation loss is for certain worse
    than the frozen probe's, by at least a tenth, or the test score is for certain worse by a point, and a sign of
    heat agrees; (4) two signs of heat and no gain over the frozen probe. Signs of heat: the training loss leaps to
    1.5 times the untouched model's in the first steps; steps change the weights by more than 1 % each; the lowest
    trained block is no longer like the base's (linear CKA below 0.5); the weights moved ten times as far as in a
    tuned run, or by half their size; the base's own knowledge is gone; the rate is ten times what a range test
    found best. Never a pass while the validation loss lies above the probe's by more than that tenth, unless the twin
    or a proven gain clears it. For a model that was brought for assessment there are no logs: routes 3 and 4 can fail
    it by its weights and features, a proven gain or a validation loss for certain no higher than the probe's clears
    it, and else its training was not seen and the answer is inconclusive.

    **Source.** Mosbach et al. (ICLR 2021) on failed fine-tuning; Kornblith et al. (ICML 2019) and Davari et al.
    (ICLR 2023) on CKA and why it never decides alone.

    **Cannot see.** A rate that was too high and did no harm in the end: on small data that happens, and is no
    fault.
    """

    id: ClassVar[str] = "adapt.learning_rate"
    thresholds: ClassVar[Mapping[str, float]] = {
        "harm_relative_to_probe_loss": 0.1, "least_harm_nats": 0.02, "harm_points": 0.01, "signs_without_gain": 2,
        "retained": 0.6, "signs_looked_for": 3,
    }  # fmt: skip

    def judge(self, context: Context, candidate: Candidate) -> Iterator[Finding]:
        if is_frozen(candidate):
            yield self.not_applicable(candidate, FROZEN)
            return
        case = self._case(context, candidate)
        if why := divergence(candidate):
            yield self._fail(candidate, case, "divergence", f"training diverged: {why}")
            return
        for route, told in self._routes(case):
            yield self._fail(candidate, case, route, told)
            return
        yield self._rest(candidate, case)

    def _case(self, context: Context, candidate: Candidate) -> _Case:
        probe_loss, excess = _excess(context, candidate)
        relative = self.thresholds["harm_relative_to_probe_loss"] * (probe_loss or 0.0)
        return _Case(
            signs=[*signs(candidate, _siblings(context, candidate)), *self._forgotten(candidate)],
            looked_for=looked_for(candidate),
            training_seen=candidate.trace is not None
            and (bool(candidate.trace.logs) or candidate.trace.hot_start is not None),
            rate=_rate(candidate),
            gained=earned(context, candidate),
            probe_loss=probe_loss,
            excess=excess,
            twin=_twin(context, candidate),
            tolerance=max(relative, self.thresholds["least_harm_nats"]),
        )

    def _routes(self, case: _Case) -> Iterator[tuple[str, str]]:
        """Why it fails, first the surest; none of them without a sign of heat."""
        if not case.signs:
            return
        alpha, gained = ALPHA[Severity.MAJOR], case.gained
        if case.twin is not None and case.twin.lower(alpha) > 0 and case.twin.value >= case.tolerance:
            yield (
                "twin",
                f"after the same first steps a twin at a tenth of the rate had a validation loss {case.twin.value:.2f} nats smaller",
            )
        if case.excess is not None and case.excess.lower(alpha) > 0 and case.excess.value >= case.tolerance:
            yield (
                "validation loss",
                f"the validation loss ended {case.excess.value:.2f} nats above the frozen probe's {case.probe_loss:.2f}",
            )
        if gained is None:
            return
        if self._harmed(case):
            yield (
                "test score",
                f"the {named(gained.metric)} is {points(gained.harm.value)} below the frozen probe's, for certain",
            )
        several = len(case.signs) >= self.thresholds["signs_without_gain"]
        if several and not gained.proven and gained.gain.value < self.thresholds["harm_points"]:
            yield "signs", "there are several signs of heat and no gain over the frozen probe"

    def _harmed(self, case: _Case) -> bool:
        """Whether the test score is for certain a point or more below the probe's."""
        harm = case.gained.harm if case.gained is not None else None
        return (
            harm is not None and harm.lower(ALPHA[Severity.MAJOR]) > 0 and harm.value >= self.thresholds["harm_points"]
        )

    def _fail(self, candidate: Candidate, case: _Case, route: str, told: str) -> Finding:
        heat = "".join(f"; {sign.told}" for sign in case.signs)
        at = f"At a learning rate of {case.rate:g} " if case.rate else "By all that can be seen from outside "
        lower = f" ({case.rate / 10:g})" if case.rate else ""
        return self.finding(
            candidate.subject, Status.FAIL,
            f"{at}{told}{heat}. The first steps overwrote what the base model knew, and that cannot be trained back with this much data.",
            remedy=f"train again at a tenth of the rate{lower} with 10 % warm-up, starting from the linear probe's head",
            route=route, **case.numbers(), **case.details(),
        )  # fmt: skip

    def _rest(self, candidate: Candidate, case: _Case) -> Finding:
        if cool := self._cool(case):
            shown, numbers = cool
            heat = f" ({case.signs[0].told}, but it did no harm)" if case.signs else ""
            told = (
                "Training did not start too hot"
                if case.training_seen
                else "Its training was not seen, but it did no harm"
            )
            return self.finding(
                candidate.subject, Status.PASS, f"{told}: {shown}{heat}.", **{**case.details(), **numbers}
            )
        lower = f" ({case.rate / 10:g})" if case.rate else ""
        unseen = "" if case.training_seen else "its training was not seen, "
        of_its_rate = f"its rate{lower}" if case.training_seen else "the rate that it was trained at"
        seen = (
            f"there are signs of heat ({'; '.join(sign.told for sign in case.signs)})"
            if case.signs
            else "no sign of heat was found"
        )
        harm = (
            "it scores below the frozen probe for some reason"
            if self._harmed(case)
            else "neither harm nor its absence is shown"
        )
        return self.finding(
            candidate.subject, Status.INCONCLUSIVE, f"Whether training started too hot cannot be told: {unseen}{seen}, and {harm}.",
            remedy=f"train the recipe once more at a tenth of {of_its_rate}, one seed: if that scores better, this one was too hot",
            needed_more=1, needed_what="trainings", **case.numbers(), **case.details(),
        )  # fmt: skip

    def _cool(self, case: _Case) -> tuple[str, dict[str, Any]] | None:
        """What shows that training was not too hot, with the number that shows it; or None."""
        if case.twin is not None and case.twin.upper(ALPHA_PASS) < case.tolerance:
            words = "a twin at a tenth of the rate is no better after the same first steps"
            return words, _numbers(case.twin, case.tolerance, "nats of validation loss above the twin's")
        if case.excess is not None and case.excess.upper(ALPHA_PASS) < case.tolerance:
            return "its validation loss is not above the frozen probe's", case.numbers()
        if case.gained is not None and case.gained.proven:
            unit = f"{case.gained.metric} of the linear probe minus the fine-tuned model's"
            return "it gained over the frozen probe", _numbers(case.gained.harm, self.thresholds["harm_points"], unit)
        enough = len(case.looked_for) >= self.thresholds["signs_looked_for"]
        above = case.excess is not None and case.excess.value > case.tolerance
        if case.training_seen and enough and not case.signs and not self._harmed(case) and not above:
            return f"none of {len(case.looked_for)} signs of heat showed", case.numbers()
        return None

    def _forgotten(self, candidate: Candidate) -> Iterator[Sign]:
        retention = candidate.trace.retention if candidate.trace else None
        kept = retention.retained if retention else None
        if kept is not None and kept.interval is not None and kept.interval.high < self.thresholds["retained"]:
            left = "hardly anything" if kept.value < 0.05 else f"only {percent(kept.value)}"
            yield Sign("retained", f"{left} of what the base's features told apart is still there")


@dataclass(frozen=True, slots=True)
class _Case:
    """All evidence on one candidate."""

    signs: list[Sign]
    looked_for: tuple[str, ...]
    """Signs that could have shown."""
    training_seen: bool
    """Whether a log of the training is there, or its first steps beside a twin's."""
    rate: float | None
    gained: Earned | None
    probe_loss: float | None
    """The frozen probe's mean validation loss, nats."""
    excess: Claim | None
    """Final validation loss minus the probe's, item by item."""
    twin: Claim | None
    """Validation loss after the first steps minus that of the twin at a tenth of the rate."""
    tolerance: float
    """Nats of loss that matter."""

    def numbers(self) -> dict[str, Any]:
        claim = self.excess
        return (
            {}
            if claim is None
            else {"value": claim.value, "interval": claim.interval(), "threshold": self.tolerance, "n": claim.n}
        )

    def details(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "signs": {sign.name: sign.told for sign in self.signs}, "looked_for": self.looked_for,
            "training_seen": self.training_seen,
            "unit": "nats of validation loss above the linear probe's",
        }  # fmt: skip
        if self.rate is not None:
            found["learning_rate"] = self.rate
        if self.twin is not None:
            found |= {"above_twin": self.twin.value, "above_twin_interval": self.twin.interval()}
        return found


def _numbers(claim: Claim, threshold: float, unit: str) -> dict[str, Any]:
    return {"value": claim.value, "interval": claim.interval(), "threshold": threshold, "n": claim.n, "unit": unit}


def _excess(context: Context, candidate: Candidate) -> tuple[float | None, Claim | None]:
    probe = context.reference("linear-probe")
    reference = validation_losses(context, probe) if probe is not None else None
    final = candidate.trace.final_losses if candidate.trace else None
    own = final if final is not None else validation_losses(context, candidate)
    if reference is None or own is None or len(own) != len(reference):
        return None, None
    return float(reference.mean()), paired(own, reference, context.groups("validation"))


def _twin(context: Context, candidate: Candidate) -> Claim | None:
    start = candidate.trace.hot_start if candidate.trace else None
    if start is None or len(start.run_losses) < 2:
        return None
    groups = context.groups("validation")
    fitting = groups if groups is not None and len(groups) == len(start.run_losses) else None
    return paired(start.run_losses, start.twin_losses, fitting)


def _siblings(context: Context, candidate: Candidate) -> list[Candidate]:
    """Touchstone's own fine-tuned candidates on the same base."""
    return [
        one for one in context.candidates
        if one.kind == "adapted" and not one.user and one.base == candidate.base and one.subject != candidate.subject and not is_frozen(one)
    ]  # fmt: skip


def _rate(candidate: Candidate) -> float | None:
    logs = candidate.trace.logs if candidate.trace else ()
    return logs[0].learning_rate if logs else (candidate.recipe.learning_rate if candidate.recipe else None)
