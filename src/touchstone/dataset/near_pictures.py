"""Near copies among pictures: resized, recompressed, brightened or mirrored ones.

Two stages: perceptual hashes propose pairs, thumbnails decide. Crops and rotations are out of reach here.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

MAX_DISTANCE = 7
"""Hash bits that may differ; the search below is exact up to this."""
MAX_BUCKET = 500
"""Larger buckets are pictures that this hash cannot tell apart (blank ones, scans of one form)."""
LOOSEST = 0.03
"""Greatest unlikeness (1 - correlation of thumbnails) of two pictures that can count as copies."""
FLAT = 2.0
"""Below this standard deviation (of 255) a picture shows nothing that could be compared."""
_BANDS = 4

Pairs = tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.bool_]]


def near_pictures(hashes: NDArray[np.uint64], thumbs: NDArray[np.uint8], strangers: NDArray[np.int64]) -> Pairs:
    """Verified near copies among pictures of different content.

    Parameters
    ----------
    hashes : (n, 2), perceptual hash and that of the mirrored picture
    thumbs : (n, 24, 24, 3)
    strangers : (n,) class index, -1 where unknown; pictures of different classes are taken as look-alikes
        that must not count, which sets how strict the comparison is on these data

    Returns
    -------
    pairs (k, 2) with the smaller index first, unlikeness (k,) in 0..1, mirrored (k,)
    """
    straight = _candidates(hashes[:, 0], hashes[:, 0], same=True)
    mirrored = _candidates(hashes[:, 0], hashes[:, 1], same=False)
    pairs = np.concatenate([straight, mirrored])
    turned = np.repeat([False, True], [len(straight), len(mirrored)])
    if not len(pairs):
        return pairs, np.zeros(0), turned
    unlikeness = _unlikeness(thumbs, pairs, turned)
    keep = unlikeness <= strictness(unlikeness, strangers[pairs[:, 0]], strangers[pairs[:, 1]])
    pairs, unlikeness, turned = pairs[keep], unlikeness[keep], turned[keep]
    order = np.lexsort((turned, unlikeness, pairs[:, 1], pairs[:, 0]))
    pairs, unlikeness, turned = pairs[order], unlikeness[order], turned[order]
    _, first = np.unique(pairs, axis=0, return_index=True)
    return pairs[first], unlikeness[first], turned[first]


def strictness(unlikeness: NDArray[np.float64], a: NDArray[np.int64], b: NDArray[np.int64]) -> float:
    """How unlike two copies may be on these data: half of what look-alikes of different classes reach.

    The thousandth part of such pairs may be copies with a wrong label, so it is not looked at. The bound
    falls in steps, so that a few more examples seldom move it.
    """
    foreign = np.sort(unlikeness[(a >= 0) & (b >= 0) & (a != b)])
    if len(foreign) < 20:
        return LOOSEST
    bound = 0.5 * float(foreign[max(2, len(foreign) // 50)])
    steps = LOOSEST * 0.5 ** np.arange(6)
    below = steps[steps <= bound]
    return float(below[0]) if len(below) else 0.0


def _unlikeness(thumbs: NDArray[np.uint8], pairs: NDArray[np.int64], turned: NDArray[np.bool_]) -> NDArray[np.float64]:
    found = np.ones(len(pairs))
    for start in range(0, len(pairs), 4096):
        part = slice(start, start + 4096)
        a = thumbs[pairs[part, 0]].astype(np.float32)
        b = thumbs[pairs[part, 1]].astype(np.float32)
        b[turned[part]] = b[turned[part]][:, :, ::-1]
        a, b = (x.reshape(len(x), -1) for x in (a, b))
        deviation_a, deviation_b = a.std(axis=1), b.std(axis=1)
        a -= a.mean(axis=1, keepdims=True)
        b -= b.mean(axis=1, keepdims=True)
        correlation = (a * b).mean(axis=1) / np.maximum(deviation_a * deviation_b, 1e-6)
        plain = (deviation_a < FLAT) | (deviation_b < FLAT)
        found[part] = np.where(plain, 1.0, 1.0 - correlation)
    return np.clip(found, 0.0, 1.0)


def _candidates(queries: NDArray[np.uint64], targets: NDArray[np.uint64], *, same: bool) -> NDArray[np.int64]:
    """Pairs whose hashes differ in at most 7 bits.

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
