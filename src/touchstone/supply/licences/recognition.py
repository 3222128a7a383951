"""Which licence a text is: by the digest of its normalised words, else by the passages it shares with known texts.

A known text with words added is not that licence: "MIT, for non-commercial use only" must not pass as MIT. So what
was added and what is missing is always told, and anything that could change the terms leaves the text in doubt.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TEXTS = Path(__file__).parent / "texts"
INDEX = TEXTS / "index.json"
SHINGLE = 4
"""Words in a passage that is compared."""
ALIKE = 0.5
"""Share of a known text's passages that must be found before a text counts as a version of it."""
MOST_MISSING = 0.12
"""Share that may be missing: the appendix of Apache-2.0 is 9 % of it."""
MOST_ADDED = 20
"""Harmless words that may be added in one place, such as a title or a project's name."""
MAXIMUM_CHARACTERS = 400_000

_WORD = re.compile(r"[a-z0-9]+")
_COPYRIGHT = re.compile(
    r"^\W*(?:(?:portions )?copyright\b|\(c\)|©|all rights reserved\b).*$", re.IGNORECASE | re.MULTILINE
)
_QUOTES = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"'})
# A word of these in an added passage may change the terms.
_WEIGHTY = frozenset({
    "not", "non", "no", "only", "commercial", "noncommercial", "except", "unless", "provided", "must", "shall", "may", "cannot",
    "prohibited", "restricted", "forbidden", "restriction", "restrictions", "exclude", "excluding", "however", "research",
    "academic", "revenue", "users", "military", "sell", "sold", "fee", "permission", "require", "requires", "required",
    "terminate", "additional", "addition", "exception", "instead", "personal", "evaluation", "internal",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a licence text is."""

    id: str | None
    """Of the table; None where it is no text that is known."""
    is_same: bool
    """Whether nothing was found that could change the terms."""
    alike: float
    """Share of the known text's passages that stand in it, 0..1."""
    added: tuple[str, ...] = ()
    """Passages that the known text does not have."""
    missing: float = 0.0


def recognise(text: str) -> Recognised:
    """Hold a text against the known ones.

    Examples
    --------
    >>> recognise((TEXTS / "MIT.txt").read_text()).id
    'MIT'
    """
    words = words_of(text)
    if (found := exact().get(_digest(words))) is not None:
        return Recognised(found, True, 1.0)
    passages = set(_passages(words))
    if not passages:
        return Recognised(None, False, 0.0)
    known = _known()
    name = max(known, key=lambda name: len(passages & known[name]) / len(passages | known[name]))
    alike = _alike(passages, known[name])
    if alike < ALIKE:  # a short text inside a long file has little in common with the whole of it
        name = max(known, key=lambda name: _alike(passages, known[name]))
        alike = _alike(passages, known[name])
    if alike < ALIKE:
        return Recognised(None, False, alike)
    added = _added(words, known[name])
    missing = 1 - len(passages & known[name]) / len(known[name])
    harmless = all(len(run) <= MOST_ADDED and not _WEIGHTY & set(run) for run in added)
    told = tuple(" ".join(run)[:200] for run in added)
    return Recognised(id_of(name), harmless and missing <= MOST_MISSING, alike, told, missing)


def words_of(text: str) -> list[str]:
    """The words that make the terms: no case, no punctuation, no copyright lines, no numbers of paragraphs."""
    plain = _COPYRIGHT.sub(_holder, text[:MAXIMUM_CHARACTERS].translate(_QUOTES)).lower()
    return [word for word in _WORD.findall(plain) if len(word) > 1 and not (len(word) < 3 and word.isdigit())]


def _holder(line: re.Match[str]) -> str:
    """A line that names holders says nothing about terms, unless terms were written into it."""
    said = line.group()
    return said if _WEIGHTY & set(_WORD.findall(said.lower())) else " "


def index_of(texts: Path) -> dict[str, dict[str, str | int]]:
    """The index of a folder of texts: name to digest and count of normalised words."""
    found: dict[str, dict[str, str | int]] = {}
    for path in sorted(texts.glob("*.txt")):
        words = words_of(path.read_text(encoding="utf-8"))
        found[path.stem] = {"sha256": _digest(words), "words": len(words)}
    return found


def id_of(name: str) -> str:
    """The licence of a text's file name; ``LicenseRef-Gemma-Terms.2024`` is an older text of the same terms."""
    return re.sub(r"\.20\d\d$", "", name)


@cache
def exact() -> dict[str, str]:
    """Digests of normalised words to licence ids."""
    index = json.loads(INDEX.read_text(encoding="utf-8"))
    return {row["sha256"]: id_of(name) for name, row in index.items()}


@cache
def _known() -> dict[str, frozenset[int]]:
    return {
        path.stem: frozenset(_passages(words_of(path.read_text(encoding="utf-8"))))
        for path in sorted(TEXTS.glob("*.txt"))
    }


def _digest(words: Sequence[str]) -> str:
    return hashlib.sha256(" ".join(words).encode()).hexdigest()


def _passages(words: Sequence[str]) -> Iterable[int]:
    # Hashes of tuples of strings differ between processes, which is fine: both sides are made in this one.
    return (hash(passage) for passage in zip(*(words[i:] for i in range(SHINGLE)), strict=False))


def _alike(passages: set[int], known: frozenset[int]) -> float:
    """Share of passages in common, of those in either (Jaccard), or of the known text where that is all inside."""
    common = len(passages & known)
    return max(common / len(passages | known), common / len(known) if common > 0.8 * len(known) else 0.0)


def _added(words: Sequence[str], known: frozenset[int]) -> list[list[str]]:
    """Runs of words that no shared passage covers."""
    covered = bytearray(len(words))
    for place, passage in enumerate(_passages(words)):
        if passage in known:
            covered[place : place + SHINGLE] = b"\x01" * SHINGLE
    runs: list[list[str]] = []
    before = True
    for word, is_covered in zip(words, covered, strict=True):
        if not is_covered:
            if before:
                runs.append([])
            runs[-1].append(word)
        before = bool(is_covered)
    return runs
