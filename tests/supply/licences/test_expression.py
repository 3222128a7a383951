from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from touchstone.supply.licences.expression import Many, One, names, parse


def test_and_binds_more_than_or_and_with_more_than_and() -> None:
    assert parse("A OR B AND C WITH D") == Many("OR", (One("A"), Many("AND", (One("B"), One("C", "D")))))


def test_parentheses_change_that() -> None:
    assert parse("(A or B) and C") == Many("AND", (Many("OR", (One("A"), One("B"))), One("C")))


@pytest.mark.parametrize(
    "text", ["", "  ", "A B", "A AND", "OR A", "(A", "A)", "A WITH", "()", "A AND OR B", "x " * 300]
)
def test_what_is_no_expression_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(text)


def test_names_come_in_order_and_once() -> None:
    assert names(parse("A AND (B OR A) AND C")) == ("A", "B", "C")


@given(st.text("AB()ORNDWITH ", max_size=40))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert names(parse(text))
