"""Columns of a table that only tell its rows apart: running numbers, keys, and the moment a row was written."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from touchstone.dataset.times import is_date

_USUAL = re.compile(r"(^|[\W_])(id|uuid|guid|key|index|idx|row|nr|no|number|record|unnamed)([\W_\d]|$)", re.IGNORECASE)
_DENSE = 3
"""Whole numbers that fill a third of their range or more were counted up, not measured."""
_LEAST = 2
"""Columns that must remain: one value alone makes no two rows the same."""


def numbering(rows: Sequence[Mapping[str, object]]) -> frozenset[str]:
    """The columns that name rows rather than describe them: no two rows share a value, and it is no measurement.

    Parameters
    ----------
    rows : one split, cells typed; empty where fewer than ten rows or too few other columns would remain
    """
    columns = dict.fromkeys(name for row in rows for name in row)
    if len(rows) < 10:
        return frozenset()
    found = {name for name in columns if _names_rows(name, [row.get(name) for row in rows])}
    return frozenset(found) if len(columns) - len(found) >= _LEAST else frozenset()


def _names_rows(name: str, cells: Sequence[object]) -> bool:
    if None in cells or len(set(cells)) < len(cells):
        return False
    if all(isinstance(cell, str) for cell in cells):
        return all(" " not in str(cell).strip() or is_date(str(cell)) for cell in cells)  # dates are dear to read
    if not all(isinstance(cell, float) and cell.is_integer() for cell in cells):
        return False
    values = np.array(cells, dtype=np.float64)
    return bool(_USUAL.search(name)) or (
        float(np.ptp(values)) < _DENSE * len(values) and bool((np.diff(values) > 0).all())
    )
