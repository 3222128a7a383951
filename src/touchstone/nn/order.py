"""In which order, and in which views, a training sees its examples."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from touchstone.nn.source import Source

Rows = NDArray[np.int64]

_BUCKET = 8
"""Batches' worth of texts that are sorted by length together, so that little padding is computed."""


def epoch_batches(
    source: Source, batch_size: int, *, seed: int, epoch: int, rows: Rows | None = None, at_least: int = 1
) -> Iterator[tuple[Rows, Rows]]:
    """Batches of one epoch: rows, and the view of each row; the same for the same seed and epoch.

    Parameters
    ----------
    source : what the rows and views are of
    batch_size : rows in a batch; the last may be smaller
    rows : rows to draw from, all by default
    at_least : a smaller last batch is dropped (BatchNorm cannot train on one example)
    """
    rng = np.random.default_rng([seed, epoch])
    shuffled = rng.permutation(np.arange(len(source)) if rows is None else rows)
    views = rng.integers(0, source.n_views + 1, len(shuffled))
    pairs = list(zip(_split(shuffled, batch_size, source, rng), _pieces(views, batch_size), strict=True))
    for batch, of_batch in pairs:
        if len(batch) >= at_least or len(pairs) == 1:
            yield batch, of_batch


def steps_per_epoch(n: int, batch_size: int, at_least: int = 1) -> int:
    """How many batches :func:`epoch_batches` gives."""
    whole, rest = divmod(n, batch_size)
    return max(1, whole + (rest >= at_least))


def _split(shuffled: Rows, batch_size: int, source: Source, rng: np.random.Generator) -> list[Rows]:
    lengths = source.lengths
    if lengths is None:
        return _pieces(shuffled, batch_size)
    batches: list[Rows] = []
    for bucket in _pieces(shuffled, _BUCKET * batch_size):
        batches += _pieces(bucket[np.argsort(lengths[bucket], kind="stable")], batch_size)
    whole = [batch for batch in batches if len(batch) == batch_size]
    rest = [batch for batch in batches if len(batch) < batch_size]  # one at most: only the last bucket is short
    return [whole[index] for index in rng.permutation(len(whole))] + rest


def _pieces(values: Rows, size: int) -> list[Rows]:
    return [values[start : start + size] for start in range(0, len(values), size)]
