"""Personal data in text: patterns with a check of their own, so that a number alone is no card and no account."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import ip_address

from touchstone.dataset.identity_numbers import find_identity_numbers
from touchstone.dataset.telephone_numbers import find_telephone_numbers

SERIOUS = frozenset({"e-mail", "card number", "bank account", "social security number", "national identity number"})
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
_SPOKEN = re.compile(
    r"(?<![\w.-])(?P<mail>e-?mail\w*(?:\s{1,3}(?:is|me|to|at|address|us|him|her))*[\s:]+)?"
    r"(?P<local>[A-Za-z][\w-]{0,30}(?:(?:\s{1,3}dot\s{1,3}|\s?[\[(]dot[\])]\s?|\.)\w[\w-]{0,30}){0,2})"
    r"(?P<at>\s{1,3}at\s{1,3}|\s?[\[(]\s?at\s?[\])]\s?)"
    r"(?P<domain>[A-Za-z0-9][\w-]{0,30}(?:(?:\s{1,3}dot\s{1,3}|\s?[\[(]dot[\])]\s?|\.)(?:[a-z]{2,12}|[A-Z]{2,12})){1,2})(?![\w@])"
)
_BEFORE, _AFTER = r"(?<!\d[.,])(?<![\w./-])", r"(?![\w-]|\.\d)"
_CARD = re.compile(
    rf"{_BEFORE}(?:\d{{13,19}}|\d{{4}}(?:[ .\u00a0-]\d{{4}}){{3}}(?:[ .\u00a0-]\d{{3}})?"
    rf"|\d{{4}}[ .\u00a0-]\d{{6}}[ .\u00a0-]\d{{4,5}}){_AFTER}"
)
_CARD_STARTS = re.compile(
    r"^(?:4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}"
    r"|3(?:0[0-59]|[689]\d)\d{11}|6(?:011|4[4-9]\d|5\d\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}|62\d{14}(?:\d{3})?"
    r"|(?:5018|5020|5038|5893|6304|6759|676[1-3])\d{12})$"
)
"""Visa, Mastercard (both ranges), American Express, Diners Club, Discover, JCB, UnionPay, Maestro."""
_OLD_CARD = 13
"""Digits of Visa's old numbers, which are also those of a shop's bar code: they count after a word for a card alone."""
_CARD_WORD = re.compile(r"\b(?:card|visa|credit|debit|karte|carte|tarjeta)\b", re.IGNORECASE)
_IBAN = re.compile(r"(?<![A-Za-z0-9])([A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?)(?![A-Za-z0-9])")
_IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AT": 20, "BE": 16, "BG": 22, "BR": 29, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18,
    "EE": 20, "ES": 24, "FI": 18, "FR": 27, "GB": 22, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IS": 26,
    "IT": 27, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25,
    "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "TR": 26, "UA": 29,
}  # fmt: skip
_SOCIAL = re.compile(r"(?<![\d-])(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\d-])")
_DATE = r"(?:\d{1,2}[./-]\d{1,2}[./-](?:19|20)?\d{2}|(?:19|20)\d{2}[./-]\d{1,2}[./-]\d{1,2})(?!\d)"
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_WRITTEN = rf"(?:{_DAY}(?: of)? {_MONTH},? (?:19|20)\d\d|{_MONTH} {_DAY},? (?:19|20)\d\d)"
_BIRTH = re.compile(
    r"\b(?:I was born(?: on)?|(?:my )?(?:DOB|date of birth|birth ?date|geburtsdatum|date de naissance"
    rf"|fecha de nacimiento|data di nascita))\s?(?:is|was|:|-)?\s?(?:{_DATE}|{_WRITTEN})"
    rf"|\b(?:born(?: on)?|geb(?:oren|\.)(?: am)?|n[ée]e? le|nacid[oa] el|nat[oa] il):? {_DATE}",
    re.IGNORECASE,
)
"""Without a first person or the field's name only a date in figures counts: lives of the famous are told in words."""
_PASSPORT = re.compile(
    r"\b(?i:passport|passeport|pasaporte|passaporto|reisepass)(?i:(?:\s{0,3}-?\s{0,3}(?:number|nummer|no|nr|nº))?\.?\s{0,3}(?:is\b|ist\b|[:#])?\s{0,3})"
    r"(?P<number>(?=(?:[A-Z]*\d){5})[A-Z0-9]{7,9})(?!\w)"
)
_PLATE = re.compile(
    r"\b(?i:plate|kennzeichen|targa|immatriculation|car\s{1,3}reg(?:istration)?|vehicle\s{1,3}registration)"
    r"(?i:(?:\s{1,3}(?:number|no))?\.?\s{0,3}(?:is\b|[:#])?\s{0,3})"
    r"(?P<number>(?=[A-Z0-9 -]{5,10}(?![A-Z0-9]))(?:[A-Z]{1,3}[- ]?[A-Z]{0,2}[- ]?\d{2,4}(?:[- ]?[A-Z]{1,3})?|\d{1,4}[- ]?[A-Z]{2,3}(?:[- ]?\d{1,3})?))"
    r"(?![\w-])"
)
_ADDRESS_OF_MACHINE = re.compile(
    r"\b(?:IP|IPv4|logged\s{1,3}in\s{1,3}from|login\s{1,3}from|connect(?:ed|ion)\s{1,3}from)\b(?:\s{0,3}-?\s{0,3}address)?\s{0,3}(?:is|was|[:=])?\s{0,3}"
    r"(?P<number>\d{1,3}(?:\.\d{1,3}){3})(?![\w-]|\.\d)",
    re.IGNORECASE,
)
_STREET_WORDS = (
    "Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Place|Pl|Square|Sq|Terrace|Way|Close|"
    "Crescent|Highway|Hwy|Parkway|Pkwy"
)
_ADDRESS = re.compile(
    rf"(?<![\w.,:/#$-])\d{{1,5}}[A-Za-z]?\s+(?!(?:Supreme|High|District|Federal)\s)"
    rf"(?:[NSEW]\.?\s+)?(?:[A-Z][\w'’-]+\s+){{1,3}}(?:{_STREET_WORDS})\b\.?"
    r"|\b[A-ZÄÖÜ][\wäöüß-]*(?:straße|strasse|str\.|weg|allee|gasse|platz|laan|straat)\s+\d{1,4}\s?[a-z]?\b"
    r"|(?<![\w.,:/#$-])\d{1,4}(?:\s?(?:bis|ter))?,?\s+(?:(?:[Rr]ue|avenue|boulevard)\s+"
    r"(?:d[eu]s?\s+|de\s+la\s+|de\s+l['’]|d['’]|l['’]|la\s+)?|(?:place|quai)\s+(?:d[eu]s?\s+|de\s+la\s+|d['’]))[A-ZÀ-Ý][\w-]+"
    r"|\b(?:Calle|C/)\s?(?:de(?:l|\s+la|\s+los|\s+las)?\s+)?[A-ZÀ-Ý][\w-]+(?:\s+[A-ZÀ-Ý][\w-]+){0,2},?\s+(?:n[.º°]\s*)?\d{1,3}\b(?![.,:%€$]\d)"
    r"|\b(?i:rue|avenida|avda\.?|paseo|plaza|via|viale|corso|piazza)\s+(?:d[eiu](?:l|lla|i|s)?\s+(?:la\s+|los\s+|las\s+)?)?[A-ZÀ-Ý][\w-]+"
    r"(?:\s+[A-ZÀ-Ý][\w-]+){0,2},?\s+\d{1,3},?\s+\d{5}\s+[A-ZÀ-Ý]\w+"
)
_BOX = re.compile(
    r"\b(?:P\.?\s?O\.?\s?Box|Postfach|Apartado\s+de\s+Correos|Bo[îi]te\s+postale)\s+\d{1,6}\b(?![.,:%]\d)",
    re.IGNORECASE,
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
    numbers that satisfy Luhn's check and an issuer's prefix, bank accounts that satisfy the IBAN check, identity
    numbers of some states, telephone numbers (not toll-free ones), dates of birth, passports, number plates and IP
    addresses after a word that names them, street addresses with a number, PO boxes, and a name beside a number.
    """
    text = text[:MOST_CHARACTERS]
    if "@" in text:
        yield from _emails(text)
    if _AT.search(text):
        yield from _spoken_emails(text)
    if not any(c.isdigit() for c in text):
        return
    taken: list[tuple[int, int]] = []
    for kind, finder in _FINDERS:
        for start, end in finder(text):
            if all(end <= a or start >= b for a, b in taken):
                taken.append((start, end))
                yield Personal(kind, _hidden(text[start:end]))
    for kind, pattern in (("street address", _ADDRESS), ("post-office box", _BOX), ("name with a number", _NAMED)):
        for match in pattern.finditer(text):
            yield Personal(kind, _hidden(match.group()))


_AT = re.compile(r"\bat\b", re.IGNORECASE)


def _emails(text: str) -> Iterator[Personal]:
    for match in _EMAIL.finditer(text):
        local, domain = match.group(1).lower(), match.group(2)
        if not set(re.split(r"[._-]", local.rstrip("0123456789"))) <= _NOBODY and not _RESERVED.search(domain):
            yield Personal("e-mail", f"{local[0]}…@{domain}")


def _spoken_emails(text: str) -> Iterator[Personal]:
    """``jane dot doe at mail dot com``: "at" is a common word, so brackets, a dotted name or "e-mail" must bear it out."""
    for match in _SPOKEN.finditer(text):
        local, domain = (re.sub(r"\s*[\[(]?\bdot\b[\])]?\s*", ".", match[key]) for key in ("local", "domain"))
        written_out = re.search(r"\bdot\b", match["domain"]) is not None
        bracketed = match["at"].strip() != "at"
        if not (bracketed or (written_out and ("." in local or match["mail"]))):
            continue
        if not set(re.split(r"[._-]", local.lower())) <= _NOBODY and not _RESERVED.search(domain):
            yield Personal("e-mail", f"{local[0].lower()}…@{domain}")


def _cards(text: str) -> Iterator[tuple[int, int]]:
    for match in _CARD.finditer(text):
        digits = re.sub(r"\D", "", match.group())
        if not _CARD_STARTS.match(digits) or len(set(digits)) < 2 or not luhn(digits):
            continue
        if len(digits) > _OLD_CARD or _CARD_WORD.search(text, max(0, match.start() - 40), match.start()):
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


def _births(text: str) -> Iterator[tuple[int, int]]:
    for match in _BIRTH.finditer(text):
        yield match.span()


def _passports(text: str) -> Iterator[tuple[int, int]]:
    for match in _PASSPORT.finditer(text):
        yield match.span("number")


def _plates(text: str) -> Iterator[tuple[int, int]]:
    for match in _PLATE.finditer(text):
        yield match.span("number")


def _machines(text: str) -> Iterator[tuple[int, int]]:
    """IP addresses that anybody outside of one house could reach (not those of RFC 1918, RFC 5737 and the like)."""
    for match in _ADDRESS_OF_MACHINE.finditer(text):
        try:
            if ip_address(match["number"]).is_global:
                yield match.span("number")
        except ValueError:
            continue


_FINDERS: tuple[tuple[str, Callable[[str], Iterator[tuple[int, int]]]], ...] = (
    ("bank account", _accounts),
    ("card number", _cards),
    ("social security number", _socials),
    ("national identity number", find_identity_numbers),
    ("date of birth", _births),
    ("passport number", _passports),
    ("number plate", _plates),
    ("IP address", _machines),
    ("telephone number", find_telephone_numbers),
)
"""What checks itself comes before what only looks like it, and takes its place in the text."""


def _hidden(piece: str) -> str:
    """The piece with most of its letters and digits replaced, so that a report does not spread it."""
    shown = max(2, len(piece) // 5)
    return piece[:shown] + "".join("•" if c.isalnum() else c for c in piece[shown:])
