"""A real registry in a fresh SQLite file; with a server named, the same tests run on PostgreSQL too."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.registry.servers import KINDS, fresh_database
from touchstone.registry.book import Registry
from touchstone.registry.place import Place, find


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


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Where a new registry goes."""
    if request.param == "sqlite":
        yield find(str(tmp_path / "registry.db"), tmp_path, tmp_path / "home")
        return
    with fresh_database() as url:
        yield find(url, tmp_path, tmp_path / "home")


@pytest.fixture
def registry(place: Place, clock: Clock) -> Iterator[Registry]:
    with Registry.open(place, clock=clock) as opened:
        yield opened
