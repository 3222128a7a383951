"""Check ``compare.non_transfer``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from touchstone.checks.compare.contest import POINT, Word, contest, frozen_base_wins
from touchstone.checks.context import Context
from touchstone.checks.judged import JudgedCheck
from touchstone.core.finding import Finding, Severity, Status
from touchstone.core.measures import Candidate


class NonTransfer(JudgedCheck):
    """Better than a simple model with no pretraining?

    **Question.** Would a simple model on simple features (edges and colours, or words and letter groups) do as
    well, for a thousandth of the cost and without a base model's licence and history?

    **Method.** The simple model is the best of several, chosen by cross-validation on the training data alone, and
    scored on the same sealed test items; where the test set was made here and holds fewer than 200, a frozen base is
    also asked about every training example, predicted out of fold on both sides. Words as in `compare.scratch`: PROVEN HELPFUL passes; EQUIVALENT (for
    certain not a point better, or not a twentieth of the simple model's error) and HARMFUL fail; NOT PROVEN is
    inconclusive, with what would settle it.

    **Source.** Grinsztajn et al. (NeurIPS 2022) on simple models that win.

    **Cannot see.** Cleverer hand-made features. On easy tasks `fail` is the honest answer, not a fault of the base
    model.
    """

    id: ClassVar[str] = "compare.non_transfer"
    thresholds: ClassVar[Mapping[str, float]] = {"gain": 0.0, "point": 0.01, "of_remaining_error": 0.05}

    def judge(self, context: Context, candidate: Candidate) -> Iterator[Finding]:
        reference = context.reference("non-transfer")
        if reference is None:
            why = context.missing.get("non-transfer", "the reference was not made")
            yield self.finding(
                candidate.subject, Status.INCONCLUSIVE, f"NOT PROVEN: there is no simple model to compare with ({why}).",
                remedy="run the study again; the simple model takes seconds", reason=why, word=str(Word.NOT_PROVEN),
            )  # fmt: skip
            return
        held = contest(context, candidate, reference, Severity.MAJOR)
        told = f"{held.headline}: {held.told('a simple model without pretraining')}"
        numbers: dict[str, Any] = {
            "value": held.claim.value,
            "interval": held.claim.interval(),
            "threshold": 0.0,
            "n": held.claim.n,
        }
        details = held.details()
        if held.word is Word.HELPFUL:
            yield self.finding(candidate.subject, Status.PASS, f"{told}.", **numbers, **details)
        elif held.word is Word.NOT_PROVEN:
            doubt = held.doubt(context, "the base model beats a simple model")
            details |= doubt.details
            plainly = " So far the simple model does about as well." if held.claim.value < POINT else ""
            yield self.finding(
                candidate.subject, Status.INCONCLUSIVE, f"{told}.{plainly}", remedy=doubt.remedy, **numbers, **details
            )
        else:
            probe = frozen_base_wins(context, held) if held.word is Word.HARMFUL else None
            remedy = "ship the simple model, or choose a base model closer to these data"
            also = ""
            if probe is not None:
                also = f" The base model is not the cause: frozen, with a linear probe, it reaches {probe.score:.3f}."
                remedy = "ship the frozen base with a trained head, or train again at a lower rate; the base model itself serves these data"
            does = "does better" if held.word is Word.HARMFUL else "does as well"
            yield self.finding(
                candidate.subject, Status.FAIL, f"{told}. The simple model {does}, at a fraction of the cost.{also}",
                remedy=remedy, **numbers, **details,
            )  # fmt: skip
