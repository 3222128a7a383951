"""Numbers as people read them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touchstone.report import numerals
from touchstone.report.axis import round_axis


@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), "0.5", True, [1], {}])
def test_what_is_no_number_is_a_dash(value: object) -> None:
    for write in (
        numerals.score,
        numerals.percent,
        numerals.points,
        numerals.count,
        numerals.duration,
        numerals.energy,
        numerals.large,
    ):
        assert write(value) == numerals.DASH


def test_numbers_of_arrays_are_numbers() -> None:
    assert numerals.score(np.float32(0.25)) == "0.250"
    assert numerals.count(np.int64(1200)) == "1,200"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.42, "0.4 s"), (38.2, "38 s"), (59.7, "1 min 0 s"), (250, "4 min 10 s"), (7500, "2 h 5 min")],
)
def test_times_read_in_the_unit_that_fits(seconds: float, text: str) -> None:
    assert numerals.duration(seconds) == text


@pytest.mark.parametrize("pair", [None, [], [1], [1, 2, 3], "ab", [None, 1], [float("nan"), 1]])
def test_half_an_interval_is_none(pair: object) -> None:
    assert numerals.interval(pair) is None


@settings(deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20))
def test_a_scale_holds_every_value_between_round_ends(values: list[float]) -> None:
    axis = round_axis(values)
    slack = 1e-6 * (axis.high - axis.low)  # far less than a dot's width
    assert axis.low - slack <= min(values) and max(values) <= axis.high + slack
    assert 2 <= len(axis.ticks) <= 12
    assert all(place is not None and 0 <= place <= 100 for place, _ in axis.labels())


def test_a_scale_does_not_go_past_what_is_possible() -> None:
    assert round_axis([0.93, 0.999], most=1.0).high == 1.0
    assert round_axis([0.41, 0.99], most=1.0).high == 1.0


def test_a_scale_of_no_values_is_a_scale() -> None:
    assert round_axis([None, float("nan")]).place(0.5) == 50.0


def test_the_rounding_of_the_machine_is_nought() -> None:
    assert numerals.brief(8.673617379884035e-19) == "0"
    assert numerals.score(-1.8e-17) == "0.000"
    assert numerals.brief(1e-05) == "1e-05"


def test_a_difference_that_rounds_to_nought_has_no_minus() -> None:
    assert (numerals.points(-0.0004), numerals.signed(-0.0004), numerals.percent(-0.001)) == ("+0.0", "+0.000", "0 %")
