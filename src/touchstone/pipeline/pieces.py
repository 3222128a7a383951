"""Finished pieces of a run: each is computed once, kept whole under the digest of what it depends on, and reused."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from touchstone.core import atomic, digest
from touchstone.pipeline.journal import Journal

_DONE = "piece.json"
_LENT = ("references", "adaptation", "checks")
"""Stages whose pieces rest on nothing but what their key names and the ground; what is timed here is timed anew."""


class Pieces:
    """A folder of finished pieces.

    A piece is a folder that some work fills. It appears whole or not at all, so a killed run goes on from
    the last finished one. Its cost is kept with it, so a resumed run's bill is the whole run's. Pieces may be made
    side by side, by threads whose work goes to workers.

    What was trained in ``kin``, folders of pieces of runs on the same ground, is taken over at the cost it had there.
    """

    def __init__(self, folder: Path, journal: Journal, kin: Sequence[Path] = ()) -> None:
        self._folder, self._journal, self._kin = folder, journal, kin
        self.cache = folder.parent / "shared"
        """What several pieces share and anyone may delete: activations, decisions about rates and epochs."""
        self._told: set[Path] = set()
        folder.mkdir(parents=True, exist_ok=True)
        atomic.remove_leftovers(folder)

    def get(self, stage: str, name: str, depends_on: Mapping[str, Any], make: Callable[[Path], None]) -> Path:
        """The folder of a piece, made by ``make(folder)`` unless it is there already."""
        key = digest.of_data({"stage": stage, "name": name, **depends_on}).removeprefix("sha256:")[:20]
        place = self._folder / f"{name.replace('/', '_').replace('@', '_')[:60]}-{key}"
        if (place / _DONE).exists() or (stage in _LENT and self._taken_over(place)):
            kept = json.loads((place / _DONE).read_text(encoding="utf-8"))
            self._journal.carry(stage, kept["seconds"], kept["energy_wh"], until=kept.get("until", 0.0))
            self._journal.note("piece reused", piece=name)
            return place
        meter, start = self._journal.meter, time.monotonic()
        reading = meter.read()
        with atomic.writing_folder(place) as folder:
            make(folder)
            cost = {
                "seconds": time.monotonic() - start,
                "energy_wh": meter.since(reading),
                "until": self._journal.seconds,
            }
            atomic.write_text(folder / _DONE, digest.canonical_json({"piece": name, **cost}))
        self._journal.charge(stage, cost["seconds"], cost["energy_wh"])
        self._journal.note("piece made", piece=name, seconds=round(cost["seconds"], 3))
        return place

    def _taken_over(self, place: Path) -> bool:
        for folder in self._kin:
            found = folder / place.name
            if not (found / _DONE).exists():
                continue
            try:
                with atomic.writing_folder(place) as ours:
                    shutil.copytree(found, ours, copy_function=_linked, dirs_exist_ok=True)
            except OSError:  # it was deleted meanwhile, or there is no room: then it is made here
                continue
            run = folder.parents[1]
            if run not in self._told:
                self._told.add(run)
                self._journal.progress.say(
                    f"taking over what {run} has trained on the same data (--fresh trains again)"
                )
            return True
        return False

    def clear(self) -> None:
        """Forget every piece."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True, exist_ok=True)


def _linked(source: str, target: str) -> None:
    """The same bytes under another name; pieces are never changed once they are whole."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def cost_of(piece: Path) -> tuple[float, float]:
    """Seconds and watt-hours that a finished piece took."""
    kept = json.loads((piece / _DONE).read_text(encoding="utf-8"))
    return kept["seconds"], kept["energy_wh"]
