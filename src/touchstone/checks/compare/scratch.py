"""Check ``compare.scratch``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any, ClassVar

from touchstone.checks.compare.contest import (
    POINT,
    Contest,
    Word,
    against_best,
    asked_of,
    contest,
    frozen_base_wins,
    helps,
)
from touchstone.checks.compare.sizes import base_weights, in_words
from touchstone.checks.context import Context
from touchstone.checks.doubt import Doubt, beyond_numbers
from touchstone.checks.gains import as_trained, at_hand
from touchstone.checks.judged import JudgedCheck
from touchstone.checks.words import between, named, points, things
from touchstone.core.finding import Finding, Severity, Status
from touchstone.core.measures import Candidate
from touchstone.stats.claims import Claim
from touchstone.stats.decide import ALPHA_PASS

_NO_TIME = "give the study more minutes (adapt.budget), so that the same architecture is trained from scratch beside it"
_MISSING = "run the study again, so that the same architecture is trained from scratch beside it"


class Scratch(JudgedCheck):
    """Did transfer help, beyond doubt?

    **Question.** Is the adapted model better than the same architecture trained from fresh weights on the same
    data, or did the base model's knowledge do nothing, or harm?

    **Method.** Both are trained with several seeds and scored on the same sealed test items; the difference of
    their mean scores is a claim about the recipes, with seeds and items random, seed variance pooled over the
    study's candidates. Words: PROVEN HELPFUL (pass), HARMFUL (blocker, error rate 1 in 2,000 and a loss of a
    point), EQUIVALENT, for certain not a point better (major), NOT PROVEN (inconclusive, with what would settle
    it). Where what would ship is not better than chance for certain, nothing is proven: between two that guess a
    score may differ. A reference that was still improving when its planned epochs ended is undertrained: no win over
    it counts, the answer is inconclusive; but more training can only make it better, so what it shows of a loss, or of
    a missing gain, holds as it stands. A harmful result is laid to the base model only where the frozen linear probe on
    the same base does not beat scratch either. Where few examples are there the reference is a slim network of the same
    architecture. Where its loss was still falling and another gain like that of its second half could
    reach the transferred model, its first seed is trained with twice the budget: if that takes less than a twentieth
    off the loss, the budget was enough; if more, every seed gets it, and the reference counts as undertrained only
    while its loss still falls then and another gain as large could reach the transferred model. A reference may be
    stopped early only in its own favour: when even the optimistic envelope of its learning curve stays below the
    transferred model, and these very models differ on the test set. Where the seeds of scratch differ too much for
    that, what would ship is held against its best training, picked on validation, items alone random. An open answer
    that points to harm weighs as a blocker, any other as major.

    **Source.** He et al. (ICCV 2019) and Raghu et al. (NeurIPS 2019): scratch is no straw man. Bouthillier et al.
    (MLSys 2021) on what varies; Benavoli et al. (JMLR 2017) on equivalence.

    **Cannot see.** A better recipe for training from scratch than the ones that were tried; the ledger of both
    efforts is in `details.ledger`.
    """

    id: ClassVar[str] = "compare.scratch"
    thresholds: ClassVar[Mapping[str, float]] = {"gain": 0.0, "point": 0.01, "of_remaining_error": 0.05}

    def judge(self, context: Context, candidate: Candidate) -> Iterator[Finding]:
        reference = context.reference("scratch")
        if reference is None:
            yield self._not_made(context, candidate)
            return
        held = contest(context, candidate, reference, Severity.BLOCKER)
        sizes = _Sizes.of(context, held)
        if held.word is Word.HARMFUL:
            yield self._harmful(context, held, sizes)
        elif (these := _stopped_behind(context, held)) is not None:
            yield self._decided_early(held, sizes, these)
        elif held.word is Word.EQUIVALENT:
            yield self._equivalent(held, sizes)
        elif reference.undertrained and held.claim.value > 0:
            yield self._undertrained(context, held, sizes)
        else:
            yield self._judged(context, held, sizes)

    def _judged(self, context: Context, held: Contest, sizes: _Sizes) -> Finding:
        told = held.told(sizes.reference) + _still_improving(held)
        if held.word is Word.HELPFUL:
            return self._stated(held, sizes, Status.PASS, f"PROVEN HELPFUL: {told}.", self.severity)
        best = None if held.guesses else against_best(context, held)
        if best is not None and not held.reference.undertrained and helps(best, held.reference_score):
            return self._beats_best(held, sizes, best)
        asked = (
            "training from scratch does better"
            if held.reference.undertrained
            else "transfer beats training from scratch"
        )
        doubt = held.doubt(context, asked)
        finding = self._stated(
            held, sizes, Status.INCONCLUSIVE, f"NOT PROVEN: {told}.", _weight(held), remedy=doubt.remedy
        )
        return replace(finding, details={**finding.details, **doubt.details})

    def _equivalent(self, held: Contest, sizes: _Sizes) -> Finding:
        return self._stated(
            held, sizes, Status.FAIL,
            f"{held.headline}: {held.told(sizes.reference)}{_still_improving(held)}. The base model brings nothing that these data do not "
            "teach by themselves.",
            Severity.MAJOR, remedy="ship the simpler model without a base, or try a base closer to these data",
        )  # fmt: skip

    def _beats_best(self, held: Contest, sizes: _Sizes, best: Claim) -> Finding:
        interval = best.interval()
        return self._stated(
            held, sizes, Status.PASS,
            f"PROVEN HELPFUL: this model beats even the best of {len(held.reference.seeds)} trainings from scratch by "
            f"{points(best.value)} ({between(interval.low, interval.high)}); their spread is too wide to say more: "
            f"{held.told(sizes.reference)}.",
            self.severity, word=str(Word.HELPFUL), against_best={"difference": best.value, "interval": best.interval()},
        )  # fmt: skip

    def _harmful(self, context: Context, held: Contest, sizes: _Sizes) -> Finding:
        cause, remedy = (
            "Starting from this base model makes the result worse.",
            "take another base model, or ship the model trained from scratch",
        )
        blamed, probe = "base", frozen_base_wins(context, held)
        beside: dict[str, Any] = {} if probe is None else {"linear_probe_score": probe.score}
        if probe is not None:
            sure = "is not at fault" if probe.claim.lower(0.05) > 0 else "is hardly at fault"
            cause = (
                f"The base model {sure}: frozen, with a linear probe, it reaches {named(held.metric)} {probe.score:.3f}. What is wrong is "
                "this model: its training, or its head."
            )
            remedy = (
                "ship the frozen base with a trained head; or train again at a tenth of the rate, starting from the probe's head; of a finished model look at "
                "the head first: its weights and the order of its classes"
            )
            blamed = "model"
        return self._stated(
            held, sizes, Status.FAIL, f"HARMFUL: {held.told(sizes.reference)}{_still_improving(held)}. {cause}", Severity.BLOCKER,
            remedy=remedy, at_fault=blamed, **beside,
        )  # fmt: skip

    def _undertrained(self, context: Context, held: Contest, sizes: _Sizes) -> Finding:
        doubt = _more_to_learn_from(context, held)
        finding = self._stated(
            held, sizes, Status.INCONCLUSIVE,
            "NOT PROVEN: the model trained from scratch was still improving when its planned epochs ended, so no win over it counts: "
            f"{held.told(f'{sizes.reference}, so far')}.",
            _weight(held), remedy=doubt.remedy, reason="reference undertrained", word=str(Word.NOT_PROVEN),
        )  # fmt: skip
        return replace(finding, details={**finding.details, **doubt.details})

    def _decided_early(self, held: Contest, sizes: _Sizes, these: Claim) -> Finding:
        why = str(held.reference.decided_early)
        return self._stated(
            held, sizes, Status.PASS,
            f"PROVEN HELPFUL: training from scratch was stopped early in its own favour ({why.rstrip('.')}); as it stands, "
            f"{held.told(sizes.reference, these)}. The difference would have shrunk with more training, but not to nothing.",
            self.severity, claim=these, envelope=why, decided_early=True, word=str(Word.HELPFUL),
        )  # fmt: skip

    def _not_made(self, context: Context, candidate: Candidate) -> Finding:
        why = context.missing.get("scratch", "the reference was not made")
        remedy = _NO_TIME if why == "budget" or context.study.adapt.budget.minutes is not None else _MISSING
        return self.finding(
            candidate.subject, Status.INCONCLUSIVE,
            f"NOT PROVEN: there is no model trained from scratch to compare with ({why}).",
            severity=Severity.MAJOR, remedy=remedy, reason=why, word=str(Word.NOT_PROVEN),
        )  # fmt: skip

    def _stated(
        self,
        held: Contest,
        sizes: _Sizes,
        status: Status,
        statement: str,
        severity: Severity,
        remedy: str | None = None,
        claim: Claim | None = None,
        **details: Any,
    ) -> Finding:
        return self.finding(
            held.candidate.subject, status, statement, severity=severity, value=held.claim.value,
            interval=(claim or held.claim).interval(), threshold=0.0, n=held.claim.n, remedy=remedy,
            **{**held.details(), **_trial(held), **sizes.details(), **details},
        )  # fmt: skip


def _stopped_behind(context: Context, held: Contest) -> Claim | None:
    """How far a reference that was stopped early lies behind on the test set, models as they are; None where it was
    not stopped, or does not for certain.
    """
    reference = held.reference
    if reference.decided_early is None or reference.undertrained or held.guesses:
        return None
    these = at_hand(held.claim)
    if not isfinite(these.standard_error):
        these = as_trained(context, held.candidate, reference, held.metric, held.split)
    return these if these.lower(ALPHA_PASS) > 0 else None


@dataclass(frozen=True, slots=True)
class _Sizes:
    """How large the reference is beside the architecture that it stands for, in weights; None where not known."""

    slim: bool
    of_reference: int | None
    of_base: int | None

    @classmethod
    def of(cls, context: Context, held: Contest) -> _Sizes:
        reference = held.reference
        slim = bool(reference.details.get("slim"))
        return cls(
            slim, reference.cost.trainable_parameters or None, base_weights(context, reference.base) if slim else None
        )

    @property
    def reference(self) -> str:
        """What the candidate is held against, in words."""
        if not self.slim:
            return "the same architecture trained from scratch"
        told = "a slim network of the same architecture trained from scratch"
        if self.of_reference is None:
            return told
        instead = f" instead of {in_words(self.of_base)}" if self.of_base else ""
        return f"{told} ({in_words(self.of_reference)} weights{instead})"

    def details(self) -> dict[str, object]:
        """For a finding's details."""
        return {"slim_reference": self.slim, "reference_weights": self.of_reference, "base_weights": self.of_base}


def _still_improving(held: Contest) -> str:
    """Of a loss, or of no gain: an undertrained reference can only get better."""
    return (
        ", and the reference was still improving: trained to its end it can only be further ahead"
        if held.reference.undertrained
        else ""
    )


def _more_to_learn_from(context: Context, held: Contest) -> Doubt:
    """What brings an undertrained reference to its end: its epochs are planned, so examples do, and minutes do not."""
    if held.guesses:
        return held.doubt(context, "transfer beats training from scratch")
    remedy = (
        f"label more training {things(context.study.task)}: the model from scratch then takes more steps and comes closer to its end, as it "
        "would not in more minutes; no larger test set decides this"
    )
    return beyond_numbers(remedy, asked_of(context, held.split))


def _trial(held: Contest) -> dict[str, object]:
    """What twice the budget brought, where that was tried."""
    words = held.reference.details.get("longer")
    return {"longer": words} if words else {}


def _weight(held: Contest) -> Severity:
    """An open comparison weighs as a blocker where it points to harm and harm is not ruled out."""
    points_to_harm = held.claim.value <= -POINT and not held.harm_excluded
    return Severity.BLOCKER if points_to_harm else Severity.MAJOR
