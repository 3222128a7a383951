"""How long work reports that it goes on; who draws it is decided at the edge (a terminal, a notebook, nobody)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol, TypeVar

Item = TypeVar("Item")


class Task(Protocol):
    """One bar: ``advance`` moves it."""

    def advance(self, steps: float = 1) -> None: ...


class Progress(Protocol):
    """A place where bars are drawn and short lines are said."""

    def task(self, name: str, total: float | None) -> AbstractContextManager[Task]:
        """A context manager that yields a :class:`Task`."""
        ...

    def say(self, line: str) -> None:
        """One line about what is going on."""
        ...


class _Still:
    def advance(self, steps: float = 1) -> None:
        pass


class Silent:
    """Draws nothing."""

    @contextmanager
    def task(self, name: str, total: float | None) -> Iterator[Task]:
        yield _Still()

    def say(self, line: str) -> None:
        pass


def track(items: Iterable[Item], progress: Progress, name: str, total: int) -> Iterator[Item]:
    """Yield the items while a bar advances."""
    with progress.task(name, total) as bar:
        for item in items:
            yield item
            bar.advance()
