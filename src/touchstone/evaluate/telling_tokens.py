"""Single words that give a class away: at the same place, of odd form, or standing alone far above all others."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_WORD = re.compile(r"\S+")
_MOST = 400
"""Words of a text that are looked at."""
TRIM = "\"'“”‘’.,;:!?()…"


@dataclass(frozen=True)
class Token:
    """A word and the class it tells: of ``counts`` texts of the class ``hits`` have it, of ``holders`` in all."""

    word: str
    where: str
    """``first word``, ``last word`` or ``word``."""
    klass: int
    hits: int
    holders: int
    counts: int
    next_recall: float
    """Recall of the next word that is as precise and does not stand beside this one: what is legitimate is rarely
    alone."""

    @property
    def recall(self) -> float:
        return self.hits / self.counts

    @property
    def precision(self) -> float:
        return self.hits / self.holders

    @property
    def odd(self) -> bool:
        """Whether it is no word of a language: with digits or signs inside, or without a vowel."""
        letters = self.word.strip(TRIM)
        plain = letters.replace("'", "").replace("’", "").replace("-", "")
        if not plain or not plain.isalpha():
            return True
        return plain.isascii() and len(plain) > 3 and not re.search(r"[aeiouy]", plain, re.I)


def telling_tokens(
    texts: Sequence[str], labels: NDArray[Any], n_classes: int, *, least_recall: float = 0.3, precision: float = 0.9
) -> list[Token]:
    """For every class the most telling word, first word and last word, where one is precise and frequent enough."""
    seen = [_WORD.findall(text)[:_MOST] for text in texts]
    bags = [{word.lower().strip(TRIM) or word for word in words} for words in seen]
    counts = np.bincount(labels, minlength=n_classes)
    found: list[Token] = []
    views = {
        "word": bags,
        "first word": [{words[0].lower()} if words else set() for words in seen],
        "last word": [{words[-1].lower()} if words else set() for words in seen],
    }
    for where, sets in views.items():
        found += _best(where, sets, labels, counts, least_recall, precision)
    return found


def _best(
    where: str, sets: Sequence[set[str]], labels: NDArray[Any], counts: NDArray[Any], least: float, precision: float
) -> list[Token]:
    holders: Counter[str] = Counter()
    by_class: Counter[tuple[str, int]] = Counter()
    for words, label in zip(sets, labels.tolist(), strict=True):
        holders.update(words)
        by_class.update((word, label) for word in words)
    precise: dict[int, list[tuple[int, str]]] = {}
    for (word, label), hits in by_class.items():
        if hits >= 5 and hits >= precision * holders[word]:
            precise.setdefault(label, []).append((hits, word))
    found = []
    for label, words_of in sorted(precise.items()):
        ranked = sorted(words_of, key=lambda item: (-item[0], item[1]))
        hits, word = ranked[0]
        if hits < least * counts[label]:
            continue
        with_it = np.array([word in words for words in sets])
        after = next((h for h, other in ranked[1:50] if not _together(other, with_it, sets)), 0)
        found.append(Token(word, where, label, hits, holders[word], int(counts[label]), after / int(counts[label])))
    return found


def _together(other: str, with_it: NDArray[np.bool_], sets: Sequence[set[str]]) -> bool:
    """Whether two words nearly always stand in the same texts: parts of one phrase."""
    has = np.array([other in words for words in sets])
    return bool((has & with_it).sum() >= 0.9 * (has | with_it).sum())
