"""Short texts that share so much, beside all others, that one was made of the other.

Two words changed in a text of eight, or a few put before it, leave more that differs than two questions about one
thing may have between them. What tells a copy is that nothing else in the same data comes near to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

LIKENESS, NEARER, MARGIN = 0.5, 0.6, 2.0
"""A copy is at least this alike, at most six tenths as far away as the fourth nearest other text, and what both share
is by e^2 rarer than would bring two of all texts together by chance."""
SHARED = 3
RANK = 4
MOST_DECOYS, SAMPLE = 0.01, 2000
"""Where of one text in a hundred the second nearest would pass as well, likeness is natural here and proves nothing."""
_POSTINGS = 5000
_CHUNK = 128


class _Bags:
    """Texts as sets of words, weighted by rarity (ln n/df), rows of unit length."""

    def __init__(self, words: Sequence[Sequence[str]]) -> None:
        from scipy.sparse import csr_matrix, diags  # type: ignore[import-untyped]

        codes: dict[str, int] = {}
        columns = [np.fromiter({codes.setdefault(one, len(codes)) for one in text}, np.int32) for text in words]
        self.sizes = np.array([len(one) for one in columns])
        starts = np.concatenate([[0], np.cumsum(self.sizes)])
        indices = np.concatenate(columns)
        counts = np.bincount(indices, minlength=len(codes))
        self.rarity = np.log(len(words) / counts).astype(np.float32)
        shape = (len(words), len(codes))
        self.present = csr_matrix((np.ones(len(indices), np.float32), indices, starts), shape)
        weighted = (self.present @ diags(self.rarity)).tocsr()
        lengths = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
        self.unit = (diags(1.0 / np.maximum(lengths, 1e-9)) @ weighted).astype(np.float32).tocsr()
        # what stands in very many texts weighs little and would make every text a neighbour of every other
        kept = diags((counts <= max(_POSTINGS, 0.01 * len(words))).astype(np.float32))
        self._index = (self.unit @ kept).T.tocsr()
        self.enough = 2 * np.log(len(words)) + MARGIN

    def shared(self, a: NDArray[np.int64], b: NDArray[np.int64]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Of each pair: likeness 0..1, information in nats that both share, and how many words."""
        likeness = np.asarray(self.unit[a].multiply(self.unit[b]).sum(axis=1)).ravel()
        both = self.present[a].multiply(self.present[b]).tocsr()
        return likeness, np.asarray(both @ self.rarity).ravel(), np.asarray(both.sum(axis=1)).ravel()

    def plausible(
        self, a: NDArray[np.int64], b: NDArray[np.int64]
    ) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:  # fmt: skip
        """Which pairs share enough whatever their neighbours say, and all likenesses."""
        likeness, nats, n_words = self.shared(a, b)
        most = np.maximum(self.sizes[a], self.sizes[b])
        return (likeness >= LIKENESS) & (nats >= self.enough) & (n_words >= SHARED) & (2 * n_words >= most), likeness

    def nearest(self, rows: NDArray[np.int64], k: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The ``k`` nearest other texts of each row, the nearest first, and their likeness."""
        k = min(k, self.unit.shape[0] - 1)
        found, scores = np.zeros((len(rows), k), np.int64), np.zeros((len(rows), k))
        for start in range(0, len(rows), _CHUNK):
            asked = rows[start : start + _CHUNK]
            near = (self.unit[asked] @ self._index).tocsr()
            for i, row in enumerate(asked.tolist()):
                span = slice(near.indptr[i], near.indptr[i + 1])
                others, values = near.indices[span], near.data[span]
                others, values = others[others != row], values[others != row]
                best = np.argsort(-values, kind="stable")[:k]
                found[start + i, : len(best)], scores[start + i, : len(best)] = others[best], values[best]
        return found, scores


def standing_out(
    words: Sequence[Sequence[str]], pairs: NDArray[np.int64], copies: NDArray[np.int64]
) -> NDArray[np.float64]:  # fmt: skip
    """Likeness of each pair that stands out among all texts, 0 of the others.

    Parameters
    ----------
    words : of every text
    pairs : (k, 2) candidates
    copies : (m, 2) pairs that are known to be copies; a third copy of a text proves nothing about natural likeness

    References
    ----------
    The ratio to a further neighbour is Lowe's (IJCV 2004), for descriptors of pictures; the second nearest text as a
    decoy that must not pass follows the target-decoy counts of Elias and Gygi (Nature Methods 2007).
    """
    if len(pairs) == 0 or len(words) <= RANK:
        return np.zeros(len(pairs))
    bags = _Bags(words)
    a, b = pairs.T
    plausible, likeness = bags.plausible(a, b)
    if not plausible.any() or _decoys(bags, copies) > MOST_DECOYS:
        return np.zeros(len(pairs))
    rows = np.unique(pairs[plausible])
    beside = np.zeros(len(words))
    beside[rows] = bags.nearest(rows, RANK)[1][:, -1]
    distance = 1.0 - np.maximum(beside[a], beside[b])
    return np.where(plausible & (1.0 - likeness <= NEARER * distance), likeness, 0.0)


def _decoys(bags: _Bags, copies: NDArray[np.int64]) -> float:
    """Share of texts of which even the second nearest text would pass for a copy."""
    n = bags.unit.shape[0]
    copied = np.unique(copies)
    rows = np.setdiff1d(np.linspace(0, n - 1, min(n, SAMPLE)).astype(np.int64), copied)
    others, scores = bags.nearest(rows, RANK + 1)
    if others.shape[1] <= RANK:
        return 0.0
    plausible, likeness = bags.plausible(rows, others[:, 1])
    passed = plausible & (scores[:, 1] > 0) & (1.0 - likeness <= NEARER * (1.0 - scores[:, RANK]))
    return float((passed & ~np.isin(others[:, 1], copied)).mean()) if len(rows) else 1.0
