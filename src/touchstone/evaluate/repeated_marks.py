"""A sign that stands at the same place of one class's pictures: a watermark, a stamp, a date."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEAST = 30
"""Pictures of a class below which a repeated sign cannot be told from chance."""
_OWN, _ADDED, _FAR = 0.6, 20.0, 8.0
"""Share of common fine structure from which on a block is a drawing, not a scene; and how much more of it than
other classes a block with a sign on it has; strokes are not counted beside one that stands out by so much more."""


@dataclass(frozen=True)
class Mark:
    """The most telling block of one class.

    ``auc`` tells how well the block's likeness to the class's mean separates it on pictures that the mean was not
    made from; ``repeated`` is the share of the block's fine structure that all pictures of the class have in common
    (0..1), ``elsewhere`` the same for other classes; ``next_auc`` is the greatest of the blocks well away from this
    one: high where the content itself stands at fixed places, as digits do. ``added`` is the block's fine structure
    as a multiple of that of other classes, below 1 where the class only lacks what others show there; ``alike`` counts
    other blocks, well away, that are as much the class's own: a drawing repeats itself at many places, a stamp at one.
    """

    klass: int
    block: int
    auc: float
    repeated: float
    elsewhere: float
    next_auc: float
    added: float
    alike: int
    scores: NDArray[np.float64]
    """(n,) likeness of every picture's block to the mark."""


def find_marks(blocks: NDArray[Any], labels: NDArray[Any], n_classes: int, *, seed: int = 0) -> list[Mark]:
    """The most telling block of every class that has enough pictures, twice: as it is, and beside what other classes have in
    common.

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
        found += _marks(blocks, energy, members, half, one)
    return found


def _marks(
    blocks: NDArray[Any], energy: NDArray[Any], members: NDArray[np.bool_], half: NDArray[np.bool_], one: int
) -> list[Mark]:
    first = _mark(blocks, energy, members, half, one)
    # beside what other classes have in common: the frame of a chart, the lines of a form
    beside = blocks - blocks[~members & half].mean(axis=0)
    second = _mark(beside, (beside**2).sum(axis=2), members, half, one, least=_ADDED)
    return [first, second]


def _mark(
    blocks: NDArray[Any], energy: NDArray[Any], members: NDArray[np.bool_], half: NDArray[np.bool_], one: int,
    least: float = 0.0,
) -> Mark:  # fmt: skip
    """The most telling block, if there is any among those with ``least`` times the structure of other classes."""
    mean = blocks[members & half].mean(axis=0)
    repeated = _share(mean, energy[members])
    elsewhere = _share(blocks[~members].mean(axis=0), energy[~members])
    length = np.sqrt((mean**2).sum(axis=1))
    likeness = np.einsum("nbp,bp->nb", blocks, mean) / (np.sqrt(energy) * length + 1.0)
    aucs = _aucs(likeness[~half], members[~half])
    added = (energy[members].mean(axis=0) + 1.0) / (energy[~members].mean(axis=0) + 1.0)
    # of blocks that tell equally well the middle of the sign, not its halo
    middle = 0.01 * np.log(np.maximum(added, 1.0)) if least else 0.0
    best = int(np.argmax(aucs * np.sqrt(repeated) + (added >= least) + middle))
    apart = _apart(best, len(aucs))
    own = (repeated >= _OWN) & (repeated >= 3 * elsewhere) & (added > max(1.0, added[best] / _FAR))
    return Mark(
        one, best, float(aucs[best]), float(repeated[best]), float(elsewhere[best]), float(aucs[apart].max()),
        float(added[best]), int(own[apart].sum()), likeness[:, best].astype(np.float64),
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
