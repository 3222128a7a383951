"""A base model as the supply checks see it: what was asked for, and all that was found out about it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from touchstone.supply.outcome import FileReport
from touchstone.supply.working_copy import WorkingCopy


@dataclass(frozen=True, slots=True)
class Vetted:
    """One base model after vetting; None stands for what was not looked at."""

    written: str
    """As the study names it: the subject of its findings."""
    path: Path | None
    """Where its files stand; None where they could not be had."""
    source: str | None
    publisher: str | None
    revision: str | None
    declared_license: str | None
    """As the study states it."""
    files: FileReport | None
    manifest: Any = None
    integrity: Any = None
    provenance: Any = None
    licences: Any = None
    card: Any = None
    role: Literal["base", "adapted"] = "base"
    """Of an adapted model only the files are asked about: its papers are those of its base and of the study."""
    copy: WorkingCopy | None = None
    """The accepted and converted files, the only ones that loading code may see; None where it was not made."""
