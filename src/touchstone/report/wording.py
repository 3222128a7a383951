"""Strings from outside, made harmless to read: no control or direction marks, no endless lines."""

from __future__ import annotations

import re
from typing import Any

# Control characters, and the marks that turn the direction of writing or hide in a line.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_LONE = re.compile("[\ud800-\udfff]")
_SPACES = re.compile(r"\s+")
_QUOTED = re.compile(r"`([^`]+)`")
_PLAIN_WORD = re.compile(r"(?!touchstone )[a-z][a-z-]*[,:]? ")


def visible(text: str) -> str:
    """The same text; what cannot be seen, or is half a character, shows as a replacement mark."""
    return _LONE.sub("�", _UNSEEN.sub("�", text))


def clean(value: Any) -> str:
    """One line of visible text."""
    return visible(_SPACES.sub(" ", str(value)).strip())


def clip(value: Any, length: int = 90) -> str:
    """At most ``length`` characters; the middle is left out, since names differ at both ends."""
    text = clean(value)
    if len(text) <= length:
        return text
    head = (length - 1) * 2 // 3
    return f"{text[:head]}…{text[len(text) - (length - 1 - head) :]}"


def sentence(value: Any, length: int = 600) -> str:
    """A statement as a sentence, clipped at its end; a first word that may be a name or a path keeps its small letter."""
    text = _QUOTED.sub("“\\1”", clean(value))
    if not text:
        return ""
    if len(text) > length:
        return text[: length - 1].rstrip() + "…"
    if _PLAIN_WORD.match(text):
        text = text[0].upper() + text[1:]
    return text if text[-1] in '.!?…)”"' else text + "."


def capital(text: str) -> str:
    """The first letter large."""
    return text[:1].upper() + text[1:]


def listed(words: list[str], joint: str = "and") -> str:
    """``a, b and c``."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {joint} {words[-1]}"


def counted(n: int, noun: str, plural: str = "") -> str:
    """``1 check``, ``3 checks``."""
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"
