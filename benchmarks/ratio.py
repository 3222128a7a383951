"""A ratio of two times, with its spread over alternating rounds."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Ratio:
    """Ours over theirs, below 1 where ours is quicker; one number per round, and what the ratio is about."""

    name: str
    rounds: tuple[float, ...]
    aim: str
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        ordered = sorted(self.rounds)
        middle = statistics.median(ordered)
        lines = [
            f"{self.name}: {middle:.2f} ({ordered[0]:.2f} to {ordered[-1]:.2f}, {len(ordered)} rounds); aim: {self.aim}"
        ]
        return "\n".join([*lines, *(f"    {note}" for note in self.notes)])


def seconds(work: Callable[[], object]) -> float:
    """Wall time of one call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def alternate(ours: Callable[[], object], theirs: Callable[[], object], rounds: int) -> tuple[float, ...]:
    """Ratios of rounds in which both run one after the other, so that a busy machine harms both alike.

    The order changes from round to round; a first, uncounted round warms both up.
    """
    ours(), theirs()
    ratios: list[float] = []
    for round_ in range(rounds):
        first, second = (ours, theirs) if round_ % 2 == 0 else (theirs, ours)
        times: Sequence[float] = [seconds(first), seconds(second)]
        ratios.append(times[0] / times[1] if round_ % 2 == 0 else times[1] / times[0])
    return tuple(ratios)
