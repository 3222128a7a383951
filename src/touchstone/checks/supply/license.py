"""Check ``supply.license``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from touchstone.checks.check import Check
from touchstone.checks.context import Context, Need
from touchstone.checks.supply.subjects import NOT_AT_HAND, bases
from touchstone.checks.words import plural
from touchstone.core.finding import Finding, Severity, Status
from touchstone.supply.licences.decision import UNKNOWN
from touchstone.supply.licences.model import Outcome, Ruling, obligation
from touchstone.supply.licences.terms import Terms
from touchstone.supply.vetted import Vetted

DATA = "data"
_STATUS = {
    Outcome.PERMIT: Status.PASS,
    Outcome.DUTIES: Status.PASS,
    Outcome.REVIEW: Status.INCONCLUSIVE,
    Outcome.DENY: Status.FAIL,
}
_HERE = ("research", "internal")
_ASK = "have somebody with legal training look at it (this is not legal advice), or "


class License(Check):
    """Does every licence allow the intended use?

    **Question.** May the base model, everything it came from, and the training data be used as the study intends?

    **Method.** The terms are read from the licence text (by digest, else by its passages), else from the card, else
    from the study; two that disagree leave doubt, and so does a card whose own sentences keep out the commercial use
    that the licence it names would grant. A table of licences, clause by clause with section numbers and
    the date of reading, gives for the study's use: permitted, permitted with obligations, needs legal review,
    forbidden. The outcome is the worst over the base, all its ancestors that its card names, and what it was
    trained on, then over pairs that cannot both be met. Forbidden fails; needs review is inconclusive. What is not
    known never permits. Licences with restricted fields of use pass with obligations in research and internal use,
    and beyond it once the study's `fields` and `organisation` settle their questions. The study's own data are
    judged as the subject `data`: terms that forbid the use need review there, since whether a model inherits them
    is unsettled.

    **Source.** The texts named in the table; composition after Jewitt et al., arXiv 2509.09873.

    **Cannot see.** Terms that nobody wrote down, and what a court would say. It is not legal advice.
    """

    id: ClassVar[str] = "supply.license"
    thresholds: ClassVar[Mapping[str, float]] = {"licences that forbid the use": 0}
    needs: ClassVar[frozenset[Need]] = frozenset({Need.MODELS})

    def run(self, context: Context) -> Iterator[Finding]:
        use = context.study.intended_use.use
        models = bases(context)
        for vetted in models:
            yield self._of_base(vetted, use)
        data = next((base.licences.data for base in models if base.licences and base.licences.data), None)
        if data is not None:
            yield self._of_data(data, use)

    def _of_base(self, vetted: Vetted, use: str) -> Finding:
        found: Terms | None = vetted.licences
        if found is None:
            return self.finding(vetted.written, Status.INCONCLUSIVE, NOT_AT_HAND, remedy="give a folder that is there")
        outcome = found.decision.outcome
        reasons = list(dict.fromkeys(reason for ruling in found.decision.rulings for reason in _reasons(ruling)))
        reasons += found.decision.pairs
        alarms = _alarms(vetted)
        status = _STATUS[outcome]
        if alarms and status is Status.PASS:
            status, reasons = Status.INCONCLUSIVE, [*alarms, *reasons]
        return self.finding(
            vetted.written, status, _statement(status, found, use, reasons), remedy=_remedy(status, found, use),
            value=float(sum(ruling.outcome is Outcome.DENY for ruling in found.decision.rulings)),
            threshold=0.0, n=len(found.decision.rulings),
            license=found.license, evidence=found.evidence.as_data(), gaps=list(found.gaps), reasons=reasons,
            alarms=alarms, **found.decision.as_data(),
        )  # fmt: skip

    def _of_data(self, data: Ruling, use: str) -> Finding:
        status = _STATUS[data.outcome]
        unstated = not data.component.expression
        details: dict[str, Any] = {"license": data.component.expression, "reasons": list(data.reasons),
                                   "obligations": [obligation(clause) for clause in data.obligations]}  # fmt: skip
        if status is Status.PASS:
            duties = f", with {plural(len(data.obligations), 'obligation')}" if data.obligations else ""
            statement = f"The training data are under {data.component.expression}, which allows {use} use{duties}."
            return self.finding(DATA, status, statement, remedy=_duties(data), **details)
        # In a study that stays in the house, data whose terms nobody wrote down are a gap, no reason to hold it.
        severity = Severity.MINOR if unstated and use in _HERE else self.severity
        return self.finding(
            DATA, status, f"The training data's terms need legal review for {use} use: {'; '.join(data.reasons)}.",
            severity=severity, remedy=_ASK + "state their licence as `data.license`, or train on other data", **details,
        )  # fmt: skip


def _reasons(ruling: Ruling) -> list[str]:
    if ruling.outcome < Outcome.REVIEW:
        return []
    about = "" if ruling.component.role == "base" else f"{_ROLES[ruling.component.role]} {ruling.component.name}: "
    return [about + reason for reason in ruling.reasons]


_ROLES = {"ancestor": "ancestor", "base_data": "it was trained on", "tokenizer": "tokenizer", "adapter": "adapter",
          "code": "code", "train_data": "data"}  # fmt: skip


def _statement(status: Status, found: Terms, use: str, reasons: list[str]) -> str:
    name = f"The licence {found.license}" if found.license else "No licence"
    if status is Status.PASS:
        duties = found.decision.obligations
        return f"{name} allows {use} use" + (f", with {plural(len(duties), 'obligation')}." if duties else ".")
    verb = "forbids" if status is Status.FAIL else "needs legal review for"
    who = name if found.license else "What is known of its terms"
    if status is Status.INCONCLUSIVE and not found.license:
        told = [reason for reason in reasons if reason != UNKNOWN]
        known = (
            "Which licence holds is not settled"
            if found.evidence.pieces or found.evidence.doubt
            else "No licence is known"
        )
        return f"{known}, so {use} use needs legal review" + (f": {_first(told)}." if told else ".")
    return f"{who} {verb} {use} use: {_first(reasons)}."


def _first(reasons: list[str]) -> str:
    more = f" (and {plural(len(reasons) - 2, 'more reason')})" if len(reasons) > 2 else ""
    return "; ".join(reason.rstrip(".") for reason in reasons[:2]) + more


def _remedy(status: Status, found: Terms, use: str) -> str | None:
    if status is Status.PASS:
        return "; ".join(dict.fromkeys(clause.meet for clause in found.decision.obligations if clause.meet)) or None
    if status is Status.FAIL:
        return f"take a base model whose terms allow {use} use, or a commercial agreement with its publisher"
    if not found.license:
        return _ASK + "state `license` beside the model's path once you have read it"
    if found.evidence.doubt:
        return _ASK + "ask its publisher which of the two holds, or take a base model whose papers agree"
    ancestors = [
        ruling
        for ruling in found.decision.rulings
        if ruling.component.role == "ancestor" and ruling.outcome is Outcome.REVIEW
    ]
    if ancestors:
        return _ASK + f"vet {ancestors[0].component.name} here first, so that its terms are known"
    return _ASK + "say in `intended_use` what the terms ask for: fields, organisation, delivery"


def _duties(data: Ruling) -> str | None:
    return "; ".join(dict.fromkeys(clause.meet for clause in data.obligations if clause.meet)) or None


def _alarms(vetted: Vetted) -> list[str]:
    pinned = vetted.integrity.pinned if vetted.integrity else None
    if pinned is None or pinned.state != "moved":
        return []
    return [f"since first use {alarm.what}" for alarm in pinned.of("license")]
