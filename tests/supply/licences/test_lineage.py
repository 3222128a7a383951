from __future__ import annotations

from collections.abc import Mapping, Sequence

from touchstone.supply.licences.lineage import DEEPEST, Known, ancestors


def known(families: Mapping[str, tuple[str | None, Sequence[str]]]) -> Known:
    return families.get


def test_the_line_is_followed_to_its_end() -> None:
    line = known({"a/b": ("MIT", ["c/d"]), "c/d": ("Apache-2.0", ["e/f"]), "e/f": ("CC-BY-NC-4.0", [])})
    assert [(one.name, one.expression) for one in ancestors(["a/b"], line)] == [
        ("a/b", "MIT"), ("c/d", "Apache-2.0"), ("e/f", "CC-BY-NC-4.0"),
    ]  # fmt: skip


def test_an_ancestor_that_was_never_seen_has_unknown_terms() -> None:
    (one,) = ancestors(["a/b"], known({}))
    assert one.expression is None
    assert "a/b" in one.doubt


def test_a_diamond_counts_once_and_a_circle_ends() -> None:
    line = known({"l": ("MIT", ["top"]), "r": ("MIT", ["top"]), "top": ("MIT", ["l"])})
    assert [one.name for one in ancestors(["l", "r"], line)] == ["l", "r", "top"]


def test_an_endless_line_ends_in_doubt() -> None:
    def endless(name: str) -> tuple[str, list[str]]:
        return "MIT", [name + "x"]

    found = list(ancestors(["m"], endless))
    assert len(found) == DEEPEST + 1
    assert found[-1].doubt
