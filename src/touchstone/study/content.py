"""What the cells of a column hold, where its name does not tell: prose, paths of pictures, or something else."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

PICTURES = frozenset({".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp", ".tif", ".tiff"})
_NEARLY_ALL = 0.9
_WORDS, _UNSPACED = 3, 12
"""Words of a usual cell from which it is prose; letters where a script puts no spaces between words."""
_LETTERS, _DISTINCT = 0.6, 0.7
"""Shares of letters in prose (dates and codes have fewer) and of cells that differ (categories repeat)."""
_LEAST = 5


def holds_pictures(cells: Sequence[str]) -> bool:
    """Whether nearly all cells name a picture's file."""
    given = [cell for cell in cells if cell]
    named = sum(PurePosixPath(cell).suffix.lower() in PICTURES for cell in given)
    return bool(given) and named >= _NEARLY_ALL * len(given)


def holds_prose(cells: Sequence[str]) -> bool:
    """Whether the cells are texts that somebody wrote: several words, mostly letters, seldom twice the same."""
    given = [cell.strip() for cell in cells if cell.strip()]
    if len(given) < _LEAST or len(set(given)) < _DISTINCT * len(given):
        return False
    letters = statistics.median(sum(c.isalpha() or c.isspace() for c in cell) / len(cell) for cell in given)
    return letters >= _LETTERS and statistics.median(map(_n_words, given)) >= _WORDS


def holds_words(cells: Sequence[str]) -> bool:
    """Whether most cells hold letters: what a column that was named as the input of a table must hold to be a text."""
    given = [cell for cell in cells if cell]
    return 2 * sum(any(c.isalpha() for c in cell) for cell in given) > len(given)


def telling_column(values: Mapping[str, Sequence[str]]) -> tuple[str, str] | None:
    """Task and column of the input by content alone; None where no column is a text or names pictures.

    Parameters
    ----------
    values : the first cells of each column that may be an input
    """
    pictures = [name for name, cells in values.items() if holds_pictures(cells)]
    if pictures:
        return "image-classification", pictures[0]
    prose = [name for name, cells in values.items() if holds_prose(cells)]
    if prose:
        return "text-classification", max(prose, key=lambda name: statistics.mean(map(len, values[name])))
    return None


def _n_words(cell: str) -> float:
    spaced = len(cell.split())
    return spaced if cell.isascii() else max(spaced, len(cell) / _UNSPACED * _WORDS if spaced == 1 else 0)
