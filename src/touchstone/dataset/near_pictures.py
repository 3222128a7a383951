"""Near copies among pictures: resized, recompressed, brightened, mirrored, cropped, framed, turned slightly or by quarters.

Two stages. Candidates: perceptual hashes, and the nearest neighbours of every picture under a few dozen windows,
turns and mirror images. Verification: the pair is laid over each other as well as it goes, and must then agree in
what sets it apart from other pictures, in its fine structure and in its colours. How strictly depends on the data:
pictures that are like each other without being copies (a picture and its third neighbour) are put through the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from touchstone.dataset.alignment import WHOLE, Floats, grid, placement, refined, repeated, sampled, windows
from touchstone.dataset.grain import Grain, grain
from touchstone.dataset.hash_candidates import hash_candidates
from touchstone.dataset.picture import Print
from touchstone.dataset.picture_codes import Codes

LEAST, MOST = 3.1, 4.2
"""Bounds of what a copy's evidence must reach. It is the mean of -log(1 - correlation) over the code and two scales of
detail: 3.1 are correlations of 0.955, 4.2 of 0.985."""
_CERTAIN = 1e-3
"""No correlation counts as nearer to 1 than this."""
FLAT = 2.0
"""Below this standard deviation (of 255) a picture shows nothing that could be compared."""
MANY, TOO_MANY = 6_000, 25_000
"""From how many pictures on fewer windows are tried, and from how many on the hashes alone propose."""
_STRANGER, _BACKGROUND, _STRANGERS = 2, 20, 600
_CHUNK, _PATCH = 512, 40
_ENOUGH = 20
_ABOVE_OTHERS = 1.0
"""By how much a pair without a common grain must exceed what pictures show that are quite other ones (the 20th neighbours).
On photographs and scans this asks for nothing more; where all pictures are a few simple shapes, for more than any pair shows."""
_COLOUR_APART, _COLOUR_SAME = 0.45, 0.15
_UNMOVED = 0.01
_UPRIGHT = np.stack([placement(mirrored, degrees=turn) for mirrored in (False, True) for turn in (0, 90, 180, 270)])

WAYS = ("near", "mirror", "turned")
"""How a copy lies to its original: as it is or a little turned, mirrored (and perhaps turned), or turned by quarters."""

Pairs = tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]


@dataclass(frozen=True)
class _Proposed:
    """Pairs of pictures, the first placed over the second."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    start: Floats

    def take(self, rows: NDArray[np.int64]) -> _Proposed:
        return _Proposed(self.first[rows], self.second[rows], self.start[rows])

    def parts(self, size: int) -> Iterator[_Proposed]:
        """The same in pieces of bounded memory."""
        for start in range(0, len(self.first), size):
            yield self.take(np.arange(start, min(start + size, len(self.first))))


def near_pictures(hashes: NDArray[np.uint64], thumbs: NDArray[np.uint8], greys: NDArray[np.uint8]) -> Pairs:
    """Verified near copies among pictures of different content.

    Parameters
    ----------
    hashes : (n, 2), perceptual hash and that of the mirrored picture
    thumbs : (n, 24, 24, 3), for colours
    greys : (n, 48, 48), for everything else

    Returns
    -------
    pairs (k, 2) with the smaller index first, unlikeness (k,) in 0..1, which of :data:`WAYS` (k,)

    Notes
    -----
    With n pictures of which 80 numbers each are compared under 44 placements: 2,000 take about five seconds of one
    core, 10,000 about forty; above 25,000 the hashes alone propose, which finds crops and turns no longer.
    """
    shown = _showing(greys)
    if len(shown) < 2:
        return np.zeros((0, 2), np.int64), np.zeros(0), np.zeros(0, np.int64)
    if len(shown) < len(greys):
        hashes, thumbs, greys = hashes[shown], thumbs[shown], greys[shown]
    proposed, strangers, others = _proposed(hashes, greys)
    judge = _Judge(greys, thumbs)
    evidence, placed = judge.measured(proposed)
    bound = _bound(judge.measured(strangers)[0])
    strict = max(bound, _rare(judge.measured(others, coloured=False)[0]) + _ABOVE_OTHERS)
    likely = np.flatnonzero(evidence >= bound)
    proposed, evidence, placed = proposed.take(likely), evidence[likely], placed[likely]
    its = judge.grain(proposed, placed)
    plain = ~its.hidden & judge.unmoved(proposed, placed)
    kept = ~its.other & (its.same | plain | (evidence >= strict))
    pairs = np.sort(np.stack([shown[proposed.first], shown[proposed.second]], axis=1), axis=1)
    return _best(pairs[kept], np.exp(-evidence[kept]).astype(np.float64), _ways(placed[kept]))


def near_prints(prints: Sequence[Print]) -> Pairs:
    """The same among pictures' fingerprints."""
    hashes = np.array([(one.hash, one.mirror_hash) for one in prints], np.uint64)
    return near_pictures(hashes, np.stack([one.thumb for one in prints]), np.stack([one.grey for one in prints]))


def _showing(greys: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Pictures that are not flat; a few at a time, as their squares take eight times the room."""
    spread = [greys[i : i + _CHUNK].reshape(-1, greys[0].size).std(axis=1) for i in range(0, len(greys), _CHUNK)]
    return np.flatnonzero(np.concatenate(spread) >= FLAT) if spread else np.zeros(0, np.int64)


def _rare(of_others: Floats) -> float:
    """What all but a hundredth of quite other pictures stay below; 0 where there are too few to say."""
    return float(np.quantile(of_others, 0.99)) if len(of_others) >= _ENOUGH else 0.0


def _bound(of_strangers: Floats) -> float:
    """What sets copies apart on these data: clearly more evidence than all but a hundredth of the strangers show.

    Where strangers come near to what copies show, pictures are too alike or too small for ordinary strictness.
    """
    if len(of_strangers) < _ENOUGH:
        return (LEAST + MOST) / 2
    usual, rare = np.quantile(of_strangers, [0.5, 0.99])
    alike = 0.5 * max(0.0, rare - 2.3) + 2.0 * max(0.0, usual - 1.2)
    return float(np.clip(rare + 0.6 + alike, LEAST, MOST))


def _ways(placed: Floats) -> NDArray[np.int64]:
    across, down = placed[:, 0, :2], placed[:, 1, :2]
    mirrored = across[:, 0] * down[:, 1] - across[:, 1] * down[:, 0] < 0
    turned = across[:, 0] + down[:, 1] < np.abs(down[:, 0] - across[:, 1])  # by more than 45 degrees
    return np.where(mirrored, WAYS.index("mirror"), np.where(turned, WAYS.index("turned"), WAYS.index("near")))


def _best(pairs: NDArray[np.int64], unlikeness: NDArray[np.float64], ways: NDArray[np.int64]) -> Pairs:
    order = np.lexsort((ways, unlikeness, pairs[:, 1], pairs[:, 0]))
    pairs, unlikeness, ways = pairs[order], unlikeness[order], ways[order]
    _, first = np.unique(pairs, axis=0, return_index=True)
    return pairs[first], unlikeness[first], ways[first]


def _proposed(hashes: NDArray[np.uint64], pictures: NDArray[np.uint8]) -> tuple[_Proposed, _Proposed, _Proposed]:
    """Candidates of both kinds, pairs that are alike without being copies, and pairs of quite other pictures."""
    n = len(pictures)
    straight = hash_candidates(hashes[:, 0], hashes[:, 0], same=True)
    mirrored = hash_candidates(hashes[:, 0], hashes[:, 1], same=False)
    mirror = windows(few=True)[len(windows(few=True)) // 2]
    start = np.concatenate([repeated(WHOLE, len(straight)), repeated(mirror, len(mirrored))])
    by_hash = np.concatenate([straight, mirrored])
    parts = [_Proposed(by_hash[:, 0], by_hash[:, 1], start)]
    nobody = _Proposed(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, 2, 3), np.float32))
    strangers, others = [nobody], [nobody]
    if n <= TOO_MANY:
        tried = windows(few=n > MANY)
        for close, stranger, other in _neighbours(pictures, tried):
            parts.append(close)
            strangers.append(stranger)
            others.append(other)
    return _joined(parts), _joined(strangers), _joined(others)


def _joined(parts: list[_Proposed]) -> _Proposed:
    return _Proposed(*(np.concatenate([getattr(one, name) for one in parts]) for name in ("first", "second", "start")))


def _neighbours(pictures: NDArray[np.uint8], tried: Floats) -> Iterator[tuple[_Proposed, _Proposed, _Proposed]]:
    """For pieces of the pictures: their likeliest originals, their third neighbours as strangers, and farther ones."""
    n = len(pictures)
    codes = Codes(pictures, 16, 9)
    far = min(_BACKGROUND, n - 2)
    step = max(1, n // _STRANGERS)
    for start in range(0, n, _CHUNK):
        part = pictures[start : start + _CHUNK].astype(np.float32)
        seen = np.stack([codes.under(part, repeated(placed, len(part))) for placed in tried], axis=1)
        likeness = np.full((len(part), n), -1.0, np.float32)
        for index in range(len(tried)):
            np.maximum(likeness, seen[:, index] @ codes.whole.T, out=likeness)
        rows = np.arange(len(part))
        likeness[rows, rows + start] = -1.0

        def chosen(
            some: NDArray[np.int64], others: NDArray[np.int64], seen: Floats = seen, start: int = start
        ) -> _Proposed:
            best = (seen[some] @ codes.whole[others][:, :, None])[:, :, 0].argmax(axis=1)
            return _Proposed(some + start, others, tried[best])

        order = _nearest(likeness, far + 1)
        background = likeness[rows, order[:, far]]
        close = []
        for rank in range(min(3, order.shape[1])):
            score = likeness[rows, order[:, rank]]
            # beyond the first, only what stands out from the usual neighbours is worth a closer look
            kept = (
                (score > 0.3) & (score > 0.9 * background + 0.1)
                if rank == 0
                else (score > 0.4) & (score > 0.5 * background + 0.5)
            )
            close.append(chosen(rows[kept], order[kept, rank]))
        some = rows[(rows + start) % step == 0] if n > _BACKGROUND else rows[:0]
        yield _joined(close), chosen(some, order[some, min(_STRANGER, far)]), chosen(some, order[some, far])


def _nearest(likeness: Floats, k: int) -> NDArray[np.int64]:
    """Columns of the k greatest values of each row, greatest first."""
    some = np.argpartition(-likeness, k - 1, axis=1)[:, :k]
    order = np.argsort(-np.take_along_axis(likeness, some, axis=1), axis=1, kind="stable")
    return np.take_along_axis(some, order, axis=1)


class _Judge:
    """Lays pairs over each other and measures how well they agree."""

    def __init__(self, pictures: NDArray[np.uint8], thumbs: NDArray[np.uint8]) -> None:
        self._pictures, self._thumbs = pictures, thumbs
        self._codes = Codes(pictures, 24, 12)
        self._inner, self._coarse = grid(_PATCH, 0.86), grid(12, 0.8)

    def measured(self, pairs: _Proposed, coloured: bool = True) -> tuple[Floats, Floats]:
        """Evidence (k,) that the two are copies, 0 where their colours are looked at and differ; placements (k, 2, 3)."""
        found = [self._measured(part, coloured) for part in pairs.parts(256)]
        if not found:
            return np.zeros(0, np.float32), np.zeros((0, 2, 3), np.float32)
        evidence, placed = (np.concatenate(part) for part in zip(*found, strict=True))
        return evidence, placed

    def grain(self, pairs: _Proposed, placed: Floats) -> Grain:
        """What the grain of pairs says that lie over each other, (k,) each."""
        found = [Grain(*[np.zeros(0, bool)] * 3)]
        start = 0
        for part in pairs.parts(256):
            count = len(part.first)
            laid = sampled(self._pictures[part.first].astype(np.float32), placed[start : start + count], self._inner)
            under = self._pictures[part.second].astype(np.float32)
            under = sampled(under, repeated(WHOLE, count), self._inner)
            found.append(grain(laid.reshape(-1, _PATCH, _PATCH), under.reshape(-1, _PATCH, _PATCH)))
            start += count
        return Grain(*(np.concatenate([getattr(one, name) for one in found]) for name in ("same", "other", "hidden")))

    def unmoved(self, pairs: _Proposed, placed: Floats) -> NDArray[np.bool_]:
        """Whether pairs (k,) lie over each other as they are, mirrored or turned by quarters, in the same colours."""
        off = np.abs(placed[:, None] - _UPRIGHT).max(axis=(2, 3)).min(axis=1)
        return np.asarray((off <= _UNMOVED) & (self._colours_apart(pairs, placed) <= _COLOUR_SAME))

    def _measured(self, pairs: _Proposed, coloured: bool) -> tuple[Floats, Floats]:
        first, second = (self._pictures[rows].astype(np.float32) for rows in (pairs.first, pairs.second))
        placed = refined(first, second, pairs.start)
        likeness = (self._codes.under(first, placed) * self._codes.as_they_are(second)).sum(axis=1)
        one = sampled(first, placed, self._inner)
        other = sampled(second, repeated(WHOLE, len(first)), self._inner)
        agreement = [likeness, *(_correlation(a, b) for a, b in zip(details(one), details(other), strict=True))]
        evidence = np.mean([-np.log(np.maximum(1.0 - part, _CERTAIN)) for part in agreement], axis=0)
        if coloured:
            evidence = np.where(self._colours_apart(pairs, placed) <= _COLOUR_APART, evidence, 0.0)
        return evidence.astype(np.float32), placed

    def _colours_apart(self, pairs: _Proposed, placed: Floats) -> Floats:
        """Difference of the colours relative to how strong they are; 0 where one of the two is grey."""
        thumbs = self._thumbs
        whole = repeated(WHOLE, len(placed))
        difference = np.zeros(len(placed), np.float32)
        colours = [(0, 1), (2, 1)]
        sums = [np.zeros(len(placed), np.float32), np.zeros(len(placed), np.float32)]
        for one, other in colours:
            chroma = thumbs[..., one].astype(np.float32) - thumbs[..., other]
            a = sampled(chroma[pairs.first], placed, self._coarse)
            b = sampled(chroma[pairs.second], whole, self._coarse)
            difference += np.abs(a - b).mean(axis=1)
            sums[0] += np.abs(a).mean(axis=1)
            sums[1] += np.abs(b).mean(axis=1)
        strength = np.minimum(*sums)
        return np.where(strength < 6.0, 0.0, difference / np.maximum(np.maximum(*sums), 1.0)).astype(np.float32)


def details(patches: Floats) -> tuple[Floats, Floats]:
    """What patches (k, 40 * 40) show at a fine and at a middling scale, their strongest edges softened."""
    from scipy.ndimage import uniform_filter  # type: ignore[import-untyped]

    def smooth(pictures: Floats, size: int) -> Floats:
        return np.asarray(uniform_filter(pictures, (0, size, size), mode="nearest"), dtype=np.float32)

    square = patches.reshape(-1, _PATCH, _PATCH)
    fine = square - smooth(smooth(square, 5), 5)
    middling = smooth(square, 3) - smooth(smooth(square, 9), 9)
    return _softened(fine.reshape(patches.shape)), _softened(middling.reshape(patches.shape))


def _softened(rows: Floats) -> Floats:
    """Rows with their strongest values cut, so that one sharp edge does not outweigh all texture."""
    limit = 2.0 * np.abs(rows).mean(axis=1, keepdims=True) + 0.5
    return np.clip(rows, -limit, limit)


def _correlation(a: Floats, b: Floats) -> Floats:
    a, b = a - a.mean(axis=1, keepdims=True), b - b.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return np.asarray((a * b).sum(axis=1) / np.maximum(lengths, 1e-3), dtype=np.float32)
