"""The registry as one thing: open it, look into it, write to it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Self

from touchstone.core.errors import Fault, RegistryError
from touchstone.registry.checkpoints import Checkpoints
from touchstone.registry.log import Writer
from touchstone.registry.place import Place
from touchstone.registry.store import Session, Store


def _now() -> datetime:
    return datetime.now(UTC)


class Registry:
    """An open registry; a context manager that closes it."""

    def __init__(self, store: Store, id: str, clock: Callable[[], datetime]) -> None:
        self.store, self.id, self.clock = store, id, clock
        self.checkpoints = Checkpoints(store.place.checkpoints, id)

    @classmethod
    def open(cls, place: Place, *, create: bool = True, clock: Callable[[], datetime] = _now) -> Self:
        """Open the registry at a place; made where there is none, unless ``create`` is false.

        Raises
        ------
        RegistryError
            where it cannot be used, said in one line
        """
        store = Store.open(place, create=create)
        with store.reading() as session:
            id = session.value("SELECT value FROM meta WHERE name = 'id'")
        if id is None:
            with store.writing() as session:
                session.run(
                    "INSERT INTO meta (name, value) VALUES ('id', :id) ON CONFLICT (name) DO NOTHING",
                    id=secrets.token_hex(8),
                )
                id = session.value("SELECT value FROM meta WHERE name = 'id'")
        return cls(store, str(id), clock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.store.close()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A consistent look."""
        with self.store.reading() as session:
            yield session

    @contextmanager
    def writing(self, *, decision: bool = False) -> Iterator[Writer]:
        """One transaction; a checkpoint follows where one is due, and always after a decision.

        Raises
        ------
        RegistryError
            where nothing could be written; or where all was written and only the checkpoint could not be
        """
        with self.store.writing() as session:
            writer = Writer(session, self.clock())
            yield writer
        if writer.appended and (decision or self.checkpoints.is_due(writer.head)):
            self._checkpoint(writer)

    def _checkpoint(self, writer: Writer) -> None:
        try:
            self.checkpoints.write(writer.head)
        except OSError as fault:
            what = f"no checkpoint could be written ({fault.strerror}); what was recorded stands"
            raise RegistryError(Fault(str(self.checkpoints.path), what, "make that folder writable")) from fault
