"""A database that is locked, read-only, cut short, foreign, newer or older: one clear line, nothing lost."""

from __future__ import annotations

import os
import re
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.registry import trees
from touchstone.core.errors import RegistryError
from touchstone.registry import schema, store
from touchstone.registry.book import Registry
from touchstone.registry.lineage import counts
from touchstone.registry.place import Place, find
from touchstone.registry.verify import verify


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """These are about files."""
    return find(str(tmp_path / "registry.db"), tmp_path, tmp_path / "home")


def file_of(place: Place) -> Path:
    assert place.path is not None
    return place.path


def said(place: Place) -> str:
    with pytest.raises(RegistryError) as caught, Registry.open(place) as registry, registry.writing() as writer:
        writer.person("ann")
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value)


def test_a_database_that_another_process_holds(
    place: Place, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "BUSY_SECONDS", 0.2)
    other = sqlite3.connect(file_of(place), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert "held by another process" in said(place)
    other.execute("ROLLBACK")
    other.close()


def test_readers_are_not_blocked_by_the_writer(place: Place, registry: Registry) -> None:
    trees.diamond(registry)
    with registry.writing(), registry.reading() as session:
        assert counts(session) == {"model": 4, "product": 2}


@contextmanager
def as_nobody() -> Iterator[None]:
    """Without the administrator's right to write to everything."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_read_only_file(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        place = find(f"{folder}/registry.db", tmp_path, tmp_path / "home")
        with Registry.open(place) as registry:
            trees.diamond(registry)
        file_of(place).chmod(0o444)
        with as_nobody():
            assert re.search("read-only|cannot be opened", said(place))
        with Registry.open(place) as registry:
            assert verify(registry).events == 6


def test_a_file_cut_short(place: Place, registry: Registry) -> None:
    trees.diamond(registry)
    registry.store.close()
    for leftover in file_of(place).parent.glob("registry.db-*"):
        leftover.unlink()
    data = file_of(place).read_bytes()
    file_of(place).write_bytes(data[: len(data) // 3])
    with pytest.raises(RegistryError, match=r"damaged|destroyed|verify"), Registry.open(place) as opened:
        trees.diamond(opened)


@pytest.mark.parametrize("content", [b"hello, I am a letter " * 100, b"SQLite format 3\0" + b"\xff" * 4000])
def test_a_file_that_is_no_database(place: Place, content: bytes) -> None:
    file_of(place).write_bytes(content)
    assert "restore a backup" in said(place)
    assert file_of(place).read_bytes() == content


def test_a_database_of_something_else_is_left_alone(place: Place) -> None:
    with sqlite3.connect(file_of(place)) as other:
        other.execute("CREATE TABLE recipes (name TEXT)")
    other.close()
    assert "database of something else" in said(place)


def test_a_newer_database_is_refused_and_says_so(place: Place, registry: Registry) -> None:
    registry.store.close()
    with sqlite3.connect(file_of(place)) as newer:
        newer.execute("UPDATE meta SET value = '99' WHERE name = 'schema'")
    newer.close()
    assert "newer Touchstone (schema 99" in said(place)


TABLES = {1: schema.DERIVED}
"""Tables that a database of each earlier version does not have."""


def test_every_earlier_version_is_tried() -> None:
    assert set(TABLES) == set(range(1, schema.VERSION))


@pytest.mark.parametrize("version", sorted(TABLES))
def test_an_older_database_is_backed_up_and_its_tables_filled_from_the_log(
    place: Place, registry: Registry, version: int
) -> None:
    trees.diamond(registry)
    registry.store.close()
    with sqlite3.connect(file_of(place)) as old:
        for table in TABLES[version]:
            old.execute(f"DROP TABLE {table}")
        old.execute("UPDATE meta SET value = ? WHERE name = 'schema'", (str(version),))
    old.close()
    with Registry.open(place) as again:
        assert verify(again).whole
        with again.reading() as session:
            assert counts(session) == {"model": 4, "product": 2}
    (backup,) = file_of(place).parent.glob(f"registry.db.schema-{version}.*.backup")
    with sqlite3.connect(backup) as kept:
        assert kept.execute("SELECT COUNT(*) FROM event").fetchone() == (6,)
    kept.close()


def test_nothing_is_made_by_looking(place: Place) -> None:
    with pytest.raises(RegistryError, match="no registry here yet"):
        Registry.open(place, create=False)
    assert not file_of(place).exists()
