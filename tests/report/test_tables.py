"""Tables that are safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touchstone.report.tables import flagged, safe_cell, splits


@dataclass(frozen=True)
class Flag:
    check: str = "data.leakage"
    split: str = "train"
    example: str = "a.jpg"
    other_split: str = "test"
    other: str = "b.jpg"
    kind: str = "exact"
    score: float | None = 1.0


@dataclass(frozen=True)
class Placed:
    example: str
    source: str = "train"
    split: str = "test"
    why: str = "made here"
    content: str = "c0ffee"
    mark: str = "b4"


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def test_flagged_examples_stand_under_the_contract_s_columns() -> None:
    rows = read(flagged([Flag(), Flag(other_split="", other="", kind="", score=None)]))
    assert rows[0] == ["check", "split", "example", "other_split", "other", "kind", "score"]
    assert rows[1] == ["data.leakage", "train", "a.jpg", "test", "b.jpg", "exact", "1.0"]
    assert rows[2][-1] == ""


def test_a_negative_score_stays_a_number() -> None:
    assert read(flagged([Flag(score=-0.5)]))[1][-1] == "-0.5"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_no_cell_starts_a_formula(start: str) -> None:
    rows = read(splits([Placed(f"{start}cmd|'/c calc'!A0", why=f"{start}1+1")]))
    assert rows[1][0].startswith("'") and rows[1][3].startswith("'")


@settings(deadline=None)
@given(st.text())
def test_any_name_comes_back_as_it_was_or_with_an_apostrophe_in_front(name: str) -> None:
    cell = safe_cell(name)
    spelled = name.replace("\r", "\\r").replace("\0", "\\0")
    assert cell in (spelled, f"'{spelled}")
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


@settings(deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00\r\n"), min_size=1))
def test_names_with_commas_quotes_and_other_scripts_keep_their_column(name: str) -> None:
    rows = read(splits([Placed(name)]))
    assert rows[1] == [safe_cell(name), "train", "test", "made here", "c0ffee", "b4"]


def test_a_name_that_is_no_text_does_not_stop_the_table() -> None:
    assert splits([Placed("a\udcff.jpg")]).encode().startswith(b"example,source,split,why,content,mark\na?.jpg")
