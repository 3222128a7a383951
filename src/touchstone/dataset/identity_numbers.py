"""Numbers that a state or its health service gives to a person, told by their check digits and by the word before them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

_NOT_WITHIN = r"(?<![\w/])(?<!\d[.,-])"
_ENDS = r"(?!\w|[.,-]\d)"
_GAP = r"(?:['’]?s)?(?:\s{0,3}(?:card|number|numero|número|nummer|no|nr|nº|n°)\.?)?\s{0,3}(?:is|ist|es|est|was|[:#=])?\s{0,3}"


def _named(words: str, shape: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{words}){_GAP}(?P<number>{shape}){_ENDS}", re.IGNORECASE)


def find_identity_numbers(text: str) -> Iterator[tuple[int, int]]:
    """Where in a text such numbers stand.

    With a shape of their own and a check digit they need no word before them: the Brazilian CPF as it is written, the
    Italian codice fiscale, the Swiss AHV number. The others are numbers like many, so the word must stand before
    them: the Spanish DNI and NIE, Aadhaar, the Dutch BSN, the British NHS number (all with their check), and the
    British National Insurance number, which has none.
    """
    for pattern, is_one in _KINDS:
        for match in pattern.finditer(text):
            if is_one(re.sub(r"[\s.-]", "", match["number"]).upper()):
                yield match.span("number")


def is_cpf(number: str) -> bool:
    """Whether eleven digits end in the two check digits of a Brazilian CPF.

    Examples
    --------
    >>> is_cpf("52998224725"), is_cpf("52998224726")
    (True, False)
    """
    digits = [int(one) for one in number]
    return len(set(digits)) > 1 and all(
        sum(digit * (n + 1 - i) for i, digit in enumerate(digits[:n])) * 10 % 11 % 10 == digits[n] for n in (9, 10)
    )


def is_codice_fiscale(number: str) -> bool:
    """Whether the last letter is the check letter of an Italian codice fiscale.

    Examples
    --------
    >>> is_codice_fiscale("RSSMRA85T10A562S"), is_codice_fiscale("RSSMRA85T10A562T")
    (True, False)
    """
    values = [int(one) if one.isdigit() else ord(one) - ord("A") for one in number]
    total = sum(_ODD[value] if i % 2 == 0 else value for i, value in enumerate(values[:15]))
    return total % 26 == values[15]


_ODD = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)


def is_ahv(number: str) -> bool:
    """Whether thirteen digits satisfy the check of a Swiss AHV number, which is that of EAN-13.

    Examples
    --------
    >>> is_ahv("7569217076985"), is_ahv("7569217076986")
    (True, False)
    """
    return sum(int(one) * (3 if i % 2 else 1) for i, one in enumerate(number)) % 10 == 0


def is_dni(number: str) -> bool:
    """Whether the letter of a Spanish DNI or NIE is that of its number.

    Examples
    --------
    >>> is_dni("12345678Z"), is_dni("X1234567L"), is_dni("12345678A")
    (True, True, False)
    """
    digits = str("XYZ".index(number[0])) + number[1:-1] if number[0] in "XYZ" else number[:-1]
    return "TRWAGMYFPDXBNJZSQVHLCKE"[int(digits) % 23] == number[-1]


def is_aadhaar(number: str) -> bool:
    """Whether twelve digits satisfy Verhoeff's check, as an Aadhaar number does.

    Examples
    --------
    >>> is_aadhaar("234123412346"), is_aadhaar("234123412347")
    (True, False)
    """
    state, places = 0, list(range(10))
    for one in reversed(number):
        state = _turned(state, places[int(one)])
        places = [places[i] for i in _VERHOEFF]
    return state == 0


_VERHOEFF = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def _turned(a: int, b: int) -> int:
    """The product in the dihedral group of order ten, whose members from 5 on are the reflections."""
    return (a + b if a < 5 else a - b) % 5 + 5 * ((a < 5) != (b < 5))


def is_bsn(number: str) -> bool:
    """Whether nine digits satisfy the eleven-test of a Dutch BSN.

    Examples
    --------
    >>> is_bsn("111222333"), is_bsn("111222334")
    (True, False)
    """
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    return int(number) > 0 and sum(w * int(one) for w, one in zip(weights, number, strict=True)) % 11 == 0


def is_nhs(number: str) -> bool:
    """Whether ten digits satisfy the check of a British NHS number.

    Examples
    --------
    >>> is_nhs("9434765919"), is_nhs("9434765918")
    (True, False)
    """
    total = sum((10 - i) * int(one) for i, one in enumerate(number[:9]))
    return (11 - total % 11) % 11 == int(number[9])


def _is_insurance(number: str) -> bool:
    return number[:2] not in ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ")


_KINDS: tuple[tuple[re.Pattern[str], Callable[[str], bool]], ...] = (
    (re.compile(rf"{_NOT_WITHIN}(?P<number>\d{{3}}\.\d{{3}}\.\d{{3}}-\d{{2}}){_ENDS}"), is_cpf),
    (_named("CPF", r"\d{3}[. ]?\d{3}[. ]?\d{3}[- ]?\d{2}"), is_cpf),
    (
        re.compile(rf"{_NOT_WITHIN}(?P<number>[A-Z]{{6}}\d\d[A-EHLMPRST]\d\d[A-Z]\d{{3}}[A-Z]){_ENDS}", re.IGNORECASE),
        is_codice_fiscale,
    ),
    (re.compile(rf"{_NOT_WITHIN}(?P<number>756\.\d{{4}}\.\d{{4}}\.\d{{2}}){_ENDS}"), is_ahv),
    (_named("AHV|AVS|OASI", r"756[. ]?\d{4}[. ]?\d{4}[. ]?\d{2}"), is_ahv),
    (_named("DNI|NIE|NIF", r"(?:\d{8}|[XYZ]-?\d{7})[- ]?[A-Z]"), is_dni),
    (_named("aadhaar|aadhar|UIDAI", r"[2-9]\d{3}[ -]?\d{4}[ -]?\d{4}"), is_aadhaar),
    (_named("BSN|burgerservice|sofi", r"\d{3}[. ]?\d{3}[. ]?\d{3}|\d{4}[. ]?\d{2}[. ]?\d{3}"), is_bsn),
    (_named("NHS", r"\d{3}[ -]?\d{3}[ -]?\d{4}"), is_nhs),
    (_named("NI|NINO|national\\s+insurance", r"[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D]"), _is_insurance),
)
