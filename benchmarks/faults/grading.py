"""Asking one check about planted, clean and hard data, and counting what it says."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.faults.family import STRENGTHS, Family, Plant
from touchstone.checks.context import Need
from touchstone.checks.runner import run_checks
from touchstone.core.finding import Status
from touchstone.core.progress import Silent
from touchstone.pipeline.run import Run
from touchstone.stats.intervals import clopper_pearson


@dataclass(frozen=True)
class Grade:
    """What a check said of studies of one kind."""

    family: str
    check: str
    kind: str
    """weak, medium, strong, clean, or the words of a hard negative."""
    planted: bool
    failed: int
    doubtful: int
    """Of those that did not fail, how many said ``inconclusive``: on planted data a miss."""
    n: int
    seconds: float

    @property
    def ends(self) -> tuple[float, float]:
        """Clopper-Pearson interval (95 %) of the share that failed."""
        interval = clopper_pearson(self.failed, self.n)
        return interval.low, interval.high


def grade(name: str, family: Family, n: int, seed: int) -> list[Grade]:
    """Every strength, the clean twin and the hard negatives, ``n`` studies each."""
    asked: list[tuple[str, bool, Plant]] = [(one, True, family.plants[one]) for one in STRENGTHS]
    asked += [("clean", False, family.clean), *((what, False, plant) for what, plant in family.hard.items())]
    return [_grade(name, family.check, kind, planted, plant, n, seed) for kind, planted, plant in asked]


def _grade(name: str, check: str, kind: str, planted: bool, plant: Plant, n: int, seed: int) -> Grade:
    started = time.perf_counter()
    said = [_said(check, plant, [seed, *f"{name}:{kind}:{i}".encode()]) for i in range(n)]
    taken = (time.perf_counter() - started) / n
    failed = sum(Status.FAIL in one for one in said)
    doubtful = sum(Status.FAIL not in one and Status.INCONCLUSIVE in one for one in said)
    return Grade(name, check, kind, planted, failed, doubtful, n, taken)


def _said(check: str, plant: Plant, seed: Sequence[int]) -> set[Status]:
    """The statuses of the check's findings on one study, written, read and audited as any other."""
    with tempfile.TemporaryDirectory() as folder:
        study = plant(np.random.default_rng(seed), Path(folder))
        with Run.passing(study, "audit", None, Silent()) as work:
            work.read_data(audited=True)
            found = run_checks([check], work.context, {Need.DATA}, {})
    return {finding.status for finding in found}
