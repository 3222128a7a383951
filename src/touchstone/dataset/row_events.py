"""Rows of a table that look alike: one event written twice, two events, or what chance brings in narrow columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from touchstone.core import digest
from touchstone.dataset.content import Content, of_rows
from touchstone.dataset.raw import Raw
from touchstone.dataset.row_numbers import numbering

MOST_ROWS, MOST_PAIRS = 20_000, 1_500
"""Rows and pairs of columns from which chance is worked out; of more a sample tells it."""
SURE = 0.999


def tell_rows_apart(raws: Mapping[str, Raw], contents: dict[str, Content]) -> list[str]:
    """Give rows that are no copies of each other contents of their own; sentences about what was found.

    Rows are compared without the columns that only number them. Those that a declared time or group tells apart are
    two events. Identical rows whose number chance explains, given how many rows nearly agree, are no copies either.
    """
    names = [name for name in raws if name != "unlabelled"]
    numbers = numbering(raws["train"].inputs)
    rows = {name: [_without(row, numbers) for row in raws[name].inputs] for name in names}
    said = []
    if numbers:
        shown = ", ".join(f"`{name}`" for name in sorted(numbers))
        said.append(f"copies of rows are sought without {shown}: a value of its own for every row only numbers them")
        for name in names:
            contents[name] = of_rows(rows[name])
    timed = all(raws[name].times is not None for name in names)
    grouped = all(raws[name].groups is not None for name in names)
    for name in names:
        found = list(contents[name].digests)
        for i, one in enumerate(found):
            times, groups = raws[name].times, raws[name].groups
            moment = repr(float(times[i])) if timed and times is not None else ""
            group = groups[i] if grouped and groups is not None else ""
            if group.startswith(f"({name} row "):  # names no group
                group = ""
            if moment or group:
                found[i] = _apart(one, moment, group)
        contents[name] = replace(contents[name], digests=tuple(found))
    counts = Counter(one for name in names for one in contents[name].digests)
    repeated = {one for one, count in counts.items() if count > 1}
    pairs = sum(count * (count - 1) // 2 for count in counts.values())
    if not repeated or pairs > _most_by_chance([row for name in names for row in rows[name]]):
        return said
    for name in names:
        apart = [_apart(one, name, i) if one in repeated else one for i, one in enumerate(contents[name].digests)]
        contents[name] = replace(contents[name], digests=tuple(apart))
    return [
        *said,
        f"{pairs:,} {'pair' if pairs == 1 else 'pairs'} of rows agree in every column, no more than chance brings where so many "
        "rows nearly agree; they are not counted as copies, as these columns cannot tell such rows apart",
    ]


def _without(row: Mapping[str, object], columns: frozenset[str]) -> Mapping[str, object]:
    return {name: value for name, value in row.items() if name not in columns} if columns else row


def _apart(content: str, *marks: str | int) -> str:
    """A content of its own for a row that something tells apart."""
    return digest.of_data([content, *marks]).removeprefix("sha256:")


def _most_by_chance(rows: Sequence[Mapping[str, object]]) -> int:
    """Identical pairs that chance exceeds once in a thousand such tables."""
    from scipy.stats import poisson  # type: ignore[import-untyped]

    some = np.random.default_rng(0).permutation(len(rows))[:MOST_ROWS]
    expected = by_chance(_codes([rows[i] for i in np.sort(some)])) * (len(rows) / len(some)) ** 2
    return int(poisson.ppf(SURE, expected)) if expected > 0 else 0


def by_chance(codes: NDArray[np.int64]) -> float:
    """How many pairs of rows agree in every column by chance, from how many agree in all but one and all but two.

    Where columns agree with odds of their own, the number of pairs falls from two differences to one as it falls
    from one to none. That holds for columns that depend on each other too, as only rows that nearly agree are asked;
    copies that somebody made have no such neighbours.

    Parameters
    ----------
    codes : (columns, n), equal where cells are equal

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> rows = rng.integers(0, 4, (6, 400))
    >>> 15 < by_chance(rows) < 25  # 79,800 pairs agree in all of six columns once in 4,096
    True
    """
    rng, k = np.random.default_rng(0), len(codes)
    if k < 2:
        return 0.0
    marks = np.stack([
        rng.integers(1, 2**63, int(column.max()) + 1, dtype=np.uint64)[column] for column in codes
    ])  # fmt: skip
    whole = marks.sum(axis=0, dtype=np.uint64)
    equal = _pairs(whole)
    but_one = [_pairs(whole - mark) - equal for mark in marks]
    if not sum(but_one):
        return 0.0
    both = list(combinations(range(k), 2))
    asked = [both[i] for i in rng.permutation(len(both))[:MOST_PAIRS]]
    but_two = sum(_pairs(whole - marks[i] - marks[j]) - equal - but_one[i] - but_one[j] for i, j in asked)
    but_two *= len(both) / len(asked)
    return float(sum(but_one) ** 2 / (2 * max(but_two, 1)) * (k - 1) / k)


def _pairs(marks: NDArray[np.uint64]) -> int:
    counts = np.unique(marks, return_counts=True)[1].astype(object)
    return int((counts * (counts - 1) // 2).sum())


def _codes(rows: Sequence[Mapping[str, object]]) -> NDArray[np.int64]:
    columns = dict.fromkeys(name for row in rows for name in row)
    found = []
    for name in columns:
        seen: dict[object, int] = {}
        found.append([seen.setdefault(row.get(name), len(seen)) for row in rows])
    return np.array(found, dtype=np.int64).reshape(len(found), len(rows))
