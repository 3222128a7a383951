"""A worker's own side: read one call, carry it out, tell of it on the way, send what came of it.

Messages are pickled tuples on what was standard output: ("say", line), ("task", number, name, total),
("advance", number, steps), ("end", number), and at last ("done", result, CPU seconds) or ("failed", error, CPU seconds).
"""

from __future__ import annotations

import io
import os
import pickle
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from touchstone.core.errors import WorkerError
from touchstone.core.progress import Task

EVERY = 0.1
"""Seconds between two messages about the same bar."""


def serve() -> None:
    """Everything a worker does."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not stand between our messages
    told = _Told(out)
    call = pickle.load(sys.stdin.buffer)  # from our own process
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        outcome = ("done", call.here(told))
    except BaseException as error:
        outcome = ("failed", _portable(error))
    told.send(*outcome, time.process_time())
    os._exit(0)  # nothing is left to tidy up, and libraries take their time


def _end_with_parent() -> None:
    while sys.stdin.buffer.read(1):
        pass
    os._exit(1)


def _portable(error: BaseException) -> BaseException:
    """The error itself where it survives the way, else its words."""
    try:
        again: BaseException = pickle.loads(pickle.dumps(error))
        return again if type(again) is type(error) and str(again) == str(error) else WorkerError(_words(error))
    except Exception:
        return WorkerError(_words(error))


def _words(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))


class _Told:
    """The worker's side of a :class:`Progress`: what it is told is sent on."""

    def __init__(self, out: BinaryIO) -> None:
        self._out, self._lock, self._count = out, threading.Lock(), 0

    def send(self, *message: Any) -> None:
        buffer = io.BytesIO()
        pickle.dump(message, buffer)
        with self._lock:
            self._out.write(buffer.getbuffer())
            self._out.flush()

    def say(self, line: str) -> None:
        self.send("say", line)

    @contextmanager
    def task(self, name: str, total: float | None) -> Iterator[Task]:
        self._count += 1
        number = self._count
        self.send("task", number, name, total)
        bar = _Bar(self, number)
        try:
            yield bar
        finally:
            self.send("end", number)


class _Bar:
    def __init__(self, told: _Told, number: int) -> None:
        self._told, self._number, self._unsent, self._sent = told, number, 0.0, time.monotonic()

    def advance(self, steps: float = 1) -> None:
        self._unsent += steps
        if time.monotonic() - self._sent >= EVERY:
            self._told.send("advance", self._number, self._unsent)
            self._unsent, self._sent = 0.0, time.monotonic()
