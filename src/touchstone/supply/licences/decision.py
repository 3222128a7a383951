"""From components and a use to a decision: worst over all of them, pairs, obligations. Unknown never permits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, TypeVar

from touchstone.supply.licences import expression as expressions
from touchstone.supply.licences.expression import Expression, One
from touchstone.supply.licences.model import (
    Clause,
    Component,
    Decision,
    Effect,
    Licence,
    Outcome,
    Ruling,
    UseProfile,
)
from touchstone.supply.licences.table import Table, table

if TYPE_CHECKING:
    from touchstone.study.model import IntendedUse

_Item = TypeVar("_Item")
_DATA = ("train_data", "base_data")
UNKNOWN = "no licence is known"
"""The reason where nothing tells of any terms."""
_NONE = frozenset({"none", "no sensitive field", "nothing"})


def profile_of(use: IntendedUse, modality: frozenset[str] | None = None) -> UseProfile:
    """A study's intended use in the words of the table.

    Which sensitive fields a study serves counts as settled where ``fields`` names only fields that the table knows
    (``none`` among them), or is empty beside an organisation that says anything about itself.
    """
    known = table().fields
    words = [word.strip().casefold().replace("_", "-").replace(" ", "-") for word in use.fields]
    fields = frozenset(known[word] for word in words if known.get(word))
    organisation = use.organisation
    told = any(value is not None for value in (organisation.home, organisation.monthly_users, organisation.revenue))
    understood = all(word in known or word in _NONE for word in words)
    return UseProfile(
        use.use, use.delivery, organisation.home, organisation.monthly_users, organisation.revenue, fields,
        fields_known=understood and (bool(words) or told), modality=modality,
    )  # fmt: skip


def rule(component: Component, profile: UseProfile) -> Ruling:
    """What the table says about one component; unknown terms, clauses and conditions need review."""
    found = _of_terms(component, profile)
    if component.doubt:
        outcome = max(found.outcome, Outcome.REVIEW)
        known = (component.expression or "").strip()
        found = _with(found, outcome, (component.doubt, *(found.reasons if known else ())))
    return _inherited(found, profile) if component.role in _DATA else found


def _inherited(ruling: Ruling, profile: UseProfile) -> Ruling:
    """Terms of training data: whether a model inherits them is unsettled, so what they forbid is for a person to weigh.

    What a base model was trained on weighs only beyond research and internal use, and only where its terms are
    known to forbid commercial use or are known to be unclear; share-alike is left to the base's own licence.
    """
    if ruling.component.role == "base_data":
        settled = profile.use in ("research", "internal") or (ruling.licences and ruling.outcome < Outcome.DENY)
        if settled:
            return Ruling(ruling.component, Outcome.PERMIT, ruling.licences, (), (), (), ())
    if ruling.outcome is not Outcome.DENY:
        return ruling
    reason = "whether a model inherits its training data's terms is unsettled"
    return _with(ruling, Outcome.REVIEW, (*ruling.reasons, reason))


def _with(ruling: Ruling, outcome: Outcome, reasons: tuple[str, ...]) -> Ruling:
    return Ruling(
        ruling.component, outcome, ruling.licences, ruling.deciding, ruling.obligations, ruling.conditional, reasons
    )


def _of_terms(component: Component, profile: UseProfile) -> Ruling:
    text = (component.expression or "").strip()
    if not text:
        return _unknown(component, UNKNOWN)
    rules = table()
    whole = rules.find(text)
    if whole is not None:
        return _of_licence(component, whole, profile)
    try:
        parsed = expressions.parse(text)
    except ValueError as fault:
        return _unknown(component, f"{text[:100]!r} is not in the table and is no licence expression ({fault})")
    return _of_expression(component, parsed, profile, rules)


def _unknown(component: Component, reason: str) -> Ruling:
    return Ruling(component, Outcome.REVIEW, (), (), (), (), (reason,))


def _of_expression(component: Component, parsed: Expression, profile: UseProfile, rules: Table) -> Ruling:
    if isinstance(parsed, One):
        licence = rules.find(parsed.id)
        if licence is None:
            return _unknown(component, f"{parsed.id[:100]!r} is not in the table of licences")
        ruling = _of_licence(component, licence, profile)
        if parsed.exception is None:
            return ruling
        reason = f"the exception {parsed.exception[:100]!r} is not in the table"
        return _with(ruling, max(ruling.outcome, Outcome.REVIEW), (*ruling.reasons, reason))
    parts = [_of_expression(component, part, profile, rules) for part in parsed.parts]
    if parsed.operator == "OR":
        return min(parts, key=lambda ruling: ruling.outcome)
    return Ruling(
        component,
        max(ruling.outcome for ruling in parts),
        _unique(name for ruling in parts for name in ruling.licences),
        _unique(clause for ruling in parts for clause in ruling.deciding),
        _unique(clause for ruling in parts for clause in ruling.obligations),
        _unique(clause for ruling in parts for clause in ruling.conditional),
        _unique(reason for ruling in parts for reason in ruling.reasons),
    )


def _of_licence(component: Component, licence: Licence, profile: UseProfile) -> Ruling:
    outcome, permitted = Outcome.PERMIT, False
    deciding: list[Clause] = []
    obligations: list[Clause] = []
    conditional: list[Clause] = []
    reasons: list[str] = []
    lenient = licence.is_use_restricted and profile.use in ("research", "internal")
    for clause in licence.clauses:
        truth = clause.holds(profile)
        if truth is False:
            continue
        if clause.effect is Effect.PERMIT:
            permitted = permitted or truth is True
        elif clause.effect is Effect.OBLIGATION:
            (obligations if truth else conditional).append(clause)
        elif truth is None and lenient:
            conditional.append(clause)
        else:
            effect = Outcome.DENY if truth and clause.effect is Effect.DENY else Outcome.REVIEW
            outcome = max(outcome, effect)
            deciding.append(clause)
            reasons.append(_reason(clause, open_question=truth is None))
    if not permitted and outcome < Outcome.REVIEW:
        outcome = Outcome.REVIEW
        reasons.append(f"no clause of {licence.id} in the table permits {profile.use} use")
    if outcome is Outcome.PERMIT and (obligations or conditional):
        outcome = Outcome.DUTIES
    return Ruling(
        component, outcome, (licence.id,), tuple(deciding), tuple(obligations), tuple(conditional), tuple(reasons)
    )


def _reason(clause: Clause, *, open_question: bool) -> str:
    if open_question:
        text = clause.text.replace("this field", "certain fields")
        return f"{clause.where} may apply, and the study does not say enough to settle it: {text}"
    return f"{clause.where}: {clause.text}"


def decide(components: Sequence[Component], profile: UseProfile) -> Decision:
    """The decision about a product made of components; of none, nothing is known and it needs review.

    Parameters
    ----------
    components : base, all its ancestors, tokenizer, data ...: a derivative never has better terms than what it came from
    """
    rules = table()
    rulings = tuple(rule(component, profile) for component in components)
    pairs = tuple(_pairs([ruling for ruling in rulings if ruling.component.role not in _DATA], profile, rules))
    worst = max((ruling.outcome for ruling in rulings), default=Outcome.REVIEW)
    if pairs:
        worst = max(worst, Outcome.REVIEW)
    duties = _unique(clause for ruling in rulings for clause in (*ruling.obligations, *ruling.conditional))
    return Decision(worst, rulings, pairs, duties, rules.digest, rules.as_of)


def _pairs(rulings: Sequence[Ruling], profile: UseProfile, rules: Table) -> Iterable[str]:
    """Terms that cannot both be met by one work that leaves the house."""
    if profile.redistributes is False:
        return
    licences = [rules.licences[id] for id in _unique(id for ruling in rulings for id in ruling.licences)]
    for first, second in combinations(licences, 2):
        if first.is_share_alike and second.is_share_alike:
            yield f"{first.id} and {second.id} each ask that the result comes under their own terms"
        elif (first.is_copyleft and second.is_use_restricted) or (second.is_copyleft and first.is_use_restricted):
            yield f"{first.id} and {second.id}: one forbids restrictions of use, the other asks to pass them on"


def _unique(items: Iterable[_Item]) -> tuple[_Item, ...]:
    return tuple(dict.fromkeys(items))
