"""How long work reports that it goes on; who draws it is decided at the edge (a terminal, a notebook, nobody)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


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


class OutOfTime(Exception):
    """Work was ended because its time is over; raised where it next reports that it goes on."""


class Limited:
    """Ends what reports here with :class:`OutOfTime` once ``over`` says so."""

    def __init__(self, progress: Progress, over: Callable[[], bool]) -> None:
        self._progress, self._over = progress, over

    @contextmanager
    def task(self, name: str, total: float | None) -> Iterator[Task]:
        with self._progress.task(name, total) as bar:
            yield _Watched(bar, self._over)

    def say(self, line: str) -> None:
        self._progress.say(line)


class _Watched:
    def __init__(self, bar: Task, over: Callable[[], bool]) -> None:
        self._bar, self._over = bar, over

    def advance(self, steps: float = 1) -> None:
        self._bar.advance(steps)
        if self._over():
            raise OutOfTime


def in_time(work: Callable[[], Result]) -> Result | None:
    """What some work comes to; None where its time was over before."""
    try:
        return work()
    except OutOfTime:
        return None


def track(items: Iterable[Item], progress: Progress, name: str, total: int) -> Iterator[Item]:
    """Yield the items while a bar advances."""
    with progress.task(name, total) as bar:
        for item in items:
            yield item
            bar.advance()
