"""The thin layer over SQLite and PostgreSQL: one SQL for both, one writer at a time, every fault in one clear line."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from touchstone.core.errors import Fault, MissingExtra, RegistryError
from touchstone.registry import schema
from touchstone.registry.place import Place

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine, TextClause

BUSY_SECONDS = 10
MEMORY = "sqlite://"
"""A database in memory, which lives as long as its store."""
_LOCK = 0x70756368
"""Advisory lock of PostgreSQL that stands for the one log of a database."""


class Session:
    """A connection inside a transaction, with the few ways of asking that the registry needs."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def run(self, sql: str, **values: Any) -> int:
        """Carry out a statement; how many rows it touched."""
        return self._connection.execute(_text(sql), values).rowcount

    def run_many(self, sql: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Carry out a statement once for each row."""
        if rows:
            self._connection.execute(_text(sql), rows)

    def rows(self, sql: str, **values: Any) -> list[Any]:
        """All rows of an answer."""
        return list(self._connection.execute(_text(sql), values))

    def row(self, sql: str, **values: Any) -> Any:
        """The first row, or None."""
        return self._connection.execute(_text(sql), values).first()

    def value(self, sql: str, **values: Any) -> Any:
        """The first column of the first row, or None."""
        return self._connection.execute(_text(sql), values).scalar()

    def stream(self, sql: str) -> Iterator[Any]:
        """Rows as plain tuples, as many at a time as are quick to walk."""
        # The driver's own cursor: a log of a million events should not pay for rows that know their columns' names.
        raw = self._connection.connection
        is_server = self._connection.dialect.name == "postgresql"
        named = {"name": "touchstone_stream"} if is_server else {}
        at_once = 5000 if is_server else 500  # rows that fit a processor's cache are walked a fifth quicker
        cursor = raw.cursor(**named)  # one with a name stays on the server
        try:
            cursor.execute(sql)
            while rows := cursor.fetchmany(at_once):
                yield from rows
        finally:
            cursor.close()


@lru_cache(maxsize=256)
def _text(sql: str) -> TextClause:
    from sqlalchemy import text

    return text(sql)


class Store:
    """An open database at the schema of this version."""

    def __init__(self, place: Place, engine: Engine) -> None:
        self.place, self._engine = place, engine

    @classmethod
    def open(cls, place: Place, *, create: bool) -> Store:
        """Open, and bring an older database to this version's tables; it is backed up first.

        Raises
        ------
        RegistryError
            where there is none and ``create`` is false, it is newer than this version, or it cannot be used
        """
        if place.path is not None and not place.path.exists():
            if not create:
                mend = "every run records itself; or: touchstone registry product"
                raise RegistryError(Fault(str(place), "there is no registry here yet", mend))
            try:
                place.path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as fault:
                raise RegistryError(Fault(str(place), f"cannot be made ({fault.strerror})")) from fault
        store = cls(place, _engine(place))
        with faults_of(place):
            store._migrate()
        return store

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A consistent look that blocks nobody."""
        with faults_of(self.place), self._engine.connect() as connection:
            if self.dialect == "postgresql":  # SQLite's snapshots are as good by nature
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield Session(connection)

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """The one writer; all of it is durable when the block ends, or none of it happened."""
        with faults_of(self.place), self._engine.connect() as connection:
            writer = connection.execution_options(touchstone_writes=True)
            with writer.begin():
                if self._engine.dialect.name == "postgresql":
                    writer.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
                yield Session(writer)

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    @property
    def dialect(self) -> str:
        return self._engine.dialect.name

    def _version(self, session: Session) -> int:
        there = (
            "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'meta'"
            if self.dialect == "sqlite"
            else "SELECT 1 FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = 'meta'"
        )
        if not session.value(there):
            return 0
        return int(session.value("SELECT value FROM meta WHERE name = 'schema'"))

    def _migrate(self) -> None:
        with self.reading() as session:
            found = self._version(session)
        if found == schema.VERSION:
            return
        if found > schema.VERSION:
            what = f"was written by a newer Touchstone (schema {found}, this one knows {schema.VERSION})"
            raise RegistryError(Fault(str(self.place), what, "use that version"))
        if found:
            self._back_up(found)
        with self.writing() as session:
            found = self._version(session)  # another process may have been quicker
            if not found:
                self._refuse_foreign(session)
                session.run(schema.META)
                session.run("INSERT INTO meta VALUES ('schema', '0')")
            for step in range(found, schema.VERSION):
                for statement in schema.statements(step, self.dialect):
                    session.run(statement)
            session.run("UPDATE meta SET value = :version WHERE name = 'schema'", version=str(schema.VERSION))
            if 0 < found < schema.REPLAY_FROM:
                from touchstone.registry.projection import replay

                replay(session)

    def _refuse_foreign(self, session: Session) -> None:
        if self.dialect == "sqlite" and (
            name := session.value("SELECT name FROM sqlite_master WHERE type = 'table' LIMIT 1")
        ):
            what = f"is a database of something else (it has a table {name!r})"
            raise RegistryError(Fault(str(self.place), what, "name another file"))

    def _back_up(self, version: int) -> None:
        if self.place.path is None:
            return
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
        target = self.place.path.with_name(f"{self.place.path.name}.schema-{version}.{stamp}.backup")
        with sqlite3.connect(self.place.path) as old, sqlite3.connect(target) as new:
            old.backup(new)
        shutil.copymode(self.place.path, target)


def _engine(place: Place) -> Engine:
    from sqlalchemy import create_engine, event
    from sqlalchemy.exc import ArgumentError

    try:
        if place.url == MEMORY:
            engine = create_engine(place.url)
            event.listen(engine, "connect", _prepare)
            event.listen(engine, "begin", _begin)
            return engine
        if place.path is None:
            options = {"connect_timeout": BUSY_SECONDS, "options": f"-c lock_timeout={BUSY_SECONDS}s -c timezone=UTC"}
            return create_engine(place.url, connect_args=options)
        engine = create_engine(place.url, connect_args={"timeout": BUSY_SECONDS})
    except ModuleNotFoundError as fault:
        raise MissingExtra("a registry on PostgreSQL", "pg") from fault
    except ArgumentError as fault:
        raise RegistryError(
            Fault("--registry", "is no URL that can be understood", "postgresql://user@host/name")
        ) from fault
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions begin where `_begin` says, not where the driver guesses
    connection.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("touchstone_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


_SAID = (
    ("locked", f"is held by another process for more than {BUSY_SECONDS} s", "wait for it, then try again"),
    ("lock timeout", f"is held by another process for more than {BUSY_SECONDS} s", "wait for it, then try again"),
    ("readonly", "cannot be written to (it is read-only)", "give yourself the right to write, or name another registry"),
    ("unable to open", "cannot be opened", "look at its folder and rights"),
    ("not a database", "is no registry, or its first bytes were destroyed", "restore a backup, or `touchstone registry import` an export"),
    ("malformed", "is damaged", "restore a backup, or `touchstone registry import` an export"),
    ("disk is full", "could not be written: the disk is full", "make room, then try again"),
    ("disk i/o", "could not be read or written by the disk", "look at the disk"),
)  # fmt: skip


@contextmanager
def faults_of(place: Place) -> Iterator[None]:
    """What the database libraries raise becomes a RegistryError; a broken rule of our own stays a bug."""
    from sqlalchemy.exc import DBAPIError, IntegrityError

    try:
        yield
    except IntegrityError:
        raise
    except (DBAPIError, sqlite3.DatabaseError) as fault:
        said = str(getattr(fault, "orig", None) or fault).strip()
        for word, what, mend in _SAID:
            if word in said.lower():
                raise RegistryError(Fault(str(place), what, mend)) from fault
        what = f"cannot be used ({said.splitlines()[0] if said else type(fault).__name__})"
        raise RegistryError(Fault(str(place), what, "`touchstone registry verify` says whether it is whole")) from fault
