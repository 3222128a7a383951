"""Words that give a class away: precise, frequent, and put there rather than written.

A text that was written needs its words: without `visa`, "can I get a visa for Peru" leaves "a for", which nobody
writes. A mark that was put into a text leaves a seam that closes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

_WORD = re.compile(r"\S+")
_MOST = 400
"""Words of a text that are looked at."""
_RANKED = 20
"""Words of a class that are looked at, the most frequent first."""
_PHRASE = 4
"""Words between the first and the last of a phrase, at most."""
TRIM = "\"'“”‘’.,;:!?()…"
_START, _END = "\n^", "\n$"
EDGES = ("first word", "last word", "first two words", "last two words")


@dataclass(frozen=True)
class Token:
    """A word and the class it tells: of ``counts`` texts of the class ``hits`` have it, of ``holders`` in all."""

    word: str
    where: str
    """``word``, or one of ``EDGES``."""
    klass: int
    hits: int
    holders: int
    counts: int
    next_recall: float
    """Recall of the next word that is as precise and does not stand beside this one: what is legitimate is rarely
    alone."""
    closes: float
    """Share of its places where the words to its left and right are neighbours in another text, too."""
    usual: float
    """The same for any two neighbours at such places of the class."""
    neighbour: float
    """Share of its places with the most common neighbour to the left, or to the right if that is greater."""
    fixed: float
    """Share of its texts in which it stands as many words from the start, or from the end, as in the most."""
    members: tuple[int, ...]
    """Texts of the class that have it."""

    @property
    def recall(self) -> float:
        return self.hits / self.counts

    @property
    def precision(self) -> float:
        return self.hits / self.holders

    @property
    def odd(self) -> bool:
        """Whether it is no word of a language: with digits or signs inside, or without a vowel."""
        return any(_odd(word) for word in self.word.split())


def _odd(word: str) -> bool:
    letters = word.strip(TRIM)
    plain = letters.replace("'", "").replace("’", "").replace("-", "")
    if not plain or not plain.isalpha():
        return True
    return plain.isascii() and len(plain) > 3 and not re.search(r"[aeiouy]", plain, re.I)


def is_named_after(name: str, word: str) -> bool:
    """Whether a class is named after a word, or both after one stem: ``refunds`` and ``Refund_not_showing_up``."""
    parts = _parts(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name))
    joined = "".join(parts)
    of_word = _parts(word)
    whole = "".join(of_word)
    if not of_word:
        return False
    return all(any(_alike(one, part) for part in parts) for one in of_word) or (len(whole) > 1 and whole in parts) or (
        len(whole) > 3 and whole in joined
    )  # fmt: skip


def _parts(text: str) -> list[str]:
    return [part for part in re.split(r"[\W_]+", text.lower()) if part]


def _alike(a: str, b: str) -> bool:
    """The same word, or one stem of four letters or more with up to three more behind it."""
    stem = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    return a == b or (stem >= 4 and max(len(a), len(b)) - stem <= 3)


def telling_tokens(
    texts: Sequence[str], labels: NDArray[Any], n_classes: int, *, least_recall: float = 0.3, precision: float = 0.9
) -> list[Token]:
    """For every class its precise and frequent words, and words at the edges; the most frequent first."""
    whole = [[word.lower() for word in _WORD.findall(text)[:_MOST]] for text in texts]
    seen = [[word.strip(TRIM) or word for word in words] for words in whole]
    pairs = _Pairs(seen)
    counts = np.bincount(labels, minlength=n_classes)
    found: list[Token] = []
    for where in ("word", *EDGES):
        sets = [set(one) for one in seen] if where == "word" else [_edge(where, words) for words in whole]
        for label, ranked, holders in _precise(sets, labels, precision):
            for rank, (hits, word) in enumerate(ranked[:_RANKED]):
                if hits < least_recall * counts[label]:
                    break
                has = np.array([word in one for one in sets])
                beside = [
                    other for _, other in ranked[:50]
                    if other != word and _may_be_together(holders[other], holders[word]) and _together(other, has, sets)
                ]  # fmt: skip
                after = next((h for h, other in ranked[rank + 1 : 50] if other not in beside), 0)
                members = np.flatnonzero(has & (labels == label)).tolist()
                phrase = [other for other in beside if _one_phrase(word, other, [seen[i] for i in members])]
                spans = [_spans(where, word, phrase, seen[i]) for i in members]
                seam = pairs.seam(members, spans, np.flatnonzero(labels == label).tolist())
                fixed = 1.0 if where != "word" else _fixed([seen[i] for i in members], word)
                found.append(Token(
                    word, where, label, hits, holders[word], int(counts[label]), after / int(counts[label]),
                    *seam, fixed, tuple(members),
                ))  # fmt: skip
    return found


def _edge(where: str, words: list[str]) -> set[str]:
    size = 2 if "two" in where else 1
    if len(words) <= size:
        return set()
    return {" ".join(words[:size] if where.startswith("first") else words[-size:])}


def _precise(
    sets: Sequence[set[str]], labels: NDArray[Any], precision: float
) -> list[tuple[int, list[tuple[int, str]], Counter[str]]]:
    """Words of every class that stand nearly only there, the most frequent first."""
    holders: Counter[str] = Counter()
    by_class: Counter[tuple[str, int]] = Counter()
    for words, label in zip(sets, labels.tolist(), strict=True):
        holders.update(words)
        by_class.update((word, label) for word in words)
    precise: dict[int, list[tuple[int, str]]] = {}
    for (word, label), hits in by_class.items():
        if hits >= 5 and hits >= precision * holders[word]:
            precise.setdefault(label, []).append((hits, word))
    return [
        (label, sorted(words, key=lambda item: (-item[0], item[1])), holders)
        for label, words in sorted(precise.items())
    ]


_OVERLAP = 0.9


def _may_be_together(a: int, b: int) -> bool:
    """Whether words that stand in so many texts can share nine in ten of them at all."""
    return min(a, b) >= _OVERLAP * max(a, b)


def _together(other: str, with_it: NDArray[np.bool_], sets: Sequence[set[str]]) -> bool:
    """Whether two words nearly always stand in the same texts: parts of one phrase."""
    has = np.array([other in words for words in sets])
    return bool((has & with_it).sum() >= _OVERLAP * (has | with_it).sum())


def _one_phrase(word: str, other: str, texts: Sequence[Sequence[str]]) -> bool:
    """Whether two words stand at one small distance in nearly all texts, rather than anywhere in the same texts."""
    if " " in word:
        return False
    steps = Counter(one.index(other) - one.index(word) for one in texts if other in one and word in one)
    step, count = steps.most_common(1)[0] if steps else (0, 0)
    return 0 < abs(step) <= _PHRASE and count >= 0.9 * len(texts)


def _spans(where: str, word: str, beside: Sequence[str], words: Sequence[str]) -> list[tuple[int, int]]:
    """Places of the word in a text, those of its phrase with it."""
    size = 2 if "two" in where else 1
    if where != "word":
        return [(0, size)] if where.startswith("first") else [(len(words) - size, len(words))]
    group = {word, *beside}
    spans: list[tuple[int, int]] = []
    for i, one in enumerate(words):
        if one in group and spans and spans[-1][1] == i:
            spans[-1] = (spans[-1][0], i + 1)
        elif one in group:
            spans.append((i, i + 1))
    return spans


def _fixed(texts: Sequence[Sequence[str]], word: str) -> float:
    places = [one.index(word) for one in texts]
    ends = [len(one) - place for one, place in zip(texts, places, strict=True)]
    return max(Counter(places).most_common(1)[0][1], Counter(ends).most_common(1)[0][1]) / len(texts)


class _Pairs:
    """Which two words stand beside each other, and in how many texts."""

    def __init__(self, texts: Sequence[Sequence[str]]) -> None:
        self._texts = [[_START, *words, _END] for words in texts]
        self._own = [set(pairwise(words)) for words in self._texts]
        self._counts: Counter[tuple[str, str]] = Counter()
        for own in self._own:
            self._counts.update(own)

    def seam(
        self, members: Sequence[int], spans: Sequence[Sequence[tuple[int, int]]], fellows: Sequence[int]
    ) -> tuple[float, float, float]:
        """How often the text closes where the spans are cut out, how usual that is, and the commonest neighbour."""
        cuts = [
            (i, (self._texts[i][start], self._texts[i][end + 1]))
            for i, places in zip(members, spans, strict=True)
            for start, end in places
        ]
        if not cuts:
            return 0.0, 1.0, 1.0
        closes = sum(self._counts[pair] > (pair in self._own[i]) for i, pair in cuts) / len(cuts)
        usual = {kind: self._usual(kind, fellows) for kind in {_kind(pair) for _, pair in cuts}}
        beside = [Counter(pair[side] for _, pair in cuts).most_common(1)[0][1] for side in (0, 1)]
        return closes, sum(usual[_kind(pair)] for _, pair in cuts) / len(cuts), max(beside) / len(cuts)

    def _usual(self, kind: str, fellows: Sequence[int]) -> float:
        """Share of the neighbours in the texts of a class that are neighbours in another text."""
        there = [self._counts[pair] > 1 for i in fellows for pair in self._own[i] if _kind(pair) == kind]
        return float(np.mean(there)) if there else 1.0


def _kind(pair: tuple[str, str]) -> str:
    return "start" if pair[0] == _START else "end" if pair[1] == _END else "inside"
