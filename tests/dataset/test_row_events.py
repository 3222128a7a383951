from typing import Any

import numpy as np
import pytest

from touchstone.core import digest
from touchstone.dataset.content import Content
from touchstone.dataset.raw import Raw
from touchstone.dataset.row_events import by_chance, tell_rows_apart

Row = dict[str, Any]


def narrow(n: int, seed: int = 0) -> list[Row]:
    """Rows of few values, two columns of which go together."""
    rng = np.random.default_rng(seed)
    rows = []
    for age in rng.integers(18, 40, n):
        rows.append({"age": int(age), "old": bool(age > 30), **{f"c{i}": int(rng.integers(0, 5)) for i in range(4)}})
    return rows


def wide(n: int) -> list[Row]:
    rng = np.random.default_rng(1)
    return [{f"c{i}": float(rng.normal()) for i in range(12)} for _ in range(n)]


def repeated(rows: list[Row], **more: Any) -> tuple[int, list[str]]:
    contents = {"train": Content(tuple(digest.of_data(row).partition(":")[2] for row in rows))}
    raw = Raw("train", names=[str(i) for i in range(len(rows))], inputs=rows, **more)
    notes = tell_rows_apart({"train": raw}, contents)
    return len(rows) - len(set(contents["train"].digests)), notes


@pytest.mark.parametrize("seed", range(5))
def test_what_chance_explains_is_no_copy(seed: int) -> None:
    found, notes = repeated(narrow(700, seed))
    assert found == 0
    assert "no more than chance brings" in notes[0]


@pytest.mark.parametrize("copies", [1, 20])
def test_copies_in_wide_tables_stay(copies: int) -> None:
    rows = wide(300)
    assert repeated(rows) == (0, [])
    assert repeated(rows + rows[:copies]) == (copies, [])


def test_many_copies_in_narrow_tables_stay() -> None:
    rows = narrow(700)
    assert repeated(rows + rows[:80])[0] >= 80


def test_a_declared_time_or_group_tells_rows_apart() -> None:
    rows = wide(100)
    times = [float(i) for i in range(100)]
    assert repeated(rows + rows[:5], times=[*times, *range(200, 205)])[0] == 0
    assert repeated(rows + rows[:5], times=[*times, *times[:5]])[0] == 5
    groups = [f"g{i}" for i in range(100)]
    assert repeated(rows + rows[:5], groups=[*groups, "a", "b", "c", "d", "e"])[0] == 0
    unnamed = [f"(train row {i})" for i in range(105)]
    assert repeated(rows + rows[:5], groups=unnamed)[0] == 5


def test_chance_is_worked_out_rightly_on_the_average() -> None:
    """Seven columns of four values: 124,750 pairs agree in all of them once in 16,384."""
    found = [by_chance(np.random.default_rng(seed).integers(0, 4, (7, 500))) for seed in range(20)]
    assert np.mean(found) == pytest.approx(124_750 / 16_384, rel=0.15)
