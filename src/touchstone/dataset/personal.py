"""Personal data in text: patterns with a check of their own, so that a number alone is no card and no account."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

SERIOUS = frozenset({"e-mail", "card number", "bank account", "social security number"})
"""Kinds that one finding proves, because an example of them checks itself."""
MOST_CHARACTERS = 200_000
"""Of one text that are looked at."""


@dataclass(frozen=True, slots=True)
class Personal:
    """One piece of personal data: its kind, and the piece with its middle hidden."""

    kind: str
    shown: str


_EMAIL = re.compile(r"(?<![\w.+-])([A-Za-z0-9][\w.+-]{0,63})@((?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,24})(?![\w@])")
_NOBODY = frozenset({
    "info", "support", "help", "contact", "sales", "service", "admin", "noreply", "no-reply", "donotreply", "office",
    "hello", "press", "news", "webmaster", "postmaster", "abuse", "privacy", "jobs", "team", "mail", "user", "someone",
    "customerservice", "customercare", "feedback", "example", "name", "you", "your", "git",
    "customer", "relations", "care", "reply", "no", "not", "do",
})  # fmt: skip
_RESERVED = re.compile(r"(?:^|\.)(?:example\.(?:com|org|net|edu)|[\w-]+\.(?:example|test|invalid|localhost))$", re.I)
_CARD = re.compile(r"(?<![\d.,-])(?:\d[ -]?){12,18}\d(?![\d-]|[.,]\d)")
_CARD_STARTS = re.compile(
    r"^(?:4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|3[068]\d{12}|6(?:011|5\d\d)\d{12}|35\d{14})$"
)
_IBAN = re.compile(r"(?<![A-Za-z0-9])([A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?)(?![A-Za-z0-9])")
_IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AT": 20, "BE": 16, "BG": 22, "BR": 29, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18,
    "EE": 20, "ES": 24, "FI": 18, "FR": 27, "GB": 22, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IS": 26,
    "IT": 27, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25,
    "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "TR": 26, "UA": 29,
}  # fmt: skip
_SOCIAL = re.compile(r"(?<![\d-])(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\d-])")
_PHONE = re.compile(
    r"(?<![\w+.,/#:=-])(?:"
    r"\+[1-9]\d{0,2}[ .()-]{0,3}\d(?:[ .()/-]{0,2}\d){6,11}"
    r"|00[1-9]\d{0,2}[ ./-]\d(?:[ ./-]{0,2}\d){6,11}"
    r"|(?:1[ .-])?\(?[2-9]\d{2}\)?[ .-]{1,2}[2-9]\d{2}[ .-]\d{4}"
    r"|0[1-9]\d{1,4}[ /-]\d{2,4}[ -]?\d{2,4}(?:[ -]?\d{2,4})?"
    r")(?![\w/]|[.,-]\d)"
)
_FREE_CALL = re.compile(r"^(?:\+?1)?8(?:00|88|77|66|55|44|33|22)\d{7}$|^(?:\+?44|0)8\d{8,9}$")
_FICTION = re.compile(r"^(?:\+?1)?\d{3}55501\d{2}$")
_STREET_WORDS = (
    "Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Place|Pl|Square|Sq|Terrace|Way|Close|"
    "Crescent|Highway|Hwy|Parkway|Pkwy"
)
_ADDRESS = re.compile(
    rf"(?<![\w.,:/#$-])\d{{1,5}}[A-Za-z]?\s+(?!(?:Supreme|High|District|Federal)\s)"
    rf"(?:[NSEW]\.?\s+)?(?:[A-Z][\w'’-]+\s+){{1,3}}(?:{_STREET_WORDS})\b\.?"
    r"|\b[A-ZÄÖÜ][\wäöüß-]*(?:straße|strasse|str\.|weg|allee|gasse|platz|laan|straat)\s+\d{1,4}\s?[a-z]?\b"
    r"|\b\d{1,4},?\s+(?:rue|avenue|boulevard|place|calle|via|viale|piazza)\s+(?:d[eu]s?\s+|de\s+la\s+|l')?[A-Z]\w+"
)
_NAMED = re.compile(
    r"\b(?:name(?:\s+is|:)|I am|I'm|patient:?|Mr\.?|Mrs\.?|Ms\.?|Dr\.?|Herr|Frau|Mme|M\.|contact:?|call)\s+"
    r"[A-Z][a-z'’-]+\s+[A-Z][a-z'’-]+[^\n]{0,60}?\b(?:\d[\d /.-]{4,}\d)\b"
    r"|\b[A-Z][a-z]{1,20}\s+[A-Z][a-z'’-]{1,20}\s*[,(:;-]\s*(?:born|b\.|DOB:?|ID:?|no\.?|MRN:?|passport|tel\.?:?|phone:?|account|policy)"
    r"[^\n]{0,20}?\d[\d /.-]{3,}\d"
)


def find_personal(text: str) -> Iterator[Personal]:
    """Every piece of personal data that a pattern and its own check recognise.

    E-mail addresses of a person (not of a role such as ``info@``, nor of the domains reserved for examples), card
    numbers that satisfy Luhn's check and an issuer's prefix, bank accounts that satisfy the IBAN check, telephone
    numbers (not toll-free ones), street addresses with a number, and a name beside a number.
    """
    text = text[:MOST_CHARACTERS]
    if "@" in text:
        yield from _emails(text)
    if not any(c.isdigit() for c in text):
        return
    taken: list[tuple[int, int]] = []
    for kind, finder in (("bank account", _accounts), ("card number", _cards), ("social security number", _socials),
                         ("telephone number", _phones)):  # fmt: skip
        for start, end in finder(text):
            if all(end <= a or start >= b for a, b in taken):
                taken.append((start, end))
                yield Personal(kind, _hidden(text[start:end]))
    for kind, pattern in (("street address", _ADDRESS), ("name with a number", _NAMED)):
        for match in pattern.finditer(text):
            yield Personal(kind, _hidden(match.group()))


def _emails(text: str) -> Iterator[Personal]:
    for match in _EMAIL.finditer(text):
        local, domain = match.group(1).lower(), match.group(2)
        if not set(re.split(r"[._-]", local.rstrip("0123456789"))) <= _NOBODY and not _RESERVED.search(domain):
            yield Personal("e-mail", f"{local[0]}…@{domain}")


def _cards(text: str) -> Iterator[tuple[int, int]]:
    for match in _CARD.finditer(text):
        digits = re.sub(r"\D", "", match.group())
        if _CARD_STARTS.match(digits) and len(set(digits)) > 2 and luhn(digits):
            yield match.span()


def luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of the others (ISO/IEC 7812).

    Examples
    --------
    >>> luhn("4539148803436467"), luhn("4539148803436468")
    (True, False)
    """
    doubled = [int(d) * (2 if i % 2 else 1) for i, d in enumerate(reversed(digits))]
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def _accounts(text: str) -> Iterator[tuple[int, int]]:
    for match in _IBAN.finditer(text):
        code = match.group(1).replace(" ", "")
        length = _IBAN_LENGTHS.get(code[:2], 0)
        # what follows an account number without a break may have been read with it
        if len(code) >= length > 0 and iban(code[:length]):
            yield match.span()


def iban(code: str) -> bool:
    """Whether an account number satisfies the mod-97 check (ISO 13616).

    Examples
    --------
    >>> iban("DE89370400440532013000"), iban("DE89370400440532013001")
    (True, False)
    """
    turned = code[4:] + code[:4]
    return int("".join(str(int(c, 36)) for c in turned)) % 97 == 1


def _socials(text: str) -> Iterator[tuple[int, int]]:
    for match in _SOCIAL.finditer(text):
        yield match.span()


def _phones(text: str) -> Iterator[tuple[int, int]]:
    for match in _PHONE.finditer(text):
        digits = re.sub(r"[^\d+]", "", match.group())
        bare = digits.lstrip("+")
        if 8 <= len(bare) <= 15 and len(set(bare)) > 2 and not _FREE_CALL.match(digits) and not _FICTION.match(digits):
            yield match.span()


def _hidden(piece: str) -> str:
    """The piece with most of its letters and digits replaced, so that a report does not spread it."""
    shown = max(2, len(piece) // 5)
    return piece[:shown] + "".join("•" if c.isalnum() else c for c in piece[shown:])
