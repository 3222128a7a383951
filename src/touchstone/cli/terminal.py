"""Words and progress bars for people, all on standard error; standard output is for results."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from touchstone.core.progress import Task

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def clean(text: str) -> str:
    """Text from outside, without control characters that a terminal would obey."""
    return _CONTROL.sub("�", text)


class _Bar:
    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress, self._task = progress, task

    def advance(self, steps: float = 1) -> None:
        self._progress.advance(self._task, steps)


class TerminalProgress:
    """Draws bars with time left on a terminal or in a notebook; elsewhere it only says its lines."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress: Progress | None = None
        self._open = 0
        self._lock = Lock()

    @contextmanager
    def task(self, name: str, total: float | None) -> Iterator[Task]:
        progress = self._opened()
        task = progress.add_task(escape(clean(name)), total=total)
        try:
            yield _Bar(progress, task)
        finally:
            progress.remove_task(task)
            self._closed()

    def _opened(self) -> Progress:
        """The bars on the screen; the first task puts them there."""
        with self._lock:
            self._open += 1
            if self._progress is None:
                self._progress = Progress(
                    SpinnerColumn(),
                    TextColumn("{task.description}"),
                    BarColumn(bar_width=28),
                    MofNCompleteColumn(),
                    TimeElapsedColumn(),
                    TextColumn("left"),
                    TimeRemainingColumn(),
                    console=self._console,
                    transient=True,
                    disable=not (self._console.is_terminal or self._console.is_jupyter),
                )
                self._progress.start()
            return self._progress

    def _closed(self) -> None:
        """The last task takes them away."""
        with self._lock:
            self._open -= 1
            if not self._open and self._progress is not None:
                self._progress.stop()
                self._progress = None

    def say(self, line: str) -> None:
        self._console.print(escape(clean(line)), highlight=False)


def error_console() -> Console:
    """Where words for people go."""
    return Console(stderr=True, soft_wrap=True)
