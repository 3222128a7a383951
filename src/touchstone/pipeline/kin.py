"""Whose run a folder holds, and which runs beside it trained on the same ground: that need not be trained again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from touchstone.core import digest
from touchstone.study.lock import to_mapping
from touchstone.study.model import Study

STATE = "cache/state.json"
"""Where an output folder says whose run it holds."""


@dataclass(frozen=True, slots=True)
class Marks:
    """Whose run a folder holds."""

    study: str
    fingerprint: str
    ground: str = ""
    alone: bool = False
    """It was asked to start over, so that it takes nothing from the runs beside it."""

    def same_run(self, other: Marks | None) -> bool:
        """Whether both are of the same study on the same files."""
        return other is not None and (self.study, self.fingerprint) == (other.study, other.fingerprint)


def marks_of(folder: Path) -> Marks | None:
    """What an output folder says of itself; None where it says nothing that can be read."""
    try:
        return Marks(**json.loads((folder / STATE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def ground(study: Study) -> str:
    """Mark of what every training of a study rests on, beside the files, base, recipe and seed that each names itself.

    Requirements, policy, intended use, candidates and budget may change without changing what was trained; so an
    assessment takes over the references of a run.
    """
    said = to_mapping(study)
    return digest.of_data({
        "version": version("touchstone-ml"), "augment": said["adapt"]["augment"],
        **{name: said[name] for name in ("touchstone", "task", "data", "seed")},
    })  # fmt: skip


def kin(path: Path, on: str) -> tuple[Path, ...]:
    """Folders of finished pieces that runs beside ``path`` made on the same ground, the newest run first."""
    others = [state for state in path.parent.glob(f"*/{STATE}") if state.parents[1] != path]
    found = [state for state in others if (marks := marks_of(state.parents[1])) and marks.ground == on]
    return tuple(state.parent / "pieces" for state in sorted(found, key=_changed, reverse=True))


def _changed(state: Path) -> tuple[int, str]:
    return state.stat().st_mtime_ns, str(state)
