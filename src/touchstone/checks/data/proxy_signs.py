"""Give-aways that stand at one place of a class's pictures: watermarks, stamps, dates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from touchstone.checks.data.proxy import Proxy, Seen
from touchstone.checks.words import percent
from touchstone.evaluate.repeated_marks import Mark, find_marks

_SIDE = 8
"""Blocks a side of a picture."""
_ROWS, _COLUMNS = ("upper", "middle", "lower"), ("left", "middle", "right")


def telling_signs(seen: Seen, blocks: NDArray[Any], places: NDArray[np.bool_]) -> list[Proxy]:
    """The most telling sign of each class that has one; ``blocks`` and ``places`` are those of :func:`trivial_view`."""
    marks = find_marks(blocks, seen.examples.labels, len(seen.classes))
    told = [mark for mark in marks if places[mark.block] and _is_mark(mark, seen.limits)]
    first = {mark.klass: mark for mark in reversed(told)}
    return [_told(seen, mark) for mark in first.values()]


def _is_mark(mark: Mark, limits: Mapping[str, float]) -> bool:
    return (
        mark.auc >= limits["mark_auc"]
        and mark.repeated >= limits["mark_repeated"]
        and mark.repeated >= 3 * mark.elsewhere
        and (_stands_out(mark, limits) or _is_stamp(mark, limits))
    )


def _stands_out(mark: Mark, limits: Mapping[str, float]) -> bool:
    """Content that stands at fixed places, as digits do, tells the class from many blocks; a sign from one."""
    return mark.auc - 0.5 >= limits["mark_stands_out"] * (mark.next_auc - 0.5)


def _is_stamp(mark: Mark, limits: Mapping[str, float]) -> bool:
    """One block, and no other, that is the same in the pictures of the class and shows what others lack.

    The strokes of a digit repeat themselves at several places; a chart without a line at a place shows less there.
    """
    same = mark.auc >= limits["stamp_auc"] and mark.repeated >= limits["stamp_repeated"]
    return same and mark.added >= limits["stamp_added"] and mark.alike == 0


def _told(seen: Seen, mark: Mark) -> Proxy:
    row, column = divmod(mark.block, _SIDE)
    place = f"{_ROWS[min(row // 3, 2)]} {_COLUMNS[min(column // 3, 2)]}"
    members = np.flatnonzero(seen.examples.labels == mark.klass)
    rest = (
        f"where the rest of the picture reaches {mark.next_auc:.2f}"
        if _stands_out(mark, seen.limits)
        else "and nothing else in the pictures repeats itself as it does"
    )
    return Proxy(
        "a sign at one place",
        f"The same sign stands at one place ({place}) of the pictures of `{seen.classes[mark.klass]}`: it makes up {percent(mark.repeated)} of the fine "
        f"structure there and tells the class with an area under the curve of {mark.auc:.2f}, {rest}.",
        mark.auc, None, seen.limits["mark_auc"], seen.named(members[np.argsort(-mark.scores[members], kind="stable")]),
    )  # fmt: skip
