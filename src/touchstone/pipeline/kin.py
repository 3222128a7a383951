"""Runs beside this one that trained on the same ground: what they have trained need not be trained again."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

from touchstone.core import digest
from touchstone.study.lock import to_mapping
from touchstone.study.model import Study

STATE = "cache/state.json"
"""Where an output folder says whose run it holds."""


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
    found = [state for state in path.parent.glob(f"*/{STATE}") if state.parents[1] != path and _ground(state) == on]
    return tuple(state.parent / "pieces" for state in sorted(found, key=_changed, reverse=True))


def _changed(state: Path) -> tuple[int, str]:
    return state.stat().st_mtime_ns, str(state)


def _ground(state: Path) -> str | None:
    try:
        return str(json.loads(state.read_text(encoding="utf-8"))["ground"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
