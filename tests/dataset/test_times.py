from __future__ import annotations

import math

import pytest

from touchstone.dataset.times import seconds


@pytest.mark.parametrize(
    "text",
    ["2015-02-16 23:36", "2015-02-16T23:36:00Z", "2015/02/16 23:36", "2015-02-17T00:36:00+01:00", "16.02.2015 23:36"],
)
def test_the_same_moment_in_many_spellings(text: str) -> None:
    assert seconds(text) == 1424129760.0


def test_numbers_stay_numbers_and_other_words_are_unknown() -> None:
    assert seconds("2015") == 2015.0
    assert math.isnan(seconds("soon"))
    assert math.isnan(seconds("inf"))
    assert math.isnan(seconds(""))
