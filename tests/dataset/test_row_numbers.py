"""Columns that number rows are told from columns that describe them."""

from __future__ import annotations

import uuid
from typing import Any

import numpy as np
import pytest

from touchstone.dataset.row_numbers import numbering

RNG = np.random.default_rng(0)
N = 60


def table(**columns: list[Any]) -> list[dict[str, Any]]:
    measured = {"a": RNG.normal(size=N).round(3).tolist(), "b": RNG.integers(0, 5, N).astype(float).tolist()}
    columns = {**measured, **columns}
    return [{name: cells[i] for name, cells in columns.items()} for i in range(N)]


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("id", [float(v) for v in RNG.permutation(10**6)[:N]]),
        ("Unnamed: 0", [float(i) for i in range(N)]),
        ("counted", [float(100 + 2 * i) for i in range(N)]),
        ("key", [str(uuid.UUID(int=int(v))) for v in RNG.permutation(10**9)[:N]]),
        ("written", [f"2024-03-01 10:{i:02}:00" for i in range(N)]),
        ("visit_no", [float(v) for v in RNG.permutation(10**4)[:N]]),
    ],
)
def test_what_numbers_rows_is_named(name: str, cells: list[Any]) -> None:
    assert numbering(table(**{name: cells})) == {name}


@pytest.mark.parametrize(
    "cells",
    [
        RNG.normal(size=N).tolist(),  # measured, no two alike
        [float(v) for v in RNG.permutation(10**6)[:N]],  # incomes
        [f"patient {i} said so" for i in range(N)],  # texts
        [float(i // 3) for i in range(N)],  # a key of several rows
        [None, *map(float, range(N - 1))],
    ],
)
def test_what_describes_rows_is_not(cells: list[Any]) -> None:
    assert not numbering(table(value=cells))


def test_something_remains_to_compare() -> None:
    rows = [{"id": float(i), "x": float(i % 3)} for i in range(N)]
    assert not numbering(rows)
    assert not numbering(table(id=[float(i) for i in range(N)])[:9])
