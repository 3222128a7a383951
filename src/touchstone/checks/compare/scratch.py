"""Check ``compare.scratch``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import ClassVar

from touchstone.checks.compare.contest import POINT, Contest, Word, against_best, contest, helps
from touchstone.checks.context import Context
from touchstone.checks.judged import JudgedCheck
from touchstone.checks.words import between, points
from touchstone.core.finding import Finding, Severity, Status
from touchstone.core.measures import Candidate
from touchstone.stats.claims import Claim

_MISSING = "give the study more minutes (adapt.budget), so that the same architecture is trained from scratch beside it"


class Scratch(JudgedCheck):
    """Did transfer help, beyond doubt?

    **Question.** Is the adapted model better than the same architecture trained from fresh weights on the same
    data, or did the base model's knowledge do nothing, or harm?

    **Method.** Both are trained with several seeds and scored on the same sealed test items; the difference of
    their mean scores is a claim about the recipes, with seeds and items random, seed variance pooled over the
    study's candidates. Words: PROVEN HELPFUL (pass), HARMFUL (blocker, error rate 1 in 2,000 and a loss of a
    point), EQUIVALENT, for certain not a point better (major), NOT PROVEN (inconclusive, with what would settle
    it). Where what would ship is not better than chance for certain, nothing is proven: between two that guess a
    score may differ. A reference that was still improving when its budget ended is undertrained: no win over it counts, the
    answer is inconclusive. Where its loss was still falling and another gain like that of its second half could
    reach the transferred model, its first seed is trained with twice the budget: if that takes less than a twentieth
    off the loss, the budget was enough; if more, every seed gets it, and the reference counts as undertrained only
    while its loss still falls then and another gain as large could reach the transferred model. A reference may be
    stopped early only in its own favour: when even the optimistic envelope of its learning curve stays below the
    transferred model. Where the seeds of scratch differ too much for that, what would ship is held against its best
    training, picked on validation, items alone random. An open answer that points to harm weighs as a blocker, any
    other as major.

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
        if held.word is Word.HARMFUL:
            yield self._harmful(held)
        elif reference.undertrained:
            yield self._undertrained(held)
        elif reference.decided_early is not None and held.claim.value > 0 and not held.guesses:
            yield self._decided_early(held, reference.decided_early)
        else:
            yield self._judged(context, held)

    def _judged(self, context: Context, held: Contest) -> Finding:
        told = held.told("the same architecture trained from scratch")
        if held.word is Word.HELPFUL:
            return self._stated(held, Status.PASS, f"PROVEN HELPFUL: {told}.", self.severity)
        if held.word is Word.EQUIVALENT:
            return self._stated(
                held, Status.FAIL, f"{held.headline}: {told}. The base model brings nothing that these data do not teach by themselves.",
                Severity.MAJOR, remedy="ship the simpler model without a base, or try a base closer to these data",
            )  # fmt: skip
        best = None if held.guesses else against_best(context, held)
        if best is not None and helps(best, held.reference_score):
            return self._beats_best(held, best)
        doubt = held.doubt(context, "transfer beats training from scratch")
        finding = self._stated(held, Status.INCONCLUSIVE, f"NOT PROVEN: {told}.", _weight(held), remedy=doubt.remedy)
        return replace(finding, details={**finding.details, **doubt.details})

    def _beats_best(self, held: Contest, best: Claim) -> Finding:
        interval = best.interval()
        return self._stated(
            held, Status.PASS,
            f"PROVEN HELPFUL: the model that would ship beats even the best of {len(held.reference.seeds)} trainings from scratch by "
            f"{points(best.value)} ({between(interval.low, interval.high)}); their spread is too wide to say more: "
            f"{held.told('the same architecture trained from scratch')}.",
            self.severity, word=str(Word.HELPFUL), against_best={"difference": best.value, "interval": best.interval()},
        )  # fmt: skip

    def _harmful(self, held: Contest) -> Finding:
        undertrained = " although that one was still improving" if held.reference.undertrained else ""
        return self._stated(
            held, Status.FAIL,
            f"HARMFUL: {held.told('the same architecture trained from scratch')}{undertrained}. Starting from this base model makes the result worse.",
            Severity.BLOCKER, remedy="take another base model, or ship the model trained from scratch",
        )  # fmt: skip

    def _undertrained(self, held: Contest) -> Finding:
        return self._stated(
            held, Status.INCONCLUSIVE,
            f"The model trained from scratch was still improving when its budget ended, so no win over it counts: {held.told('it so far')}.",
            _weight(held), remedy="give the study more minutes (adapt.budget), so that the model from scratch can train to its end",
            reason="reference undertrained",
        )  # fmt: skip

    def _decided_early(self, held: Contest, why: str) -> Finding:
        return self._stated(
            held, Status.PASS,
            f"PROVEN HELPFUL: training from scratch was stopped early in its own favour ({why.rstrip('.')}); as it stands, "
            f"{held.told('it')}. The difference would have shrunk with more training, but not to nothing.",
            self.severity, envelope=why, decided_early=True, word=str(Word.HELPFUL),
        )  # fmt: skip

    def _not_made(self, context: Context, candidate: Candidate) -> Finding:
        why = context.missing.get("scratch", "the reference was not made")
        return self.finding(
            candidate.subject, Status.INCONCLUSIVE,
            f"NOT PROVEN: there is no model trained from scratch to compare with ({why}).",
            severity=Severity.MAJOR, remedy=_MISSING, reason=why, word=str(Word.NOT_PROVEN),
        )  # fmt: skip

    def _stated(
        self,
        held: Contest,
        status: Status,
        statement: str,
        severity: Severity,
        remedy: str | None = None,
        **details: object,
    ) -> Finding:
        return self.finding(
            held.candidate.subject, status, statement, severity=severity, value=held.claim.value,
            interval=held.claim.interval(), threshold=0.0, n=held.claim.n, remedy=remedy, **{**held.details(), **_trial(held), **details},
        )  # fmt: skip


def _trial(held: Contest) -> dict[str, object]:
    """What twice the budget brought, where that was tried."""
    words = held.reference.details.get("longer")
    return {"longer": words} if words else {}


def _weight(held: Contest) -> Severity:
    """An open comparison weighs as a blocker where it points to harm and harm is not ruled out."""
    points_to_harm = held.claim.value <= -POINT and not held.harm_excluded
    return Severity.BLOCKER if points_to_harm else Severity.MAJOR
