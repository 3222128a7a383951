"""Near copies among texts: small changes of wording, punctuation or order, by shared character sequences.

MinHash (Broder 1997) with banding proposes pairs, and so do words left out; the exact Jaccard similarity decides, or
the words themselves. Written on arrays; rewordings are out of reach here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from touchstone.dataset.standing_out import standing_out
from touchstone.dataset.text_edits import edit_candidates, edits, list_words
from touchstone.dataset.wording import normal_form

LENGTH = 5
"""Characters of a shingle."""
JACCARD = 0.8
CONTAINMENT, CONTAINED_JACCARD, CONTAINED_FROM = 0.9, 0.5, 45
"""A text that stands almost whole in another is a copy too, if it has this many shingles: a quote, a retweet."""
COMMON, RARE_JACCARD, COMMON_FROM = 0.01, 0.5, 200
"""Shingles in more than 1 % of at least 200 texts are templates; texts that differ in all else are no copies."""
PERMUTATIONS, BANDS = 96, 24
"""24 bands of 4: pairs at Jaccard 0.8 are missed once in 200,000, at 0.5 once in five."""
MAX_BUCKET = 200
MAX_SHINGLES, TOTAL_SHINGLES = 20_000, 30_000_000
"""A long text is compared by its first shingles, fewer where there are many texts: 240 MB in all."""


def near_texts(texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Near copies among texts of different normal form.

    Returns
    -------
    pairs (k, 2) with the smaller index first, Jaccard similarity (k,) in 0..1
    """
    if len(texts) < 2:
        return np.zeros((0, 2), np.int64), np.zeros(0)
    shingles, starts = _shingles(texts)
    pairs = np.unique(np.concatenate([_candidates(_signatures(shingles, starts[:-1])), edit_candidates(texts)]), axis=0)
    words = [list_words(text) for text in texts] if len(pairs) else []
    edited, other = edits(words, pairs)
    scores = np.where(other, 0.0, _likenesses(shingles, starts, pairs, edited))
    open_ = np.flatnonzero((scores == 0) & ~other)
    scores[open_] = standing_out(words, pairs[open_], pairs[scores > 0])
    return pairs[scores > 0], scores[scores > 0]


def _likenesses(
    shingles: NDArray[np.uint64], starts: NDArray[np.int64], pairs: NDArray[np.int64], edits: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Exact Jaccard similarity of each pair, 0 where the two are no near copies."""
    common = _common(shingles, len(starts) - 1)
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


def _common(shingles: NDArray[np.uint64], n: int) -> frozenset[int]:
    """Shingles that too many texts share to tell anything."""
    if n < COMMON_FROM:
        return frozenset()
    values, counts = np.unique(shingles, return_counts=True)
    return frozenset(values[counts > COMMON * n].tolist())


def _shingles(texts: Sequence[str]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Distinct shingle hashes of every text, sorted within it, and where each text's begin (and the end)."""
    cap = int(np.clip(TOTAL_SHINGLES // len(texts), 500, MAX_SHINGLES))
    powers = np.uint64(0x9E3779B97F4A7C15) ** np.arange(1, LENGTH + 1, dtype=np.uint64)
    found = []
    for text in texts:
        form = normal_form(text[: 4 * cap])[:cap].ljust(LENGTH)
        codes = np.frombuffer(form.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
        windows = np.lib.stride_tricks.sliding_window_view(codes, LENGTH)
        found.append(np.unique(_mixed((windows * powers).sum(axis=1, dtype=np.uint64))))
    starts = np.concatenate([[0], np.cumsum([len(one) for one in found])]).astype(np.int64)
    return np.concatenate(found), starts


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Spread close numbers over all 64 bits (the finaliser of SplitMix64)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _signatures(shingles: NDArray[np.uint64], starts: NDArray[np.int64]) -> NDArray[np.uint64]:
    """(m, 96): the least hash of each text under each of 96 hash functions."""
    salts = _mixed(np.arange(1, PERMUTATIONS + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15))
    found = np.empty((len(starts), PERMUTATIONS), np.uint64)
    for index, salt in enumerate(salts):
        found[:, index] = np.minimum.reduceat(_mixed(shingles ^ salt), starts)
    return found


def _candidates(signatures: NDArray[np.uint64]) -> NDArray[np.int64]:
    rows = PERMUTATIONS // BANDS
    found = [np.zeros((0, 2), np.int64)]
    for band in range(BANDS):
        part = signatures[:, band * rows : (band + 1) * rows]
        keys = part[:, 0].copy()
        for column in range(1, rows):
            keys = _mixed(keys ^ part[:, column])
        found.extend(_within_buckets(keys))
    return np.unique(np.concatenate(found), axis=0)


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
