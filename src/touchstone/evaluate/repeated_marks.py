"""A sign that stands at the same place of one class's pictures: a watermark, a stamp, a date."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEAST = 30
"""Pictures of a class below which a repeated sign cannot be told from chance."""


@dataclass(frozen=True)
class Mark:
    """The most telling block of one class.

    ``auc`` tells how well the block's likeness to the class's mean separates it on pictures that the mean was not
    made from; ``repeated`` is the share of the block's fine structure that all pictures of the class have in common
    (0..1), ``elsewhere`` the same for other classes; ``next_auc`` is the greatest of the blocks well away from this
    one: high where the content itself stands at fixed places, as digits do.
    """

    klass: int
    block: int
    auc: float
    repeated: float
    elsewhere: float
    next_auc: float
    scores: NDArray[np.float64]
    """(n,) likeness of every picture's block to the mark."""


def find_marks(blocks: NDArray[Any], labels: NDArray[Any], n_classes: int, *, seed: int = 0) -> list[Mark]:
    """The most telling block of every class that has enough pictures.

    Parameters
    ----------
    blocks : (n, blocks, pixels), fine structure of every picture, see :func:`touchstone.dataset.marks.blocks`
    """
    energy = (blocks**2).sum(axis=2)
    half = np.random.default_rng(seed).permutation(len(labels)) % 2 == 0
    found = []
    for one in range(n_classes):
        members = labels == one
        if members.sum() < LEAST or (~members).sum() < LEAST:
            continue
        found.append(_mark(blocks, energy, members, half, one))
    return found


def _mark(
    blocks: NDArray[Any], energy: NDArray[Any], members: NDArray[np.bool_], half: NDArray[np.bool_], one: int
) -> Mark:
    mean = blocks[members & half].mean(axis=0)
    repeated = _share(mean, energy[members])
    elsewhere = _share(blocks[~members].mean(axis=0), energy[~members])
    length = np.sqrt((mean**2).sum(axis=1))
    likeness = np.einsum("nbp,bp->nb", blocks, mean) / (np.sqrt(energy) * length + 1.0)
    aucs = _aucs(likeness[~half], members[~half])
    best = int(np.argmax(aucs * np.sqrt(repeated)))
    return Mark(
        one, best, float(aucs[best]), float(repeated[best]), float(elsewhere[best]), float(aucs[_apart(best, len(aucs))].max()),
        likeness[:, best].astype(np.float64),
    )  # fmt: skip


def _apart(block: int, count: int) -> NDArray[np.bool_]:
    """The blocks of a square grid that are two or more blocks away: a sign and its halo may cover several."""
    rows, columns = np.divmod(np.arange(count), int(np.sqrt(count)))
    return np.asarray((np.abs(rows - rows[block]) > 2) | (np.abs(columns - columns[block]) > 2))


def _share(mean: NDArray[Any], energy: NDArray[Any]) -> NDArray[Any]:
    return np.asarray((mean**2).sum(axis=1) / np.maximum(energy.mean(axis=0), 1.0))


def _aucs(scores: NDArray[Any], positive: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Area under the ROC curve of every column."""
    from scipy.stats import rankdata  # type: ignore[import-untyped]

    n = int(positive.sum())
    ranks = rankdata(scores, axis=0)[positive].sum(axis=0)
    return np.asarray((ranks - n * (n + 1) / 2) / (n * (len(positive) - n)))
