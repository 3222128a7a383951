"""The records of licensing: licences and their clauses, a use, the components of a product, and rulings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any, Literal

Truth = bool | None
"""True, false, or unknown: what a study does not say."""


class Outcome(IntEnum):
    """What a use may count on, worst last, so that the worst of several is their maximum."""

    PERMIT = 0
    DUTIES = 1
    """Permitted, with obligations."""
    REVIEW = 2
    """A person with legal training must look: unknown, unclear or conflicting terms."""
    DENY = 3

    @property
    def word(self) -> str:
        return ("permitted", "permitted with obligations", "needs legal review", "forbidden")[self]


class Effect(StrEnum):
    """What a clause does where its condition holds."""

    PERMIT = "permit"
    OBLIGATION = "obligation"
    REVIEW = "review"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class UseProfile:
    """What a study says about its use, in the words that clauses ask for; None is not said."""

    use: Literal["research", "internal", "commercial", "redistribution"]
    delivery: Literal["none", "saas", "on_device", "weights"] | None = None
    home: str | None = None
    """Two letters of the country."""
    monthly_users: int | None = None
    revenue: float | None = None
    """A year, in US dollars."""
    fields: frozenset[str] = frozenset()
    """Sensitive fields it serves, in the table's words."""
    fields_known: bool = False
    """Whether the study settles which sensitive fields it serves."""
    modality: frozenset[str] | None = None
    """``image``, ``text`` ... of the base model."""

    @property
    def redistributes(self) -> Truth:
        """Whether weights leave the house."""
        if self.use == "redistribution" or self.delivery in ("on_device", "weights"):
            return True
        return None if self.use == "commercial" and self.delivery is None else False

    @property
    def hosts(self) -> Truth:
        """Whether others use it over a network."""
        if self.delivery is None:
            return None if self.use in ("commercial", "redistribution") else False
        return self.delivery == "saas"

    @property
    def reaches_others(self) -> Truth:
        """Whether anybody outside gets the model or its service."""
        both = (self.redistributes, self.hosts)
        return True if True in both else None if None in both else False


Condition = Callable[[UseProfile], Truth]


@dataclass(frozen=True, slots=True)
class Clause:
    """One term of a licence, in our own words, with the place where it stands."""

    licence: str
    code: str
    section: str
    effect: Effect
    text: str
    meet: str = ""
    """How an obligation is met."""
    holds: Condition = field(compare=False, default=lambda profile: True)

    @property
    def where(self) -> str:
        """``Apache-2.0, section 4(a)``."""
        return f"{self.licence}, section {self.section}" if self.section else self.licence


@dataclass(frozen=True, slots=True)
class Licence:
    """One licence of the table."""

    id: str
    name: str
    family: str
    url: str
    read_on: str
    """Date on which the row was held against its text."""
    read_from: str
    """What was read: the text itself, or general knowledge of it."""
    clauses: tuple[Clause, ...]
    aliases: tuple[str, ...] = ()
    is_use_restricted: bool = False
    """Forbids fields of use: open questions about them do not stand in the way of research and internal use."""
    is_share_alike: bool = False
    is_copyleft: bool = False


Role = Literal["base", "ancestor", "adapter", "tokenizer", "code", "train_data", "base_data"]


@dataclass(frozen=True, slots=True)
class Component:
    """A part of a product and the terms it comes under."""

    role: Role
    name: str
    expression: str | None
    """SPDX expression, an id or alias of the table, or None where nothing is known."""
    evidence: str = ""
    """Where the terms were read: ``text``, ``card``, ``study`` ..."""
    doubt: str = ""
    """Why the evidence itself is doubtful, such as two sources that disagree."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the table says about one component in one use."""

    component: Component
    outcome: Outcome
    licences: tuple[str, ...]
    deciding: tuple[Clause, ...]
    """The clauses that made the outcome."""
    obligations: tuple[Clause, ...]
    conditional: tuple[Clause, ...]
    """Obligations whose condition the study leaves open."""
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """The worst over all components, then rules on pairs of them, then the union of the obligations."""

    outcome: Outcome
    rulings: tuple[Ruling, ...]
    pairs: tuple[str, ...]
    """What pairs of components forbid or leave open."""
    obligations: tuple[Clause, ...]
    table_digest: str
    as_of: str
    """The latest date on which a row of the table was read."""

    def as_data(self) -> dict[str, Any]:
        """Plain data for evidence."""
        return {
            "outcome": self.outcome.word,
            "components": [_ruling(ruling) for ruling in self.rulings],
            "pairs": list(self.pairs),
            "obligations": [obligation(clause) for clause in self.obligations],
            "table": self.table_digest,
            "table_read_on": self.as_of,
            "advice": "not legal advice",
        }


def obligation(clause: Clause) -> dict[str, str]:
    """An obligation as plain data."""
    return {
        "licence": clause.licence,
        "code": clause.code,
        "section": clause.section,
        "text": clause.text,
        "meet": clause.meet,
    }


def _ruling(ruling: Ruling) -> dict[str, Any]:
    component = ruling.component
    return {
        "role": component.role,
        "name": component.name,
        "license": component.expression,
        "known_as": list(ruling.licences),
        "evidence": component.evidence,
        "outcome": ruling.outcome.word,
        "reasons": list(ruling.reasons),
        "clauses": [f"{clause.where} ({clause.code})" for clause in ruling.deciding],
    }
