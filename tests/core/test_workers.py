"""Workers: the same results as without them, their bars and errors told, nothing left behind."""

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from touchstone.core import workers
from touchstone.core.errors import Fault, StudyError, WorkerError
from touchstone.core.progress import Silent
from touchstone.core.workers import Call


@pytest.fixture(autouse=True)
def _two_cores(monkeypatch):
    monkeypatch.delenv(workers.SWITCH, raising=False)
    monkeypatch.setattr(workers, "cores", lambda: 2)


def whoami(number, progress):
    with progress.task("counting", 3) as bar:
        for _ in range(3):
            time.sleep(0.06)
            bar.advance()
    progress.say(f"number {number}")
    os.write(1, b"what a library prints harms nothing\n")
    return number, os.getpid()


def refuses(progress):
    raise StudyError(Fault("study.yaml:3", "no such thing", "leave it out"))


class Strange(Exception):
    def __init__(self, one, two):
        super().__init__("strange")


def strangely_refuses(progress):
    raise Strange(1, 2)


def dies(progress):
    os.kill(os.getpid(), 9)


def works(seconds, progress):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
    return workers.share()


def sleeps(marker, progress):
    Path(marker).write_text(str(os.getpid()))
    time.sleep(60)


class Kept(Silent):
    def __init__(self):
        self.said, self.bars = [], []

    def say(self, line):
        self.said.append(line)

    @contextmanager
    def task(self, name, total):
        steps = []
        self.bars.append((name, total, steps))

        class Bar:
            def advance(self, n=1):
                steps.append(n)

        yield Bar()
        steps.append("closed")


def aside(call, progress=None):
    """The call, made by a worker while this thread does something else."""
    return workers.together([partial(workers.run, call, progress or Silent()), lambda: None], aside=True)[0]


def test_tasks_stand_side_by_side_and_results_keep_their_order():
    calls = [partial(workers.run, Call(whoami, {"number": n}), Silent()) for n in range(3)]
    results = workers.together(calls, aside=True)
    assert [number for number, _ in results] == [0, 1, 2]
    assert results[2][1] == os.getpid() and len({pid for _, pid in results}) == 3


def test_one_core_can_be_told_to_use_them(monkeypatch):
    monkeypatch.setattr(workers, "cores", lambda: 1)
    monkeypatch.setenv(workers.SWITCH, "1")
    assert workers.usable() and workers.share() == 1


@pytest.mark.parametrize("why", ["not wanted", "switched off", "one core"])
def test_without_workers_everything_happens_here(why, monkeypatch):
    if why == "switched off":
        monkeypatch.setenv(workers.SWITCH, "0")
    if why == "one core":
        monkeypatch.setattr(workers, "cores", lambda: 1)
    calls = [partial(workers.run, Call(whoami, {"number": n}), Silent()) for n in range(2)]
    assert {pid for _, pid in workers.together(calls, aside=why != "not wanted")} == {os.getpid()}
    with workers.meanwhile(calls[0], aside=why != "not wanted") as done:
        assert done()[1] == os.getpid()


def test_bars_and_lines_of_a_worker_are_told_here():
    kept = Kept()
    aside(Call(whoami, {"number": 7}), kept)
    assert kept.said == ["number 7"]
    [(name, total, steps)] = kept.bars
    assert (name, total, steps[-1]) == ("counting", 3, "closed") and 1 <= sum(steps[:-1]) <= 3


def test_an_error_keeps_its_kind_and_words():
    with pytest.raises(StudyError, match=r"study\.yaml:3: no such thing; leave it out"):
        aside(Call(refuses, {}))


def test_an_error_that_cannot_travel_comes_as_its_words():
    with pytest.raises(WorkerError, match="strangely_refuses"):
        aside(Call(strangely_refuses, {}))


def test_a_worker_that_is_killed_is_told_in_one_line():
    with pytest.raises(WorkerError, match=r"by signal 9 .* TOUCHSTONE_WORKERS=0") as told:
        aside(Call(dies, {}))
    assert "\n" not in str(told.value)


def test_an_error_here_ends_the_workers_at_once(tmp_path):
    def fails():
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
            time.sleep(0.02)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        workers.together(
            [partial(workers.run, Call(sleeps, {"marker": tmp_path / "pid"}), Silent()), fails], aside=True
        )
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_a_worker_ends_when_its_parent_is_killed(tmp_path):
    script = f"""
from functools import partial
from tests.core.test_workers import sleeps, workers, Call, Silent
workers.cores = lambda: 2
import time
workers.together([partial(workers.run, Call(sleeps, {{"marker": {str(tmp_path / "pid")!r}}}), Silent()), lambda: time.sleep(60)], aside=True)
"""
    root = str(Path(__file__).parents[2])
    parent = subprocess.Popen([sys.executable, "-c", script], env={**os.environ, "PYTHONPATH": root})
    marker = tmp_path / "pid"
    _until(lambda: marker.exists() and marker.read_text())
    parent.kill()
    parent.wait()
    _until(lambda: not _alive(int(marker.read_text())))


def test_cpu_seconds_go_to_the_thread_that_asked_for_them():
    before, everything = workers.cpu_seconds_of_this_thread(), workers.cpu_seconds()
    with workers.meanwhile(partial(workers.run, Call(works, {"seconds": 0.6}), Silent()), aside=True) as done:
        assert done() == 1  # a half of two cores
        while_it_ran = workers.cpu_seconds_of_this_thread() - before
    assert while_it_ran < 0.4
    assert workers.cpu_seconds_of_this_thread() - before > 0.6
    assert workers.cpu_seconds() - everything > 0.6


def _alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _until(holds, seconds=20):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.02)
