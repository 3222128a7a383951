"""Near copies among texts: small changes of wording, punctuation or order, by shared character sequences.

MinHash (Broder 1997) with banding proposes pairs, and so do words left out; the exact Jaccard similarity decides, or
the words themselves. Written on arrays; rewordings are out of reach here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from touchstone.dataset.standing_out import standing_out
from touchstone.dataset.text_edits import edit_candidates, edits, list_words, other_words
from touchstone.dataset.wording import normal_form

LENGTH = 5
"""Characters of a shingle."""
JACCARD = 0.8
CONTAINMENT, CONTAINED_JACCARD, CONTAINED_FROM = 0.9, 0.5, 45
"""A text that stands almost whole in another is a copy too, if it has this many shingles: a quote, a retweet."""
COMMON, RARE_JACCARD, COMMON_FROM = 0.01, 0.5, 200
"""Shingles in more than 1 % of at least 200 texts are templates; texts that differ in all else are no copies."""
_SAMPLE, _TEXTS_AT_ONCE = 20_000, 5_000
PERMUTATIONS, BANDS = 96, 24
"""24 bands of 4: pairs at Jaccard 0.8 are missed once in 200,000, at 0.5 once in five."""
MAX_BUCKET = 200
WAYS = ("near", "reworded")
"""Whether the two say the same words but for slips, in whatever order, or one says a word that the other does not."""
MAX_SHINGLES, TOTAL_SHINGLES = 20_000, 30_000_000
"""A long text is compared by its first shingles, fewer where there are many texts: 240 MB in all."""


def near_texts(texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Near copies among texts of different normal form.

    Returns
    -------
    pairs (k, 2) with the smaller index first, Jaccard similarity (k,) in 0..1, which of :data:`WAYS` (k,)

    Notes
    -----
    Time grows with the number of characters, memory too: a million texts of twelve words are measured in
    docs/performance.md.
    """
    if len(texts) < 2:
        return np.zeros((0, 2), np.int64), np.zeros(0), np.zeros(0, np.int64)
    words = list_words(texts)
    shingles, starts = _shingles(texts)
    pairs = np.unique(np.concatenate([_candidates(shingles, starts), edit_candidates(words)]), axis=0)
    edited, other = edits(words, pairs)
    scores = np.where(other, 0.0, _likenesses(shingles, starts, pairs, edited))
    open_ = np.flatnonzero((scores == 0) & ~other)
    scores[open_] = standing_out(words, pairs[open_], pairs[scores > 0])
    pairs, scores = pairs[scores > 0], scores[scores > 0]
    ways = [WAYS.index("reworded" if other_words(words[a], words[b]) else "near") for a, b in pairs.tolist()]
    return pairs, scores, np.array(ways, dtype=np.int64)


def _likenesses(
    shingles: NDArray[np.uint64], starts: NDArray[np.int64], pairs: NDArray[np.int64], edits: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Exact Jaccard similarity of each pair, 0 where the two are no near copies."""
    common = _common(shingles, starts)
    sets: dict[int, frozenset[int]] = {}

    def distinct(index: int) -> frozenset[int]:
        if index not in sets:
            sets[index] = frozenset(shingles[starts[index] : starts[index + 1]].tolist())
        return sets[index]

    found = [
        _likeness(distinct(a), distinct(b), common, bool(edit))
        for (a, b), edit in zip(pairs.tolist(), edits, strict=True)
    ]
    return np.array(found, dtype=np.float64)


def _likeness(a: frozenset[int], b: frozenset[int], common: frozenset[int], edit: bool) -> float:
    shared = a & b
    n_shared, n_both = len(shared), len(a) + len(b) - len(shared)
    jaccard = n_shared / n_both
    smaller = min(len(a), len(b))
    contained = smaller >= CONTAINED_FROM and n_shared >= CONTAINMENT * smaller and jaccard >= CONTAINED_JACCARD
    if jaccard < JACCARD and not contained and not edit:
        return 0.0
    n_rare = len((a | b) - common) if common else 0
    if n_rare and not edit and len(shared - common) < RARE_JACCARD * n_rare:
        return 0.0
    return jaccard


def _common(shingles: NDArray[np.uint64], starts: NDArray[np.int64]) -> frozenset[int]:
    """Shingles that too many texts share to tell anything, counted in a sample of the texts."""
    n = len(starts) - 1
    if n < COMMON_FROM:
        return frozenset()
    some = np.unique(np.linspace(0, n - 1, min(n, _SAMPLE)).astype(np.int64))
    values, counts = np.unique(
        np.concatenate([shingles[starts[i] : starts[i + 1]] for i in some.tolist()]), return_counts=True
    )
    return frozenset(values[counts > COMMON * len(some)].tolist())


def _shingles(texts: Sequence[str]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Distinct shingle hashes of every text, sorted within it, and where each text's begin (and the end)."""
    cap = int(np.clip(TOTAL_SHINGLES // len(texts), 500, MAX_SHINGLES))
    found, counts = [], []
    for start in range(0, len(texts), _TEXTS_AT_ONCE):
        forms = [normal_form(text[: 4 * cap])[:cap].ljust(LENGTH) for text in texts[start : start + _TEXTS_AT_ONCE]]
        hashes, count = _distinct(forms)
        found.append(hashes)
        counts.append(count)
    starts = np.concatenate([[0], np.cumsum(np.concatenate(counts))]).astype(np.int64)
    return np.concatenate(found), starts


def _distinct(forms: Sequence[str]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Distinct shingle hashes of several texts, text by text, and how many each has."""
    codes = np.frombuffer("".join(forms).encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    hashes = np.zeros(len(codes) - LENGTH + 1, np.uint64)
    for offset in range(LENGTH):
        power = np.uint64(pow(0x9E3779B97F4A7C15, offset + 1, 1 << 64))
        hashes += codes[offset : offset + len(hashes)] * power
    lengths = np.array([len(form) for form in forms])
    ends = np.cumsum(lengths)
    owners = np.repeat(np.arange(len(forms)), lengths)[: len(hashes)]
    whole = np.arange(len(hashes)) + LENGTH <= ends[owners]  # the others reach into the next text
    hashes, owners = _mixed(hashes[whole]), owners[whole]
    order = np.lexsort((hashes, owners))
    hashes, owners = hashes[order], owners[order]
    new = np.concatenate([[True], (hashes[1:] != hashes[:-1]) | (owners[1:] != owners[:-1])])
    return hashes[new], np.bincount(owners[new], minlength=len(forms))


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Spread close numbers over all 64 bits (the finaliser of SplitMix64)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _candidates(shingles: NDArray[np.uint64], starts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Pairs that agree in a whole band of least hashes; one band is held at a time."""
    salts = _mixed(np.arange(1, PERMUTATIONS + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15))
    found = [np.zeros((0, 2), np.int64)]
    for band in np.split(salts, BANDS):
        keys = np.concatenate([
            _band(shingles[starts[i] : starts[min(i + _TEXTS_AT_ONCE, len(starts) - 1)]],
                  starts[i : i + _TEXTS_AT_ONCE][: len(starts) - 1 - i] - starts[i], band)
            for i in range(0, len(starts) - 1, _TEXTS_AT_ONCE)
        ])  # fmt: skip
        found.extend(_within_buckets(keys))
    return np.unique(np.concatenate(found), axis=0)


def _band(shingles: NDArray[np.uint64], starts: NDArray[np.int64], salts: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """(m,): one number for the least hashes of each text under several hash functions."""
    keys = np.zeros(len(starts), np.uint64)
    for salt in salts:
        keys = _mixed(keys ^ np.minimum.reduceat(_mixed(shingles ^ salt), starts))
    return keys


def _within_buckets(keys: NDArray[np.uint64]) -> Iterator[NDArray[np.int64]]:
    """Pairs of equal keys; in a huge bucket each is paired with the next few alone, which still links them."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    breaks = np.flatnonzero(ordered[1:] != ordered[:-1]) + 1
    longest = int(np.diff(np.concatenate([[0], breaks, [len(keys)]])).max(initial=0))
    for step in range(1, min(longest, MAX_BUCKET)):
        equal = np.flatnonzero(ordered[step:] == ordered[:-step])
        if not len(equal):
            return
        yield np.sort(np.stack([order[equal], order[equal + step]], axis=1), axis=1)
