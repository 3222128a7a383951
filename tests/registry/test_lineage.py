"""What a name means, and what is said where it means nothing or too much."""

from __future__ import annotations

import pytest

from tests.registry import trees
from touchstone.core.errors import RegistryError
from touchstone.registry.book import Registry
from touchstone.registry.effects import Effects, Entity
from touchstone.registry.lineage import counts, facts, find, listed

A, B = "ab" * 32, "abcd" + "00" * 30


@pytest.fixture
def filled(registry: Registry) -> Registry:
    with registry.writing() as writer:
        for id, kind, name in (
            (f"model:{A}", "model", "one"),
            (f"model:{B}", "model", "two"),
            ("run:" + "c" * 64, "run", "one"),
        ):
            writer.append("register", id, Effects(Entity(id, kind, name, {"of": name})))
    return registry


@pytest.mark.parametrize(
    ("named", "id"), [(f"model:{A}", A), ("abababab", A), ("model:ababab", A), ("ABCD00", B), ("two", B)]
)
def test_finds(filled: Registry, named: str, id: str) -> None:
    with filled.reading() as session:
        assert find(session, named).id == f"model:{id}"


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("nobody", "knows no entry"),
        ("ab", "knows no entry"),
        ("one", "can mean several"),
        ("'; DROP TABLE event; --", "knows no"),
        ("", "knows no"),
    ],
)
def test_says_why_not(filled: Registry, named: str, said: str) -> None:
    with filled.reading() as session, pytest.raises(RegistryError, match=said):
        find(session, named)


def test_a_kind_settles_what_a_name_means(filled: Registry) -> None:
    with filled.reading() as session:
        assert find(session, "one", "run").kind == "run"
        assert facts(session, find(session, "one", "run")) == {"of": "one"}


def test_the_newest_of_one_name_is_meant(filled: Registry) -> None:
    trees.model(filled, "two")
    with filled.reading() as session:
        assert find(session, "two").id == "model:two"
        assert [one.name for one in listed(session, "model", 2)] == ["two", "two"]
        assert counts(session) == {"model": 3, "run": 1}
