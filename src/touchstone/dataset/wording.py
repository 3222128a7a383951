"""Texts: the form in which two texts are the same, and its digest."""

from __future__ import annotations

import hashlib
import unicodedata

MAX_CHARACTERS = 1_000_000
"""A text this long is set aside: no classifier reads it, and it would stall every stage."""


def normal_form(text: str) -> str:
    """NFKC, case folded, white space collapsed, invisible format characters dropped."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    visible = "".join(c for c in folded if unicodedata.category(c) != "Cf") if not folded.isascii() else folded
    return " ".join(visible.split())


def digest(text: str) -> str:
    """Hex digest of the normal form: equal for texts that differ in case, width or spacing alone."""
    return hashlib.blake2b(normal_form(text).encode("utf-8", "surrogatepass"), digest_size=32).hexdigest()


def fault(text: str) -> tuple[str, str] | None:
    """Why a text cannot be used, as (kind, reason)."""
    if len(text) > MAX_CHARACTERS:
        return "too_large", f"{len(text):,} characters, more than {MAX_CHARACTERS:,}"
    if not normal_form(text[:10_000]) and not normal_form(text):
        return "empty", "no visible character"
    return None
