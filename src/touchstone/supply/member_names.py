"""Which paths inside an archive or a model may stand: relative, plain, and the same on every system."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from touchstone.supply.rules import Refused

_DEVICES = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}
)
_LONGEST_PART = 255
_LONGEST_PATH = 4096
_DEEPEST = 32
_PART = rf"(?!(?i:{'|'.join(sorted(_DEVICES))})(?:[./]|\Z))[A-Za-z0-9_-]{{1,60}}(?:\.[A-Za-z0-9_-]{{1,60}}){{0,3}}"
_PLAIN = re.compile(rf"{_PART}(?:/{_PART}){{0,15}}/?")
"""Names that nobody could read differently, which are nearly all."""


def check_name(name: str) -> str:
    """The name itself, where it may stand.

    Raises
    ------
    Refused
        for a path that leads outside or that systems read differently
    """
    if _PLAIN.fullmatch(name):
        return name
    shown = ascii(name)[:120]
    parts = name.removesuffix("/").split("/")
    if not name or name.startswith("/") or ".." in parts or "\\" in name or ":" in name or parts[0] == "~":
        raise Refused("archive.path", f"its member {shown} would be written outside of the folder")
    if any(unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp") for letter in name):
        raise Refused("archive.path", f"its member {shown} has characters in its name that do not show")
    if unicodedata.normalize("NFC", name) != name:
        raise Refused("archive.path", f"its member {shown} is spelled in a way that systems read differently")
    for part in parts:
        if part in ("", ".") or part.endswith((".", " ")) or part.startswith(" "):
            raise Refused("archive.path", f"its member {shown} has a part that systems read differently")
        if part.split(".")[0].casefold() in _DEVICES:
            raise Refused("archive.path", f"its member {shown} is named like a device")
        if len(part.encode()) > _LONGEST_PART:
            raise Refused("archive.path", f"its member {shown} has a part of more than {_LONGEST_PART} bytes")
    if len(name) > _LONGEST_PATH or len(parts) > _DEEPEST:
        raise Refused("archive.path", f"its member {shown} lies deeper than {_DEEPEST} folders")
    return name


def check_distinct(names: Iterable[str]) -> None:
    """That no two names fall together where letter case does not count, and none is both a file and a folder.

    Raises
    ------
    Refused
        where they do
    """
    seen: dict[str, str] = {}
    folders: set[str] = set()
    for name in names:
        folded = name.casefold()
        if folded in seen:
            raise Refused("zip.structure", f"two of its members go by the name {ascii(name)[:120]}")
        seen[folded] = name
        folder = folded.rpartition("/")[0]
        while folder and folder not in folders:
            folders.add(folder)
            folder = folder.rpartition("/")[0]
    if both := folders & seen.keys():
        raise Refused("zip.structure", f"its member {ascii(min(both))[:120]} is both a file and a folder")
