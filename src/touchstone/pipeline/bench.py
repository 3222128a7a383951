"""What every stage of a run works with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from touchstone.core.progress import Progress
from touchstone.pipeline.journal import Journal
from touchstone.pipeline.pieces import Pieces
from touchstone.study.model import Study


@dataclass(frozen=True)
class Bench:
    """A study on its way: where state lives, what is finished, what has been spent."""

    study: Study
    home: Path
    journal: Journal
    pieces: Pieces

    @property
    def progress(self) -> Progress:
        return self.journal.progress

    @property
    def seed(self) -> int:
        return self.study.seed

    @property
    def seeds(self) -> tuple[int, ...]:
        """One per repetition of a training."""
        return tuple(self.study.seed + i for i in range(self.study.adapt.seeds))
