"""Fresh databases on a PostgreSQL server, where one is named (`make test-postgres` starts one)."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

SERVER = os.environ.get("TOUCHSTONE_TEST_POSTGRES")
KINDS = ["sqlite", *(["postgresql"] if SERVER else [])]


@contextmanager
def fresh_database() -> Iterator[str]:
    """The URL of an empty database that is dropped afterwards."""
    import psycopg

    assert SERVER is not None, "asked for only where a server is named"
    name = f"t{secrets.token_hex(8)}"
    with psycopg.connect(f"{SERVER}/postgres", autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
    yield f"{SERVER}/{name}"
    with psycopg.connect(f"{SERVER}/postgres", autocommit=True) as server:
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")
