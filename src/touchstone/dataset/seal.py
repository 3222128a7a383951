"""The seal: test and shift labels that only evaluation reads, and the count of how often it did."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from touchstone.core.atomic import writing

Labels = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Opening:
    """One look at a test set: when, by which study, for which model."""

    date: str
    by: str
    model: str | None


class Seal:
    """Labels behind a counted opening.

    Openings are files under ``home/openings/<digest of the test set>/``, one per key, so that the count
    outlives a run, needs no lock, and a key that opens again (a resumed or shown run) is not counted again.
    """

    def __init__(self, home: Path, digest: str, labels: Mapping[str, Labels]) -> None:
        self.digest = digest
        self._folder = Path(home) / "openings" / hashlib.sha256(digest.encode()).hexdigest()[:32]
        kept = {split: values.copy() for split, values in labels.items()}

        def reveal() -> dict[str, Labels]:
            return {split: values.copy() for split, values in kept.items()}

        # In a closure: printing, pickling or walking a Dataset shows no labels.
        self._reveal = reveal

    def __repr__(self) -> str:
        return f"Seal({self.digest[:19]}..., {self.openings()} openings)"

    def __getstate__(self) -> Any:
        raise TypeError("a seal is not copied or pickled; read the study again")

    def open(self, by: str, model: str | None = None) -> Mapping[str, Labels]:
        """Count this opening under the test set's digest, then give the labels of every sealed split.

        Parameters
        ----------
        by : key of the study as run; the same key opens again without being counted again
        model : digest of the chosen model, so that a change of model between openings can be told

        Returns
        -------
        split name -> class indices, int64 of shape (n,)
        """
        path = self._path(by)
        if not path.exists():
            date = datetime.now(UTC).isoformat(timespec="microseconds")
            self._record(path, json.dumps({"date": date, "by": by, "model": model, "test": self.digest}))
        return self._reveal()

    def _record(self, path: Path, text: str) -> None:
        """Write once: of two processes with one key, one writes and the other finds it there."""
        with writing(path) as temporary, temporary.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())

    def _path(self, by: str) -> Path:
        return self._folder / (hashlib.sha256(by.encode()).hexdigest()[:32] + ".json")

    def history(self) -> tuple[Opening, ...]:
        """Every opening so far, oldest first; a damaged record still counts."""
        found = []
        for path in sorted(self._folder.glob("*.json")) if self._folder.is_dir() else []:
            try:
                record = json.loads(path.read_text(encoding="utf-8"))
                found.append(Opening(str(record["date"]), str(record["by"]), record.get("model")))
            except (OSError, ValueError, KeyError, TypeError, AttributeError):
                found.append(Opening("", path.stem, None))
        return tuple(sorted(found, key=lambda opening: (opening.date, opening.by)))

    def openings(self) -> int:
        """How often this test set has been opened."""
        return len(self.history())

    def opened(self, by: str) -> bool:
        """Whether this key has opened it."""
        return self._path(by).exists()

    def changed_model(self, by: str, model: str | None) -> bool:
        """Whether an earlier opening by another key was for another model than ``model``."""
        mine = next((one.date for one in self.history() if one.by == by), None)
        return any(one.by != by and one.model != model and (mine is None or one.date <= mine) for one in self.history())
