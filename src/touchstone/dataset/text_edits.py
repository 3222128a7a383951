"""Texts that differ by an edit: a word or two of many, slips of the finger in two words, parts in another order."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from touchstone.dataset.wording import normal_form

FEW_WORDS, MOST_CHANGED, SAME_WORDS = 12, 2, 0.83
"""Texts of this many words that differ in at most two of them, wherever they stand, are copies. In shorter texts two
words are often all that matters: there only slips count."""
FEW_SURE = 3
"""This many words must agree for a difference in the others to be a slip."""
COMMON, COMMON_FROM = 0.01, 200
"""What stands in more than 1 % of at least 200 texts is a template."""
_SAMPLE = 20_000
LONG = 40
"""In texts of this many words one number more or less makes no other text."""
_SHORTEST_WORD, _LONGEST_TEXT = 4, 20_000
_MOST_WORDS, _LARGEST_BUCKET = 24, 20
_ALL_WORDS = 30_000_000
_PARTNERS = 40
_KEYS_AT_ONCE, _ROWS_AT_ONCE = 5_000_000, 20_000
Templates = frozenset[tuple[str, str, str]]
_WORD = re.compile(r"\w+")


def list_words(texts: Sequence[str]) -> list[list[str]]:
    """The words of each text in its normal form, of a long one the first; equal words are one object."""
    most = int(np.clip(_ALL_WORDS // max(1, len(texts)), 100, _LONGEST_TEXT))
    known: dict[str, str] = {}
    return [
        [known.setdefault(word, word) for word in _WORD.findall(normal_form(text[:_LONGEST_TEXT]))[:most]]
        for text in texts
    ]


def edit_candidates(words: Sequence[Sequence[str]]) -> NDArray[np.int64]:
    """Pairs (k, 2) of texts, the smaller index first, that use the same letters or the same words but one or two.

    Words are left out of texts of up to 24 words, so that the keys stay few: at most 301 of a text. They are made and
    compared in parts, so that no more than some ten million are held at once.
    """
    codes: dict[str, np.uint64] = {}
    by_length: dict[int, tuple[list[int], list[list[np.uint64]]]] = {}
    letters, owners = [], []
    for index, text in enumerate(words):
        if len(text) < FEW_SURE:
            continue
        letters.append(_code("".join(sorted("".join(text)))))
        owners.append(index)
        if len(text) <= _MOST_WORDS:
            rows, found = by_length.setdefault(len(text), ([], []))
            rows.append(index)
            found.append([codes.get(word) or codes.setdefault(word, _code(word)) for word in text])
    pairs = [_sharing(np.array(letters, np.uint64), np.array(owners, np.int32))]
    tables = [(np.array(rows, np.int32), np.array(found, np.uint64)) for rows, found in by_length.values()]
    parts = 1 + sum(len(rows) * (2 + n.shape[1] ** 2) // 2 for rows, n in tables) // _KEYS_AT_ONCE
    for part in range(parts):
        made = [_left_out(rows, table, part, parts) for rows, table in tables]
        if made:
            pairs.append(_sharing(*(np.concatenate(column) for column in zip(*made, strict=True))))
    return _fewer(*np.unique(np.concatenate(pairs), axis=0, return_counts=True))


def _fewer(pairs: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Of a text that many others resemble, the pairs that were met most often: where all resemble all, none stands out."""
    for side in (0, 1):
        order = np.lexsort((pairs[:, 1 - side], -counts, pairs[:, side]))
        pairs, counts = pairs[order], counts[order]
        _, first, sizes = np.unique(pairs[:, side], return_index=True, return_counts=True)
        kept = np.arange(len(pairs)) - np.repeat(first, sizes) < _PARTNERS
        pairs, counts = pairs[kept], counts[kept]
    return pairs


def _left_out(
    rows: NDArray[np.int32], codes: NDArray[np.uint64], part: int, parts: int
) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    """Keys of texts of one length with no word, one or two left out, and whose they are; of all keys one part."""
    keys, owners = [], []
    first, second = np.triu_indices(codes.shape[1], 1)
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        some = codes[start : start + _ROWS_AT_ONCE]
        total = some.sum(axis=1, keepdims=True)
        every = np.concatenate([total, total - some, total - some[:, first] - some[:, second]], axis=1)
        row, column = np.nonzero(every % np.uint64(parts) == part)
        keys.append(every[row, column])
        owners.append(rows[start + row])
    return np.concatenate(keys), np.concatenate(owners)


def _code(word: str) -> np.uint64:
    """A number for the word that is the same in every process; wrapping sums of them stand for sets of words."""
    return np.uint64(int.from_bytes(hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest()))


def _sharing(keys: NDArray[np.uint64], owners: NDArray[np.int32]) -> NDArray[np.int64]:
    """Pairs of owners of one key; in a large bucket each with the next few alone."""
    order = np.lexsort((owners, keys))
    keys, owners = keys[order], owners[order]
    new = np.concatenate([[True], (keys[1:] != keys[:-1]) | (owners[1:] != owners[:-1])])[: len(keys)]
    keys, owners = keys[new], owners[new]
    found = [np.zeros((0, 2), np.int64)]
    for step in range(1, _LARGEST_BUCKET):
        equal = np.flatnonzero(keys[step:] == keys[:-step])
        if not len(equal):
            break
        found.append(np.stack([owners[equal], owners[equal + step]], axis=1).astype(np.int64))
    return np.unique(np.concatenate(found), axis=0)


def edits(
    words: Sequence[Sequence[str]], pairs: NDArray[np.int64]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:  # fmt: skip
    """Which pairs (k, 2) of texts, given as words, differ by an edit only, and which name other numbers."""
    common = _templates(words[:_SAMPLE])
    edited = [is_edit(words[a], words[b], common) for a, b in pairs.tolist()]
    other = [other_numbers(words[a], words[b]) for a, b in pairs.tolist()]
    return np.array(edited, dtype=bool), np.array(other, dtype=bool)


def other_numbers(first: Sequence[str], second: Sequence[str]) -> bool:
    """Whether short texts each name a number that the other does not: two orders, two rooms, two sums.

    Examples
    --------
    >>> other_numbers("order 1204 has left".split(), "order 1377 has left".split())
    True
    >>> other_numbers("order 1204 has left".split(), "order 1204 has left at 9".split())
    False
    """
    if min(len(first), len(second)) >= LONG:
        return False
    a, b = (Counter(word for word in words if any(map(str.isdigit, word))) for words in (first, second))
    return bool(a - b) and bool(b - a)


def other_words(first: Sequence[str], second: Sequence[str]) -> bool:
    """Whether a word stands in the one that stands in the other neither as it is nor with a slip of the finger.

    Examples
    --------
    >>> other_words("where is my new card".split(), "my new crad where is".split())
    False
    >>> other_words("cancel my order please".split(), "change my order please".split())
    True
    """
    if "".join(first) == "".join(second) or _swaps(" ".join(first), " ".join(second)) <= MOST_CHANGED:
        return False
    a, b = Counter(first), Counter(second)
    ours, theirs = list((a - b).elements()), list((b - a).elements())
    for word in ours:
        partner = next((other for other in theirs if is_slip(word, other)), None)
        if partner is None:
            return True
        theirs.remove(partner)
    return bool(theirs)


def _templates(texts: Sequence[Sequence[str]]) -> Templates:
    """Three words in a row that too many texts share to tell anything."""
    if len(texts) < COMMON_FROM:
        return frozenset()
    counts = Counter(three for words in texts for three in set(_threes(words)))
    return frozenset(three for three, count in counts.items() if count > COMMON * len(texts))


def _threes(words: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    return zip(words, words[1:], words[2:], strict=False)


def _own(words: Sequence[str], templates: Templates) -> Counter[str]:
    """The words that stand in no template."""
    own = [True] * len(words)
    for i, three in enumerate(_threes(words)):
        if three in templates:
            own[i : i + 3] = [False] * 3
    return Counter(word for word, kept in zip(words, own, strict=True) if kept)


def is_edit(first: Sequence[str], second: Sequence[str], templates: Templates = frozenset()) -> bool:
    """Whether two lists of words differ in one or two of many, or by slips in one or two, or in the order of parts.

    Parameters
    ----------
    templates : three words in a row that many texts have; in long texts more than these must be shared

    Examples
    --------
    >>> is_edit("where is my new card".split(), "where is my enw crad".split())
    True
    >>> is_edit("dollars in euros please".split(), "dollars in pounds please".split())
    False
    """
    a, b = Counter(first), Counter(second)
    longer, shorter = max(len(first), len(second)), min(len(first), len(second))
    shared = (a & b).total()
    changed = longer - shared
    if shared < FEW_SURE or changed > 2 * MOST_CHANGED:
        return False
    if changed <= MOST_CHANGED and shorter >= FEW_WORDS and shared >= SAME_WORDS * longer:
        return not templates or (_own(first, templates) & _own(second, templates)).total() > changed
    if changed == 0:
        return len(set(pairwise(first)) & set(pairwise(second))) >= len(first) - 3
    if changed <= MOST_CHANGED and len(first) == len(second):
        differing = [(one, other) for one, other in zip(first, second, strict=True) if one != other]
        if len(differing) <= MOST_CHANGED and all(is_slip(one, other) for one, other in differing):
            return True
    return _swaps(" ".join(first), " ".join(second)) <= MOST_CHANGED


def is_slip(a: str, b: str) -> bool:
    """Whether one slip of the finger makes one word of the other: a letter more, less, other or out of place.

    Numbers and the shortest words are never taken for slips; in words of four letters another letter is another word.
    """
    if min(len(a), len(b)) < _SHORTEST_WORD or abs(len(a) - len(b)) > 1 or not (a.isalpha() and b.isalpha()):
        return False
    same = next((i for i, (one, other) in enumerate(zip(a, b, strict=False)) if one != other), min(len(a), len(b)))
    rest_a, rest_b = a[same:], b[same:]
    if len(a) == len(b):
        return _swaps(a, b) <= 1 or (len(a) > _SHORTEST_WORD and rest_a[1:] == rest_b[1:])
    return rest_a[1:] == rest_b if len(a) > len(b) else rest_a == rest_b[1:]


def _swaps(a: str, b: str) -> int:
    """How many swaps of neighbouring letters (spaces too, never digits) make ``b`` of ``a``; 99 where none do."""
    if len(a) != len(b):
        return 99
    found, i = 0, 0
    while i < len(a):
        if a[i] == b[i]:
            i += 1
        elif a[i] == b[i + 1 : i + 2] and b[i] == a[i + 1 : i + 2] and not (a[i] + b[i]).isdigit():
            found, i = found + 1, i + 2
        else:
            return 99
    return found
