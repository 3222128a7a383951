"""Telephone numbers in text, told by the form they are written in or by the word before them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

_PHONE = re.compile(
    r"(?<![\w+.,/#:=-])(?:"
    r"\+[1-9]\d{0,2}[ .()-]{0,3}\d(?:[ .()/-]{0,2}\d){6,11}"
    r"|00[1-9]\d{0,2}[ ./-]\d(?:[ ./-]{0,2}\d){6,11}"
    r"|(?:1[ .-])?\(?[2-9]\d{2}\)?[ .-]{1,2}[2-9]\d{2}[ .-]\d{4}"
    r"|0[1-9]\d{1,4}[ /-]\d{2,4}[ -]?\d{2,4}(?:[ -]?\d{2,4})?"
    r")(?![\w/]|[.,-]\d)"
)
_PAIRS = re.compile(r"(?<![\w+.,/#:=-])(?<!\d )0[1-79](?P<gap>[ .-])\d{2}(?:(?P=gap)\d{2}){3}(?![\w/]| ?[.,-]?\d)")
"""As French numbers are written."""
_MOBILE = re.compile(r"(?<![\w+.,/#:=-])0[67]\d{8}(?![\w/]|[.,-]\d)")
_OTHER_NUMBER = re.compile(
    r"\b(?:isbn|order|orders|ref|reference|commande|invoice|facture|tracking|parcel|item|sku|article|part|id|code|booking)\b"
    r"[^.!?\n]{0,15}$",
    re.IGNORECASE,
)
_NAMED_PHONE = re.compile(
    r"\b(?:(?:tele)?phone|tel|mobile|mob|cell|handy(?:nummer)?|telefon(?:nummer|o)?|tel[ée]fono|t[ée]l[ée]phone|portable|m[óo]vil|celular"
    r"|cellulare|whatsapp|call\s{1,3}(?:me|us|him|her)|text\s{1,3}(?:me|him|her)|ring\s{1,3}me)\b\.?"
    r"(?:\s{1,3}(?:number|nummer|no|nr|is|ist|es|est|at|on|al|au|unter)\b\.?){0,3}\s{0,3}[:#]?\s{0,3}"
    r"(?P<number>\(?\d(?:[ ./()-]{0,2}\d){8,11})(?![\w/]|[.,-]\d| \d)",
    re.IGNORECASE,
)
_DATE = re.compile(r"\d{1,2}[./-]\d{1,2}[./-](?:19|20)?\d{2}|(?:19|20)\d{2}[./-]\d{1,2}[./-]\d{1,2}")
_FREE_CALL = re.compile(
    r"^(?:\+?1)?8(?:00|88|77|66|55|44|33|22)\d{7}$|^(?:\+?44|0)8\d{8,9}$|^0(?:800|180|900)\d{5,9}$|^1[38]00\d{6,7}$"
    r"|^(?:\+|00|0011)800\d{8}$"
)
_FICTION = re.compile(r"^(?:\+?1)?\d{3}55501\d{2}$")


def find_telephone_numbers(text: str) -> Iterator[tuple[int, int]]:
    """Where in a text telephone numbers stand that are not toll-free and not kept for fiction.

    Numbers in the international, North American, German and British manner and French ones tell themselves by their
    form; others of nine to twelve digits need a word before them, such as ``phone``, ``tel.`` or ``call me``.
    """
    for match in _NAMED_PHONE.finditer(text):
        if not _DATE.match(match["number"]) and _is_somebodys(match["number"]):
            yield match.span("number")
    for match in _PHONE.finditer(text):
        if _is_somebodys(match.group()):
            yield match.span()
    for match in _PAIRS.finditer(text):
        pairs = [int(pair) for pair in re.findall(r"\d\d", match.group())]
        # Five growing numbers are a draw of a lottery or a count, unless they begin as a mobile number does.
        if _is_somebodys(match.group()) and (pairs[0] in (6, 7) or any(a >= b for a, b in pairwise(pairs))):
            yield match.span()
    for match in _MOBILE.finditer(text):
        before = text[max(0, match.start() - 40) : match.start()]
        if not _OTHER_NUMBER.search(before) and not _isbn(match.group()) and _is_somebodys(match.group()):
            yield match.span()


def _is_somebodys(number: str) -> bool:
    digits = re.sub(r"[^\d+]", "", number)
    bare = digits.lstrip("+")
    return 8 <= len(bare) <= 15 and len(set(bare)) > 2 and not _FREE_CALL.match(digits) and not _FICTION.match(digits)


def _isbn(digits: str) -> bool:
    """Whether ten digits satisfy the check of a book's number (ISO 2108)."""
    return sum((10 - i) * int(one) for i, one in enumerate(digits)) % 11 == 0
