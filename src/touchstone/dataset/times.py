"""Times in a table as seconds."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FORMS = (
    "%Y/%m/%d", "%Y/%m/%d %H:%M", "%Y/%m/%d %H:%M:%S", "%Y:%m:%d %H:%M:%S", "%d.%m.%Y", "%d.%m.%Y %H:%M", "%Y-%m",
    "%b %d, %Y", "%d %b %Y", "%d %B %Y", "%B %d, %Y", "%m/%d/%Y", "%m/%d/%Y %H:%M", "%a %b %d %H:%M:%S %z %Y",
)  # fmt: skip


def seconds(text: str) -> float:
    """A moment in seconds since 1970 UTC, or the number itself; NaN where it is neither.

    >>> seconds("1970-01-02")
    86400.0
    >>> seconds("2015")
    2015.0
    """
    text = text.strip()
    try:
        value = float(text)
        return value if math.isfinite(value) else math.nan
    except ValueError:
        pass
    moment = _moment(text)
    if moment is None:
        return math.nan
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    for form in _FORMS:
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    return None


def is_date(text: str) -> bool:
    """Whether a cell holds a date rather than a plain number."""
    return _moment(text.strip()) is not None and not text.strip().isdigit()


def holds_dates(cells: Iterable[str]) -> bool:
    """Whether every filled cell holds a date; each spelling is read once."""
    filled = {cell for cell in cells if cell}
    return bool(filled) and all(map(is_date, filled))


def later_share(times: NDArray[Any], sorted_measured: NDArray[Any]) -> float:
    """Of all pairs of one moment of each side, the share in which the first is the later; the second side is sorted."""
    import numpy as np

    earlier = np.searchsorted(sorted_measured, times, side="left")
    return float(earlier.mean() / len(sorted_measured))
