from __future__ import annotations

import numpy as np

from touchstone.evaluate.slices import membership, slice_gaps, worst_slice_recall


def test_many_harmless_slices_rarely_alarm() -> None:
    rng = np.random.default_rng(0)
    alarms = 0
    for trial in range(60):
        labels = rng.integers(0, 3, 400)
        errors = (rng.random(400) < np.array([0.05, 0.15, 0.3])[labels]).astype(float)
        slices = {f"s{k}": rng.random(400) < 0.2 for k in range(20)}
        alarms += min(row.p_value for row in slice_gaps(errors, labels, slices, seed=trial, draws=499)) < 0.05
    assert alarms <= 9


def test_a_slice_of_hard_classes_is_not_blamed_for_them() -> None:
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 2, 2000)
    errors = (rng.random(2000) < np.where(labels == 1, 0.4, 0.02)).astype(float)
    mostly_hard = rng.random(2000) < np.where(labels == 1, 0.8, 0.1)
    (row,) = slice_gaps(errors, labels, {"hard": mostly_hard}, draws=999)
    assert abs(row.gap) < 0.06 and row.p_value > 0.01
    assert errors[mostly_hard].mean() - errors[~mostly_hard].mean() > 0.2


def test_grouped_slices_keep_their_size() -> None:
    rng = np.random.default_rng(2)
    alarms = 0
    for trial in range(60):
        groups = np.repeat(np.arange(60), 8)
        labels = rng.integers(0, 2, 480)
        rate = np.repeat(rng.beta(0.6, 2.4, 60), 8)
        errors = (rng.random(480) < rate).astype(float)
        camera = np.repeat(rng.integers(0, 4, 60), 8)
        slices = {f"camera={c}": camera == c for c in range(4)}
        alarms += min(row.p_value for row in slice_gaps(errors, labels, slices, groups, trial, draws=499)) < 0.05
    assert alarms <= 9


def test_planted_errors_are_found_from_ten_points_at_1000_items() -> None:
    rng = np.random.default_rng(3)
    for extra in (0.1, 0.2, 0.3):
        labels = rng.integers(0, 3, 3000)
        east = np.arange(3000) < 1000
        errors = (rng.random(3000) < 0.1 + extra * east).astype(float)
        rows = {row.name: row for row in slice_gaps(errors, labels, {"east": east, "west": ~east})}
        assert rows["east"].p_value < 0.001 and rows["east"].simultaneous_low > 0
        assert extra - 0.05 < rows["east"].gap < extra + 0.05
        assert rows["west"].p_value > 0.5


def test_the_detectable_gap_is_found_almost_always() -> None:
    rng = np.random.default_rng(4)
    found = 0
    for trial in range(40):
        labels = rng.integers(0, 2, 1000)
        inside = rng.random(1000) < 0.2
        base = (rng.random(1000) < 0.2).astype(float)
        (row,) = slice_gaps(base, labels, {"s": inside}, seed=trial, alpha=0.05, draws=499)
        errors = (rng.random(1000) < 0.2 + row.detectable * inside).astype(float)
        (again,) = slice_gaps(errors, labels, {"s": inside}, seed=trial, alpha=0.05, draws=499)
        found += again.p_value < 0.05
    assert found >= 33


def test_intervals_cover_the_planted_gap() -> None:
    rng = np.random.default_rng(5)
    covered = 0
    for _ in range(100):
        labels = rng.integers(0, 3, 500)
        inside = rng.random(500) < 0.3
        errors = (rng.random(500) < np.array([0.1, 0.2, 0.3])[labels] + 0.15 * inside).astype(float)
        (row,) = slice_gaps(errors, labels, {"s": inside}, draws=99)
        covered += row.interval.low <= 0.15 <= row.interval.high
    assert covered >= 88


def test_small_slices_say_why_they_cannot_be_judged() -> None:
    rng = np.random.default_rng(6)
    labels, errors = rng.integers(0, 2, 300), np.zeros(300)
    errors[:6] = 1.0
    few, calm = np.arange(300) < 20, np.arange(300) >= 200
    rows = {row.name: row for row in slice_gaps(errors, labels, {"few": few, "calm": calm}, draws=99)}
    assert "20 items" in str(rows["few"].too_small) and "errors" in str(rows["calm"].too_small)
    assert rows["few"].p_value == 1.0


def test_a_slice_of_everything_or_nothing_is_no_slice() -> None:
    labels = np.zeros(50, dtype=int)
    assert slice_gaps(np.zeros(50), labels, {"all": np.ones(50, bool), "none": np.zeros(50, bool)}) == []


def test_slices_are_named_by_column_pair_and_class() -> None:
    columns = {"camera": ["east", "west"] * 50, "region": ["n"] * 60 + [""] * 40}
    labels = np.arange(100) % 2
    found = membership(columns, labels=labels, classes=("daisy", "rose"))
    assert {"camera=east", "camera=west", "region=n", "camera=east & region=n"} <= set(found)
    assert "camera=east & class=daisy" in found and "camera=east & class=rose" not in found
    assert "class=rose" not in found and not any("region= " in name or name.endswith("=") for name in found)


def test_a_column_called_class_keeps_its_own_values() -> None:
    found = membership({"class": ["a"] * 40 + ["b"] * 40}, labels=np.zeros(80, dtype=int), classes=("x",))
    assert set(found) == {"class=a", "class=b"}


def test_worst_slice_recall_covers_all_slices_at_once() -> None:
    rng = np.random.default_rng(7)
    covered = 0
    for _ in range(100):
        right = (rng.random(600) < 0.8).astype(float)
        slices = {f"s{k}": np.arange(600) % 10 == k for k in range(10)}
        interval = worst_slice_recall(right, slices).interval
        assert interval is not None
        covered += interval.low <= 0.8 <= interval.high
    assert covered >= 89
    assert worst_slice_recall(np.ones(10), {"s": np.ones(10, bool)}).missing is not None
