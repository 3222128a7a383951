"""Pairs of pictures whose perceptual hashes nearly agree: candidates for near copies, however many pictures there are."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

MAX_DISTANCE = 7
"""Hash bits that may differ; the search below is exact up to this."""
MAX_BUCKET = 500
"""Larger buckets are pictures that this hash cannot tell apart (blank ones, scans of one form)."""
_BANDS = 4


def hash_candidates(queries: NDArray[np.uint64], targets: NDArray[np.uint64], *, same: bool) -> NDArray[np.int64]:
    """Pairs (k, 2) whose hashes differ in at most 7 bits, the smaller index first.

    ``same`` says that queries and targets are one set of hashes; else the targets are those of the mirrored pictures.

    Seven differing bits leave at most one in some band of sixteen, so probing each band and its
    one-bit neighbours misses none (Norouzi, Punjani, Fleet 2012).
    """
    found = [np.zeros((0, 2), np.int64)]
    for band in range(_BANDS):
        shift = np.uint64(16 * band)
        keys = ((targets >> shift) & np.uint64(0xFFFF)).astype(np.int64)
        order = np.argsort(keys, kind="stable")
        probes = ((queries >> shift) & np.uint64(0xFFFF)).astype(np.int64)
        for flip in (0, *(1 << bit for bit in range(16))):
            for pairs in _joined(probes ^ flip, keys[order], order):
                pairs = pairs[pairs[:, 0] < pairs[:, 1]] if same else pairs[pairs[:, 0] != pairs[:, 1]]
                distance = np.bitwise_count(queries[pairs[:, 0]] ^ targets[pairs[:, 1]])
                found.append(np.sort(pairs[distance <= MAX_DISTANCE], axis=1))
    return np.unique(np.concatenate(found), axis=0)


def _joined(
    probes: NDArray[np.int64], keys: NDArray[np.int64], order: NDArray[np.int64]
) -> Iterator[NDArray[np.int64]]:
    """Index pairs of equal keys, in pieces; ``keys`` are sorted and ``order`` tells where they came from."""
    low, high = np.searchsorted(keys, probes, "left"), np.searchsorted(keys, probes, "right")
    counts = np.where(high - low > MAX_BUCKET, 0, high - low)
    ends = np.cumsum(counts)
    start = 0
    while start < len(probes):
        before = ends[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, before + 2_000_000, "right")))
        part = counts[start:stop]
        asked = np.repeat(np.arange(start, stop), part)
        within = np.arange(len(asked)) - np.repeat(np.cumsum(part) - part, part)
        yield np.stack([asked, order[np.repeat(low[start:stop], part) + within]], axis=1)
        start = stop
