"""Check ``compare.probe``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from touchstone.checks.compare.contest import Word, contest
from touchstone.checks.context import Context
from touchstone.checks.judged import JudgedCheck, is_frozen
from touchstone.core.finding import Finding, Severity, Status
from touchstone.core.measures import Candidate


class Probe(JudgedCheck):
    """Did fine-tuning earn its cost over the frozen base?

    **Question.** Is the fine-tuned model better than a linear probe: the frozen base model with one trained layer
    on top, which costs seconds, cannot forget, and can be moved to another base in a minute?

    **Method.** A recipe claim on the same sealed test items, seeds and items random. Words as in `compare.scratch`;
    EQUIVALENT and HARMFUL fail as minor: the result stands, but the training was not worth it. Of a frozen base with a
    head on its last layer it is asked whether that is for certain worse than the probe on its best layers.

    **Source.** Kumar et al. (ICLR 2022), Evci et al. (ICML 2022): probes are strong.

    **Cannot see.** Gains that show only on data from elsewhere; `adapt.forgetting` compares there as well.
    """

    id: ClassVar[str] = "compare.probe"
    thresholds: ClassVar[Mapping[str, float]] = {"gain": 0.0, "point": 0.01, "of_remaining_error": 0.05}

    def judge(self, context: Context, candidate: Candidate) -> Iterator[Finding]:
        reference = context.reference("linear-probe")
        if is_frozen(candidate):
            yield self._of_frozen(context, candidate, reference)
            return
        if reference is None:
            why = context.missing.get("linear-probe", "the reference was not made")
            yield self.finding(
                candidate.subject, Status.INCONCLUSIVE, f"NOT PROVEN: there is no linear probe to compare with ({why}).",
                remedy="run the study again; the probe takes seconds", reason=why, word=str(Word.NOT_PROVEN),
            )  # fmt: skip
            return
        held = contest(context, candidate, reference, Severity.MINOR, alpha_helpful=0.05)
        told = f"{held.headline}: {held.told('the frozen base with a linear probe')}"
        numbers: dict[str, Any] = {
            "value": held.claim.value,
            "interval": held.claim.interval(),
            "threshold": 0.0,
            "n": held.claim.n,
        }
        details = {**held.details(), "seconds": candidate.cost.seconds, "reference_seconds": reference.cost.seconds}
        if held.word is Word.HELPFUL:
            yield self.finding(candidate.subject, Status.PASS, f"{told}.", **numbers, **details)
        elif held.word is Word.NOT_PROVEN:
            doubt = held.doubt(context, "fine-tuning beats the frozen probe")
            details |= doubt.details
            yield self.finding(
                candidate.subject, Status.INCONCLUSIVE, f"{told}.", remedy=doubt.remedy, **numbers, **details
            )
        else:
            yield self.finding(
                candidate.subject, Status.FAIL,
                f"{told}. {_effort(candidate)} earned nothing over the probe.",
                remedy=_instead(candidate, reference), **numbers, **details,
            )  # fmt: skip

    def _of_frozen(self, context: Context, candidate: Candidate, reference: Candidate | None) -> Finding:
        """A head on the last layer ships, a probe on the best layers is the reference: they may lie far apart."""
        held = contest(context, candidate, reference, Severity.MINOR) if reference is not None else None
        if held is None or held.word is not Word.HARMFUL:
            return self.not_applicable(
                candidate,
                "This model is the frozen base model with a trained head: no weight of the base was fine-tuned, so there is nothing to earn.",
            )
        return self.finding(
            candidate.subject, Status.FAIL,
            f"{held.headline}: {held.told('a linear probe on the best layers of the same frozen base')}. {_why(candidate)}",
            value=held.claim.value, interval=held.claim.interval(), threshold=0.0, n=held.claim.n,
            remedy="look for a base model trained on data like these, or fine-tune its top blocks (adapt.recipes)", **held.details(),
        )  # fmt: skip


def _why(candidate: Candidate) -> str:
    if candidate.details.get("blocks_kept") is not None:
        return "No single layer holds what these data need, and only a head on one of them can ship."
    return "What these data need does not reach its last layer, and only a head on that one can ship as it is."


def _instead(candidate: Candidate, reference: Candidate) -> str:
    if not reference.shippable and not candidate.user:
        return (
            "of what can ship, this was the best on examples that were not trained on: the probe reads layers that no plain model file can "
            "hold; a base whose last layer serves these data would be cheaper"
        )
    return "ship the frozen base with a trained head: it is cheaper to train, to move to another base and to explain"


def _effort(candidate: Candidate) -> str:
    seen = candidate.effort.examples_seen
    return f"Fine-tuning looked at {seen:,} examples and" if seen else "Fine-tuning, whatever it cost,"
