"""What happened in a run, when, and at what cost: log.jsonl, the stages, and the budget."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from touchstone.core.measures import Stage
from touchstone.core.progress import Limited, Progress
from touchstone.pipeline.energy import EnergyMeter

TRAINING_SHARE = 0.9
"""Share of the budget's minutes after which a training that is still going on is ended; the rest is for what exists."""


class Journal:
    """Times the stages of a run, meters their energy, and appends what happens to ``log.jsonl``.

    The cost of pieces that an earlier, interrupted sitting made is carried in with :meth:`carry`, so that a
    resumed run reports what the whole run cost.
    """

    def __init__(self, path: Path | None, progress: Progress, minutes: float | None = None) -> None:
        self._path, self._progress = path, progress
        self._started = time.monotonic()
        self._minutes = minutes
        self._carried = 0.0
        self._stages: dict[str, list[float]] = {}
        self._lock = threading.Lock()
        self.meter = EnergyMeter()

    @property
    def progress(self) -> Progress:
        return self._progress

    @property
    def of_training(self) -> Progress:
        """Where trainings report: one that outlasts the budget ends there with ``OutOfTime``."""
        return (
            self._progress
            if self._minutes is None
            else Limited(self._progress, lambda: self.out_of_budget(TRAINING_SHARE))
        )

    @property
    def seconds(self) -> float:
        """Seconds that the run has taken, earlier sittings included."""
        return self._carried + time.monotonic() - self._started

    @property
    def stages(self) -> tuple[Stage, ...]:
        return tuple(Stage(name, seconds, energy) for name, (seconds, energy) in self._stages.items())

    def out_of_budget(self, share: float = 1.0) -> bool:
        """Whether ``share`` of the study's minutes is spent."""
        return self._minutes is not None and self.seconds > share * self._minutes * 60

    def carry(self, stage: str, seconds: float, energy_wh: float, *, until: float) -> None:
        """Add the cost of a finished piece that is being reused; the run had taken ``until`` seconds when it was made."""
        with self._lock:
            self._carried += max(0.0, until - self.seconds)
        self.charge(stage, seconds, energy_wh)

    def charge(self, name: str, seconds: float, energy_wh: float) -> None:
        """Add a cost to a stage."""
        with self._lock:
            entry = self._stages.setdefault(name, [0.0, 0.0])
            entry[0] += seconds
            entry[1] += energy_wh

    @contextmanager
    def stage(self, name: str, line: str | None = None) -> Iterator[None]:
        """Time a stage. Pieces charge their own stage: one made inside another stage would be counted twice."""
        if line:
            self._progress.say(line)
        self.note("stage begins", stage=name)
        start, reading = time.monotonic(), self.meter.read()
        try:
            yield
        finally:
            seconds, energy = time.monotonic() - start, self.meter.since(reading)
            self.charge(name, seconds, energy)
            self.note("stage ends", stage=name, seconds=round(seconds, 3))

    def note(self, event: str, **facts: Any) -> None:
        """Append one line to the log."""
        if self._path is None:
            return
        line = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event, **facts}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as log:
            log.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")
