"""The verb ``audit``: every question to the data, none to a model."""

from __future__ import annotations

from pathlib import Path

from touchstone.checks.context import Need
from touchstone.core.progress import Progress, Silent
from touchstone.pipeline.result import Result
from touchstone.study.model import Study


def audit(study: Study, *, out: Path | None = None, progress: Progress | None = None) -> Result:
    """State all of ``data.*``; a folder is written only where ``out`` asks for one.

    Where splits were given that share copies, groups or moments, a repaired split is written beside the report.
    """
    from touchstone.pipeline.repairing import write_repair
    from touchstone.pipeline.run import Run

    with Run.passing(study, "audit", out, progress or Silent()) as work:
        work.read_data(audited=True)
        if work.place is not None:
            repaired = write_repair(study, work.context.data, work.place.path)
            if repaired is not None:
                work.moved = repaired.moved
                work.bench.progress.say(str(repaired))
        result: Result = work.conclude(("data",), {Need.DATA})
    return result
