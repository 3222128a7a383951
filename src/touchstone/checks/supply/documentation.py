"""Check ``supply.documentation``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from touchstone.checks.check import Check
from touchstone.checks.context import Context, Need
from touchstone.checks.supply.subjects import NOT_AT_HAND, bases
from touchstone.core.finding import Finding, Severity, Status
from touchstone.supply.card import Card
from touchstone.supply.vetted import Vetted

_BEYOND = ("commercial", "redistribution")


class Documentation(Check):
    """Are training data and known limits written down?

    **Question.** Does the base model's card tell what it was trained on and where it fails?

    **Method.** The card (`README.md`, `model_card.md`) is parsed field by field. A field is verified where the
    model's other files confirm it, contradicted where they deny it, claimed where only the card says so, and
    missing where nothing or only a template's placeholder stands. Training data count as told by a section, a
    sentence or the `datasets` of the head; limits by a section or a sentence. Without a card, with an empty one, or
    where either is missing, it fails. A contradicted field makes it inconclusive.

    **Source.** Mitchell et al., "Model Cards for Model Reporting" (FAT* 2019).

    **Cannot see.** Whether what the card says is true, or enough.
    """

    id: ClassVar[str] = "supply.documentation"
    thresholds: ClassVar[Mapping[str, float]] = {"fields that must be told": 2}
    needs: ClassVar[frozenset[Need]] = frozenset({Need.MODELS})

    def run(self, context: Context) -> Iterator[Finding]:
        use = context.study.intended_use.use
        for vetted in bases(context):
            yield self._judged(vetted, Severity.MAJOR if use in _BEYOND else self.severity)

    def _judged(self, vetted: Vetted, severity: Severity) -> Finding:
        card: Card | None = vetted.card
        if card is None:
            return self.finding(vetted.written, Status.INCONCLUSIVE, NOT_AT_HAND, remedy="give a folder that is there")
        told = {"training data": card.training_data, "known limits": card.limits}
        missing = [name for name, text in told.items() if not text]
        numbers: dict[str, Any] = {
            "value": float(len(told) - len(missing)),
            "threshold": float(len(told)),
            "n": len(told),
        }
        details = _details(card)
        if missing:
            return self.finding(
                vetted.written, Status.FAIL, _lacking(card, missing), severity=severity,
                remedy="write them into README.md beside the model from what its publisher says, or take a documented model",
                **numbers, **details,
            )  # fmt: skip
        if contradicted := card.names("contradicted"):
            field = card[contradicted[0]]
            return self.finding(
                vetted.written, Status.INCONCLUSIVE,
                f"The card {card.file} says {field.name} is {field.value}, but {field.why}.",
                severity=severity, remedy="ask the publisher which is right", **numbers, **details,
            )  # fmt: skip
        verified = len(card.names("verified"))
        statement = f"The card {card.file} tells training data and known limits; {len(card.names('claimed'))} fields are claims, {verified} verified."
        return self.finding(vetted.written, Status.PASS, statement, **numbers, **details)


def _lacking(card: Card, missing: list[str]) -> str:
    if card.file is None:
        return "The model has no card: neither its training data nor its known limits are written down."
    if card.is_empty:
        return f"The card {card.file} is empty: neither training data nor known limits are written down."
    return f"The card {card.file} does not tell {' or '.join(missing)}."


def _details(card: Card) -> dict[str, Any]:
    return {
        "card": card.file,
        "training_data": card.training_data,
        "limits": card.limits,
        "verified": card.names("verified"),
        "claimed": card.names("claimed"),
        "contradicted": card.names("contradicted"),
        "missing": card.names("missing"),
        "fields": {field.name: field.value for field in card.fields if field.value},
        "fault": card.fault or None,
        "note": "quoted from the model's own card, not checked unless verified",
    }
