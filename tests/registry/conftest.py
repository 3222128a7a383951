"""A real registry in a fresh SQLite file; with a server named, the same tests run on PostgreSQL too."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from touchstone.registry.book import Registry
from touchstone.registry.place import Place, find

SERVER = os.environ.get("TOUCHSTONE_TEST_POSTGRES")
"""URL of a PostgreSQL server on which databases may be made (`make test-postgres` starts one)."""


class Clock:
    """A clock that tests can move."""

    def __init__(self) -> None:
        self.now = datetime(2026, 5, 4, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["sqlite", *(["postgresql"] if SERVER else [])])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Where a new registry goes."""
    if request.param == "sqlite":
        yield find(str(tmp_path / "registry.db"), tmp_path, tmp_path / "home")
        return
    import psycopg

    assert SERVER is not None, "the parameter is only there where a server is"
    name = f"t{secrets.token_hex(8)}"
    with psycopg.connect(f"{SERVER}/postgres", autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
    yield find(f"{SERVER}/{name}", tmp_path, tmp_path / "home")
    with psycopg.connect(f"{SERVER}/postgres", autocommit=True) as server:
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def registry(place: Place, clock: Clock) -> Iterator[Registry]:
    with Registry.open(place, clock=clock) as opened:
        yield opened
