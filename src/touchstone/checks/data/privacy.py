"""Check ``data.privacy``."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from touchstone.checks.check import Check
from touchstone.checks.context import Context, Need
from touchstone.checks.words import counted, percent, plural, things
from touchstone.core.finding import Finding, Status
from touchstone.dataset.inputs import Pictures, Rows, Texts
from touchstone.dataset.model import Examples
from touchstone.dataset.personal import SERIOUS, find_personal
from touchstone.dataset.picture import PictureError
from touchstone.dataset.picture_facts import facts
from touchstone.stats.intervals import clopper_pearson

_COLUMN = re.compile(
    r"^(?:(?:first|last|full|sur|given|family|patient|customer|client|user|employee|holder|contact)[_ -]?)?"
    r"(?:names?|surname|e-?mail(?:[_ -]?address)?|phone(?:[_ -]?(?:number|no))?|telephone|mobile|street(?:[_ -]?address)?"
    r"|(?:home|postal|mailing)?[_ -]?address|ssn|passport(?:[_ -]?(?:number|no))?|iban|date[_ -]?of[_ -]?birth|dob|birth[_ -]?date)$",
    re.I,
)
_MARK = re.compile(r"^[0-9a-fA-F-]{6,128}$")
_PERSON = re.compile(r"^[A-Z][a-zà-ÿ'’-]+,?(?: [A-Z]\.)?(?: [A-Z][a-zà-ÿ'’-]+){1,2}$")
_TWO_NAMES = 0.5
"""Share of a column's values that must read like a first name and a surname."""


class Privacy(Check):
    """Do personal data stand in it?

    **Question.** Do texts, columns or the metadata of pictures hold what points at a person: e-mail addresses,
    telephone, card, account and identity numbers, dates of birth, passports, number plates, IP addresses, street
    addresses, names with numbers, the place where a photo was taken, the owner of the camera, marked faces?

    **Method.** Patterns with a check of their own: card numbers must satisfy Luhn's check and an issuer's prefix,
    accounts the IBAN check, e-mail addresses must be a person's (not `info@`, not a domain reserved for examples),
    telephone numbers must be written or named as such and not be toll-free. Test cards of payment services count: they
    look like any card. Identity numbers of seven states must satisfy their check digits and, where their form is not
    their own, stand after the word for them; so must dates of birth, passports, number plates and public IP addresses
    (those of private networks lead to nobody outside). Pictures: EXIF (place, camera owner, serial
    number, artist), XMP regions of faces. Every column of a table is looked at, also by its name. What checks itself
    is a fail once; what is only a pattern (telephone numbers, addresses, dates of birth, names with numbers) is a fail from three
    examples or from 0.5 % of a split, below that it is `inconclusive` and listed. Counted; the interval says how
    often such data would be met in more of the same. The report shows each piece with its middle hidden.

    **Source.** ISO/IEC 7812 (Luhn), ISO 13616 (IBAN), RFC 2606 (reserved domains), RFC 1918 (private networks), EXIF 2.32.

    **Cannot see.** Names alone, faces in the pixels, personal stories, and writing that no pattern describes: a pass
    is no proof that the data are free of personal data. How to keep what is needed is a matter for people.
    """

    id: ClassVar[str] = "data.privacy"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.DATA})
    thresholds: ClassVar[Mapping[str, float]] = {"serious": 1, "patterns": 3, "patterns_share": 0.005}

    def run(self, context: Context) -> Iterator[Finding]:
        given = dict(context.data.given)
        if context.data.unlabelled is not None:
            given["unlabelled"] = context.data.unlabelled
        for split, examples in given.items():
            yield self._judge(split, examples, context.study.task, context.study.data.personal)

    def _judge(self, split: str, examples: Examples, task: str, declared: bool) -> Finding:
        n = len(examples)
        if n == 0:
            return self.finding(split, Status.NOT_APPLICABLE, f"There is nothing in `{split}`.")
        found = look(examples)
        hits = found.hits
        share, interval = len(hits) / n, clopper_pearson(len(hits), n)
        if not hits:
            return self.finding(
                split, Status.PASS,
                f"No e-mail address, telephone, card, account or identity number, date of birth, street address or personal "
                f"metadata was recognised in "
                f"{counted(n, task)} of `{split}`; names alone and faces are not looked for.",
                value=0.0, interval=interval, threshold=0.0, n=n,
            )  # fmt: skip
        serious = sum(bool(kinds & _GRAVE) for kinds in hits.values())
        enough = len(hits) >= min(self.thresholds["patterns"], max(1.0, self.thresholds["patterns_share"] * n))
        fails = bool(serious) or bool(found.columns) or enough
        names = sorted(hits, key=lambda name: (not hits[name] & _GRAVE, name))
        by_kind = Counter(kind for kinds in hits.values() for kind in kinds)
        told = "; ".join(f"{kind} in {count:,}" for kind, count in by_kind.most_common(6))
        doubt: dict[str, Any] = {} if fails else {"needed_more": 0, "needed_what": "matches to look at by eye"}
        have = "hold" if len(hits) != 1 else "holds"
        return self.finding(
            split, Status.FAIL if fails else Status.INCONCLUSIVE,
            f"{len(hits):,} of {counted(n, task)} of `{split}` ({percent(share)}) {have} what looks like personal data: {told}."
            + ("" if fails else " So few matches of a mere pattern may be chance; look at them."),
            value=share, interval=interval, threshold=0.0, n=n,
            remedy=("they are declared personal: " if declared else "") + "remove or mask what the task does not need, and "
            f"settle on what ground the rest may be kept; flagged.csv names the {plural(len(hits), things(task, 1), things(task))}",
            examples=names, kinds=[" + ".join(sorted(hits[name])) for name in names], split=split,
            by_kind=dict(by_kind), by_column=found.columns, shown=found.shown,
            **doubt,
        )  # fmt: skip


_GRAVE = SERIOUS | {
    "place (GPS)", "camera owner", "marked faces", "artist", "author", "personal column",
}  # fmt: skip
_SHRUGGED = frozenset({"copyright", "camera serial number", "lens serial number"})
"""Told beside the others, and no personal data on their own."""


@dataclass
class Look:
    """Personal data by example."""

    hits: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    columns: dict[str, int] = field(default_factory=dict)
    """Columns that hold personal data by their name or in most cells -> examples."""
    shown: list[str] = field(default_factory=list)

    def add(self, name: str, kind: str, shown: str = "") -> None:
        """Note one piece."""
        self.hits[name].add(kind)
        if shown and len(self.shown) < 20:
            self.shown.append(f"{name}: {kind} {shown}")


def look(examples: Examples) -> Look:
    """Everything personal that is recognised in the examples' inputs, metadata and columns."""
    found = Look()
    if isinstance(examples.inputs, Texts):
        for name, text in zip(examples.names, examples.inputs.texts, strict=True):
            _add_text(found, name, text)
    elif isinstance(examples.inputs, Pictures):
        _add_pictures(found, examples.names, examples.inputs)
    elif isinstance(examples.inputs, Rows):
        columns = {key: [str(row.get(key) or "") for row in examples.inputs.rows] for key in examples.inputs.rows[0]}
        _add_columns(found, examples.names, columns)
        return found
    _add_columns(found, examples.names, examples.columns)
    return found


def _add_text(found: Look, name: str, text: str) -> None:
    for piece in find_personal(text):
        found.add(name, piece.kind, piece.shown)


def _add_pictures(found: Look, names: Sequence[str], pictures: Pictures) -> None:
    for index, name in enumerate(names):
        try:
            kinds = set(facts(pictures.read(index)).personal)
        except PictureError:
            continue
        if kinds - _SHRUGGED:
            for kind in kinds:
                found.add(name, kind)


def _add_columns(found: Look, names: Sequence[str], columns: Mapping[str, Sequence[str]]) -> None:
    for column, values in columns.items():
        filled = [value for value in values if value]
        if not filled or (_is_number(filled[0]) and len(filled[0]) < 8):
            continue
        distinct = set(filled)
        people = sum(bool(_PERSON.match(value)) for value in distinct) >= _TWO_NAMES * len(distinct)
        if _COLUMN.match(column) and len(distinct) > 1 and (people or "name" not in column.lower()):
            found.columns[column] = len(filled)
            for name, value in zip(names, values, strict=True):
                if value:
                    found.add(name, "personal column")
            continue
        if _are_marks(filled):
            continue
        for name, value in zip(names, values, strict=True):
            if value:
                _add_text(found, name, value)


def _are_marks(values: Sequence[str]) -> bool:
    """Digests or running numbers, of which some look like a card by chance; a column of cards is none by chance."""
    some = values[:2000]
    if sum(bool(_MARK.match(value)) for value in some) < 0.9 * len(some):
        return False
    return sum(any(find_personal(value)) for value in some) < 0.5 * len(some)


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True
