"""Which terms a model comes under: its licence text, else what its card states, else what the study declares."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from touchstone.supply import front_matter
from touchstone.supply.card import Card
from touchstone.supply.documents import Documents
from touchstone.supply.licences import expression as expressions
from touchstone.supply.licences import prose
from touchstone.supply.licences.recognition import Recognised, recognise
from touchstone.supply.licences.table import table

_SPDX_LINE = re.compile(r"SPDX-License-Identifier:\s*(?P<expression>[^\n]{1,200})", re.IGNORECASE)
_SHORT = 200
"""Characters of a LICENSE file that can be a name instead of a text."""
_SAYS_NOTHING = frozenset({"other", "unknown"})


@dataclass(frozen=True, slots=True)
class Piece:
    """One place that tells of a licence."""

    kind: Literal["text", "card", "manifest", "study"]
    where: str
    told: str | None
    """An expression or id; None where a text is there that is not known."""
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """All pieces, the strongest first, and what they come to."""

    pieces: tuple[Piece, ...]
    expression: str | None
    kind: str
    """Of the piece that decided: ``text``, ``card``, ``manifest``, ``study`` or empty."""
    doubt: str
    has_text: bool

    def as_data(self) -> list[dict[str, Any]]:
        """Plain data."""
        return [
            {"from": piece.kind, "where": piece.where, "license": piece.told, "doubt": piece.doubt}
            for piece in self.pieces
        ]


def gather(
    documents: Documents, card: Card, declared: str | None, listed: tuple[str, str | None] = ("", None)
) -> Evidence:
    """Collect what there is and hold each piece against the others; two that disagree leave the terms in doubt."""
    texts = [_of_text(name, text) for name, text in sorted(documents.licences.items())]
    cards = (
        [Piece("card", card.file or "", " AND ".join(_grouped(one) for one in card.licenses))] if card.licenses else []
    )
    study = [Piece("study", "study", declared.strip())] if declared and declared.strip() else []
    manifest = [Piece("manifest", listed[0], listed[1])] if listed[1] else []
    pieces = (*texts, *cards, *manifest, *study)
    strongest = _joined(texts) if texts else next(iter((*cards, *manifest, *study)), None)
    doubts = [piece.doubt for piece in pieces if piece.doubt]
    if texts and strongest and strongest.told is None:  # then what else is told cannot be held against the text
        doubts += [f"the {piece.kind} says {piece.told}" for piece in (*cards, *manifest, *study)]
    doubts += [
        _disagreement(strongest, piece)
        for piece in (*cards, *manifest, *study)
        if strongest and not _agree(strongest, piece)
    ]
    has_text = any(piece.told and not piece.doubt for piece in texts)
    if strongest is None:
        return Evidence(pieces, None, "", "", False)
    return Evidence(pieces, strongest.told, strongest.kind, "; ".join(dict.fromkeys(doubts)), has_text)


def against_its_card(evidence: Evidence, documents: Documents, use: str) -> Evidence:
    """The evidence, in doubt where the card's own sentences keep out what the named licence grants.

    Such a sentence ("not for commercial use; research only") leaves research as free as the licence does. Where no
    licence is named at all, it is what a reader should start from.
    """
    told = evidence.expression
    if documents.card is None or (told is None and evidence.pieces):
        return evidence
    name, text = documents.card
    said = prose.limits(front_matter.body(text))
    if not said or (told is not None and (use == "research" or _keeps_out(told))):
        return evidence
    where = next((piece.where for piece in evidence.pieces if piece.kind == evidence.kind), "")
    if told is None:
        doubt = f'the head of {name} names no licence, but it says: "{said[0]}"'
    elif where == name:
        doubt = f'{name} names {told}, but also says: "{said[0]}"'
    else:
        doubt = f'{"the study" if where == "study" else where} says {told}, but {name} says: "{said[0]}"'
    return replace(evidence, doubt="; ".join(filter(None, (doubt, evidence.doubt))))


def _keeps_out(told: str) -> bool:
    """Whether one of the licences named has a clause against commercial use itself."""
    found = (table().find(id) for id in _ids(told))
    return any(clause.code == "nc" for licence in found if licence for clause in licence.clauses)


def license_of_text(documents: Documents) -> str | None:
    """The licence that a model's only licence text was recognised as."""
    told = [_of_text(name, text) for name, text in documents.licences.items()]
    return told[0].told if len(told) == 1 and not told[0].doubt else None


def _grouped(text: str) -> str:
    return f"({text})" if " OR " in text.upper() else text


def _of_text(name: str, text: str) -> Piece:
    spdx = _SPDX_LINE.search(text)
    if spdx:
        return Piece("text", name, spdx["expression"].strip())
    if len(text.strip()) <= _SHORT and table().find(text.strip()) is not None:
        return Piece("text", name, text.strip())
    return _of_recognised(name, recognise(text), text)


def _of_recognised(name: str, found: Recognised, text: str) -> Piece:
    if found.id is None:
        said = next(iter(prose.limits(text)), "")
        quoted = f' and says: "{said}"' if said else ""
        return Piece("text", name, None, f"{name} is no licence text that the table knows{quoted}")
    if found.is_same:
        return Piece("text", name, found.id)
    if found.added:
        longest = max(found.added, key=len)
        return Piece("text", name, found.id, f'{name} is {found.id} with words added or changed: "{longest[:160]}"')
    return Piece("text", name, found.id, f"{name} is {found.id} with {found.missing:.0%} of it missing")


def _joined(texts: list[Piece]) -> Piece:
    """Several texts apply together."""
    known = list(dict.fromkeys(piece.told for piece in texts if piece.told))
    told = " AND ".join(_grouped(one) for one in known) or None
    return Piece("text", ", ".join(piece.where for piece in texts), told)


def _agree(first: Piece, second: Piece) -> bool:
    if first is second or second.told == first.told:
        return True
    if first.told is None or second.told is None:
        return True  # an unknown text is a doubt of its own
    if first.kind == "text" and second.told.strip().casefold() in _SAYS_NOTHING:
        return True  # "other" beside a text points to the text
    return _ids(first.told) == _ids(second.told)


def _ids(told: str) -> frozenset[str]:
    """The licences of an expression in the spelling of the table; members of the GPL family by their text alone."""
    whole = table().find(told)
    try:
        names: tuple[str, ...] = (told,) if whole else expressions.names(expressions.parse(told))
    except ValueError:
        names = (told.strip().casefold(),)
    found = (table().find(name) for name in names)
    return frozenset(
        re.sub(r"-(only|or-later)$", "", licence.id) if licence else name.casefold()
        for name, licence in zip(names, found, strict=True)
    )


def _disagreement(first: Piece, second: Piece) -> str:
    return f"{first.where} says {first.told}, the {second.kind} says {second.told}"


def as_component_evidence(evidence: Evidence) -> Mapping[str, str]:
    """How a component names where its terms were read."""
    return {"evidence": evidence.kind, "doubt": evidence.doubt}
