"""An id is a path: module, class, test and page of every check."""

import importlib
import inspect
from pathlib import Path

import pytest

from touchstone.checks.check import Check
from touchstone.checks.context import Need
from touchstone.core import catalogue

ROOT = Path(__file__).parents[2]
MEASURED = [row for row in catalogue.BUILT_IN if row.measured]


@pytest.mark.parametrize("row", MEASURED, ids=lambda row: row.id)
def test_an_id_is_a_path(row: catalogue.Row) -> None:
    group, name = row.id.split(".")
    module = importlib.import_module(f"touchstone.checks.{group}.{name}")
    class_name = "".join(part.capitalize() for part in name.split("_"))
    assert issubclass(getattr(module, class_name), Check)
    assert row.target == f"touchstone.checks.{group}.{name}:{class_name}"
    assert (ROOT / "tests" / "checks" / group / f"test_{name}.py").is_file()


@pytest.mark.parametrize("row", catalogue.BUILT_IN, ids=lambda row: row.id)
def test_every_check_has_a_page(row: catalogue.Row) -> None:
    assert row.question in (ROOT / "docs" / "checks" / f"{row.id}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("row", MEASURED, ids=lambda row: row.id)
def test_the_docstring_tells_question_method_source_and_limits(row: catalogue.Row) -> None:
    text = inspect.getdoc(type(row.load())) or ""
    for part in ("**Question.**", "**Method.**", "**Source.**", "**Cannot see.**"):
        assert part in text, part
    assert text.splitlines()[0].endswith(("?", "."))


@pytest.mark.parametrize("row", MEASURED, ids=lambda row: row.id)
def test_a_check_says_what_it_needs_and_which_numbers_decide(row: catalogue.Row) -> None:
    check = row.load()
    assert check.needs <= set(Need)
    assert check.thresholds, "the numbers that decide are listed"
    assert all(isinstance(value, int | float) for value in check.thresholds.values())
    assert not vars(check), "a check keeps nothing between runs"
