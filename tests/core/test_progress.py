"""Work that reports can be ended when its time is over."""

from __future__ import annotations

import time

import pytest

from touchstone.core import workers
from touchstone.core.progress import Limited, OutOfTime, Progress, Silent


def slow(steps: int, progress: Progress) -> int:
    """A task of one bar."""
    with progress.task("slow", steps) as bar:
        for _ in range(steps):
            time.sleep(0.01)
            bar.advance()
    return steps


def test_work_goes_on_while_there_is_time_and_ends_after() -> None:
    assert slow(3, Limited(Silent(), lambda: False)) == 3
    left = iter([False, False, True])
    with pytest.raises(OutOfTime):
        slow(10, Limited(Silent(), lambda: next(left)))
    assert next(left, None) is None


def test_a_worker_is_ended_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(workers.SWITCH, "1")
    began = time.monotonic()

    def work() -> int:
        return int(workers.run(workers.Call(slow, {"steps": 6000}), Limited(Silent(), lambda: True)))

    with pytest.raises(OutOfTime):
        workers.together([work, lambda: 0], aside=True)
    assert time.monotonic() - began < 50
