"""Check ``adapt.learning_rate``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from touchstone.checks.adapt.evidence import FROZEN, Earned, earned, paired, validation_losses
from touchstone.checks.adapt.heat import Sign, divergence, signs
from touchstone.checks.context import Context
from touchstone.checks.doubt import more
from touchstone.checks.judged import JudgedCheck, is_frozen
from touchstone.checks.words import named, points, things
from touchstone.core.finding import Finding, Severity, Status
from touchstone.core.measures import Candidate
from touchstone.stats.claims import Claim
from touchstone.stats.decide import ALPHA, ALPHA_PASS
from touchstone.stats.power import needed_n


class LearningRate(JudgedCheck):
    """Did training start too hot?

    **Question.** Was the learning rate so high that the first steps destroyed what the base model knew?

    **Method.** Several independent routes, any of which is enough to fail: (1) divergence: a loss or prediction
    that is no number, or a training loss that ended above where it began; (2) a twin: the same seed and data at a
    tenth of the rate, after the same few first steps, has a smaller validation loss for certain, by at least a
    tenth of the probe's, and a sign of heat agrees; (3) harm and a sign: the validation loss is for certain worse
    than the frozen probe's, by at least a tenth, or the test score is for certain worse by a point, and a sign of
    heat agrees; (4) two signs of heat and no gain over the frozen probe. Signs of heat: the training loss leaps to
    1.5 times its first value in the first 5 % of steps; steps change the weights by more than 1 % each; the lowest
    trained block is no longer like the base's (linear CKA below 0.5); the weights moved ten times as far as in a
    tuned run, or by half their size; the base's own knowledge is gone; the rate is ten times what a range test
    found best. For a model that was brought for assessment there are no logs: routes 3 and 4 decide.

    **Source.** Mosbach et al. (ICLR 2021) on failed fine-tuning; Kornblith et al. (ICML 2019) and Davari et al.
    (ICLR 2023) on CKA and why it never decides alone.

    **Cannot see.** A rate that was too high and did no harm in the end: on small data that happens, and is no
    fault.
    """

    id: ClassVar[str] = "adapt.learning_rate"
    thresholds: ClassVar[Mapping[str, float]] = {
        "harm_relative_to_probe_loss": 0.1, "harm_points": 0.01, "signs_without_gain": 2, "retained": 0.6,
    }  # fmt: skip

    def judge(self, context: Context, candidate: Candidate) -> Iterator[Finding]:
        if is_frozen(candidate):
            yield self.not_applicable(candidate, FROZEN)
            return
        found = list(signs(candidate, _siblings(context, candidate))) + list(self._forgotten(candidate))
        details: dict[str, Any] = {"signs": {sign.name: sign.told for sign in found}, **_rates(candidate)}
        if why := divergence(candidate):
            yield self._fail(candidate, f"Training diverged: {why}", found, {**details, "route": "divergence"})
            return
        gained = earned(context, candidate)
        base_loss, excess = self._excess(context, candidate)
        twin = self._twin(context, candidate)
        numbers = _numbers(excess, base_loss, self.thresholds["harm_relative_to_probe_loss"], details)
        for route, told in self._routes(found, gained, excess, base_loss, twin):
            yield self._fail(candidate, told, found, {**details, "route": route}, numbers)
            return
        yield self._rest(context, candidate, found, gained, excess, base_loss, twin, details, numbers)

    def _routes(
        self,
        found: list[Sign],
        gained: Earned | None,
        excess: Claim | None,
        base_loss: float | None,
        twin: Claim | None,
    ) -> Iterator[tuple[str, str]]:
        alpha, share = ALPHA[Severity.MAJOR], self.thresholds["harm_relative_to_probe_loss"]
        if (
            twin is not None
            and base_loss is not None
            and found
            and twin.lower(alpha) > 0
            and twin.value >= share * base_loss
        ):
            yield (
                "twin",
                f"A twin at a tenth of the rate had a validation loss {twin.value:.2f} nats smaller after the same first steps",
            )
        if (
            excess is not None
            and base_loss is not None
            and found
            and excess.lower(alpha) > 0
            and excess.value >= share * base_loss
        ):
            yield (
                "validation loss",
                f"Its validation loss ended {excess.value:.2f} nats above the frozen probe's {base_loss:.2f}",
            )
        if (
            gained is not None
            and found
            and gained.harm.lower(alpha) > 0
            and gained.harm.value >= self.thresholds["harm_points"]
        ):
            yield (
                "test score",
                f"Its {named(gained.metric)} is {points(gained.harm.value)} below the frozen probe's, for certain",
            )
        if (
            gained is not None
            and len(found) >= self.thresholds["signs_without_gain"]
            and not gained.proven
            and gained.gain.value < self.thresholds["harm_points"]
        ):
            yield "signs", "Training shows several signs of heat and gained nothing over the frozen probe"

    def _fail(
        self,
        candidate: Candidate,
        told: str,
        found: list[Sign],
        details: dict[str, Any],
        numbers: dict[str, Any] | None = None,
    ) -> Finding:
        heat = "; " + "; ".join(sign.told for sign in found) if found else ""
        rate = details.get("learning_rate")
        at = f" at a learning rate of {rate:g}" if rate else ""
        lower = f" ({rate / 10:g})" if rate else ""
        return self.finding(
            candidate.subject, Status.FAIL,
            f"{told}{at}{heat}. The first steps overwrote what the base model knew, and that cannot be trained back with this much data.",
            remedy=f"train again at a tenth of the rate{lower} with 10 % warm-up, starting from the linear probe's head",
            **(numbers or {}), **details,
        )  # fmt: skip

    def _rest(
        self, context: Context, candidate: Candidate, found: list[Sign], gained: Earned | None, excess: Claim | None,
        base_loss: float | None, twin: Claim | None, details: dict[str, Any], numbers: dict[str, Any],
    ) -> Finding:  # fmt: skip
        share = self.thresholds["harm_relative_to_probe_loss"]
        cool_start = twin is not None and base_loss is not None and twin.upper(ALPHA_PASS) < share * base_loss
        cool_end = excess is not None and base_loss is not None and excess.upper(ALPHA_PASS) < share * base_loss
        earns = gained is not None and gained.proven
        heat = f" ({found[0].told}, but it did no harm)" if found else ""
        if cool_start or cool_end or earns:
            shown = (
                "a twin at a tenth of the rate is no better after the same first steps" if cool_start
                else "its validation loss is not above the frozen probe's" if cool_end
                else "it gained over the frozen probe"
            )  # fmt: skip
            return self.finding(
                candidate.subject, Status.PASS, f"Training did not start too hot: {shown}{heat}.", **numbers, **details
            )
        asked = f"labelled validation {things(context.study.task)}"
        needed = None
        if excess is not None and base_loss is not None:
            needed = needed_n(excess.value, excess.standard_error, excess.n, share * base_loss, ALPHA[Severity.MAJOR])
        doubt = more(excess.n if excess is not None else 0, needed, asked, "training started too hot")
        seen = f"signs of heat: {'; '.join(sign.told for sign in found)}" if found else "no sign of heat"
        return self.finding(
            candidate.subject, Status.INCONCLUSIVE,
            f"Whether training started too hot cannot be told: {seen}, and neither harm nor its absence is shown.",
            remedy=doubt.remedy, **numbers, **{**details, **doubt.details},
        )  # fmt: skip

    def _forgotten(self, candidate: Candidate) -> Iterator[Sign]:
        retention = candidate.trace.retention if candidate.trace else None
        kept = retention.retained if retention else None
        if kept is not None and kept.interval is not None and kept.interval.high < self.thresholds["retained"]:
            yield Sign(
                "retained", f"only {100 * kept.value:.0f} % of what the base's features told apart is still there"
            )

    def _excess(self, context: Context, candidate: Candidate) -> tuple[float | None, Claim | None]:
        """The probe's mean validation loss, and by how much the candidate's final one is above it, item by item."""
        probe = context.reference("linear-probe")
        reference = validation_losses(context, probe) if probe is not None else None
        final = candidate.trace.final_losses if candidate.trace else None
        own = final if final is not None else validation_losses(context, candidate)
        if reference is None or own is None or len(own) != len(reference):
            return None, None
        return float(reference.mean()), paired(own, reference, context.groups("validation"))

    def _twin(self, context: Context, candidate: Candidate) -> Claim | None:
        start = candidate.trace.hot_start if candidate.trace else None
        if start is None or len(start.run_losses) < 2:
            return None
        groups = context.groups("validation")
        fitting = groups if groups is not None and len(groups) == len(start.run_losses) else None
        return paired(start.run_losses, start.twin_losses, fitting)


def _siblings(context: Context, candidate: Candidate) -> list[Candidate]:
    return [
        one for one in context.candidates
        if one.kind == "adapted" and not one.user and one.base == candidate.base and one.subject != candidate.subject and not is_frozen(one)
    ]  # fmt: skip


def _rates(candidate: Candidate) -> dict[str, Any]:
    logs = candidate.trace.logs if candidate.trace else ()
    rate = logs[0].learning_rate if logs else (candidate.recipe.learning_rate if candidate.recipe else None)
    return {} if rate is None else {"learning_rate": rate}


def _numbers(excess: Claim | None, base_loss: float | None, share: float, details: dict[str, Any]) -> dict[str, Any]:
    if excess is None or base_loss is None:
        return {}
    details["unit"] = "nats of validation loss above the linear probe's"
    return {"value": excess.value, "interval": excess.interval(), "threshold": share * base_loss, "n": excess.n}
