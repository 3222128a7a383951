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
    EQUIVALENT and HARMFUL fail as minor: the result stands, but the training was not worth it.

    **Source.** Kumar et al. (ICLR 2022), Evci et al. (ICML 2022): probes are strong.

    **Cannot see.** Gains that show only on data from elsewhere; `adapt.forgetting` compares there as well.
    """

    id: ClassVar[str] = "compare.probe"
    thresholds: ClassVar[Mapping[str, float]] = {"gain": 0.0, "point": 0.01, "of_remaining_error": 0.05}

    def judge(self, context: Context, candidate: Candidate) -> Iterator[Finding]:
        if is_frozen(candidate):
            yield self.not_applicable(
                candidate,
                "This model is the frozen base model with a trained head: no weight of the base was fine-tuned, so there is nothing to earn.",
            )
            return
        reference = context.reference("linear-probe")
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
                remedy="ship the linear probe: it is cheaper to train, to move to another base and to explain", **numbers, **details,
            )  # fmt: skip


def _effort(candidate: Candidate) -> str:
    seen = candidate.effort.examples_seen
    return f"Fine-tuning looked at {seen:,} examples and" if seen else "Fine-tuning, whatever it cost,"
