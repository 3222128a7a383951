"""Work in processes of its own, side by side with the rest.

A small training uses little more than one core, however many there are; two trainings use two. A worker is a fresh
interpreter that is sent one pickled call and tells of its bars as it goes (its side is :mod:`touchstone.core.worker`).
It ends when this process ends, however that comes about. Results do not depend on whether workers are used: the number of threads is the same with and
without.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from touchstone.core.errors import WorkerError
from touchstone.core.progress import Progress, Task

Result = TypeVar("Result")
SWITCH = "TOUCHSTONE_WORKERS"
"""Set to 0: everything in one process, one thing after another. Set to 1: workers even on a single core."""
THREADS = "TOUCHSTONE_THREADS"
"""What :func:`share` answers in a worker."""
WORTHWHILE = 20.0
"""Seconds of work from which a worker is worth the five or so that it takes to begin."""


@dataclass(frozen=True)
class Call:
    """A function of some module with its arguments, all of which can be pickled; ``progress`` is added."""

    function: Callable[..., Any]
    arguments: Mapping[str, Any]

    def here(self, progress: Progress) -> Any:
        return self.function(**self.arguments, progress=progress)


def cores() -> int:
    """Cores that this process may use; ``OMP_NUM_THREADS`` limits them."""
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    return max(1, min(there, int(wanted))) if wanted.isdecimal() else there


def share() -> int:
    """Threads of one training, so that two of them fill the machine."""
    told = os.environ.get(THREADS, "")
    return int(told) if told.isdecimal() else max(1, cores() // 2)


def usable() -> bool:
    """Whether workers are of use here: with two cores or more, unless :data:`SWITCH` says otherwise."""
    wanted = os.environ.get(SWITCH, "")
    return bool(sys.executable) and (wanted == "1" or (wanted != "0" and cores() > 1))


@dataclass
class _Ledger:
    """The workers that one thread of this process has had, and the CPU seconds of those that have ended."""

    ended: float = 0.0
    alive: list[_Worker] = field(default_factory=list)

    def seconds(self) -> float:
        return self.ended + sum(worker.cpu_seconds() for worker in list(self.alive))

    def stop(self) -> None:
        for worker in list(self.alive):
            worker.stop()


_MAIN = _Ledger()
_LEDGERS = [_MAIN]
_LOCK = threading.Lock()


class _Here(threading.local):
    """What this thread is: its ledger, and whether its work goes to workers."""

    ledger = _MAIN
    aside = False


_HERE = _Here()


def run(call: Call, progress: Progress) -> Any:
    """The result of a call: made by a worker where this thread stands beside the main one, else right here."""
    return _Worker(call, _HERE.ledger).result(progress) if _HERE.aside else call.here(progress)


def cpu_seconds_of_this_thread() -> float:
    """CPU seconds of what this thread set going; the main thread answers for this process and its other children."""
    if threading.current_thread() is not threading.main_thread():
        return time.thread_time() + _HERE.ledger.seconds()
    return cpu_seconds() - sum(ledger.seconds() for ledger in list(_LEDGERS) if ledger is not _HERE.ledger)


def cpu_seconds() -> float:
    """CPU seconds of this process, of its children that ended, and of its workers."""
    times, ledgers = os.times(), list(_LEDGERS)
    others = times.children_user + times.children_system - sum(ledger.ended for ledger in ledgers)
    return times.user + times.system + max(0.0, others) + sum(ledger.seconds() for ledger in ledgers)


def together(tasks: Sequence[Callable[[], Result]], *, aside: bool) -> list[Result]:
    """Do some tasks and give their results in order, side by side where ``aside`` and workers are usable.

    Then every task but the last runs in a thread of its own, in which :func:`run` uses a worker; at most as many
    at a time as there are cores. An error of the last, or Ctrl-C, stops the others.
    """
    if not aside or not usable() or len(tasks) < 2:
        return [task() for task in tasks]
    places = threading.BoundedSemaphore(max(1, cores() - 1))
    with ExitStack() as running:
        begun = [running.enter_context(_thread(task, places)) for task in tasks[:-1]]
        last = tasks[-1]()
        return [*(each.result() for each in begun), last]


@contextmanager
def meanwhile(task: Callable[[], Result], *, aside: bool) -> Iterator[Callable[[], Result]]:
    """Do a task while the block runs, and hand out what waits for its result; where workers are of no use, it is done
    when the result is asked for.
    """
    if not aside or not usable():
        yield task
        return
    with _thread(task, threading.BoundedSemaphore(1)) as future:
        yield future.result


@contextmanager
def _thread(task: Callable[[], Result], places: threading.BoundedSemaphore) -> Iterator[Future[Result]]:
    """A thread whose work goes to workers; an error in the block stops them. Their cost is the opener's in the end."""
    future: Future[Result] = Future()
    ledger = _Ledger()
    stopped = threading.Event()

    def work() -> None:
        _HERE.ledger, _HERE.aside = ledger, True
        try:
            with places:
                if stopped.is_set():
                    raise WorkerError("stopped before it began")
                future.set_result(task())
        except BaseException as error:
            future.set_exception(error)

    with _LOCK:
        _LEDGERS.append(ledger)
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield future
        thread.join()
    except BaseException:
        stopped.set()
        while thread.is_alive():
            ledger.stop()
            thread.join(0.05)
        raise
    finally:
        with _LOCK:
            _LEDGERS.remove(ledger)
        _HERE.ledger.ended += ledger.seconds()


class _Worker:
    """One call in a process of its own."""

    def __init__(self, call: Call, ledger: _Ledger) -> None:
        threads = str(share())
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", "from touchstone.core.worker import serve; serve()"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, process_group=0,
            env={**os.environ, "OMP_NUM_THREADS": threads, THREADS: threads, SWITCH: "0", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )  # fmt: skip
        self._ledger = ledger
        ledger.alive.append(self)
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # the result says why
            pickle.dump(call, self._process.stdin)
            self._process.stdin.flush()  # and stays open: its end tells the worker that this process is gone

    def result(self, progress: Progress) -> Any:
        """Draw its bars until it is done; an error of the call is raised here."""
        spent = 0.0
        try:
            with ExitStack() as open_bars:
                kind, value, spent = self._follow(progress, open_bars)
        finally:
            self._ledger.alive.remove(self)
            self._ledger.ended += spent
            self.stop()
        if kind == "failed":
            raise value
        return value

    def _follow(self, progress: Progress, open_bars: ExitStack) -> tuple[str, Any, float]:
        assert self._process.stdout is not None
        bars: dict[int, tuple[Task, ExitStack]] = {}
        while True:
            try:
                kind, *facts = pickle.load(self._process.stdout)  # from our own process
            except (EOFError, pickle.UnpicklingError):
                raise WorkerError(_ended(self._process.wait())) from None
            if kind == "say":
                progress.say(facts[0])
            elif kind == "task":
                number, name, total = facts
                stack = open_bars.enter_context(ExitStack())
                bars[number] = (stack.enter_context(progress.task(name, total)), stack)
            elif kind == "advance":
                bars[facts[0]][0].advance(facts[1])
            elif kind == "end":
                bars.pop(facts[0])[1].close()
            else:
                return kind, facts[0], facts[1]

    def cpu_seconds(self) -> float:
        """So far, where the system tells (Linux); 0 elsewhere until it has ended."""
        try:
            fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        """End it at once; what it was writing does not appear."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError, ValueError):
                    pipe.close()


def _ended(status: int) -> str:
    how = f"by signal {-status}" if status < 0 else f"with status {status}"
    return (
        f"a process that trained beside this one was ended {how} before it was done (too little memory?); what is finished is kept: "
        f"run the same command again, with {SWITCH}=0 to train one thing at a time"
    )
