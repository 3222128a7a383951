"""What was counted so far, a file for each family, so that one of them can be counted again without the others."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.faults.asking import ROOT
from benchmarks.faults.grading import Grade
from touchstone.core.atomic import write_text

COUNTS = Path(__file__).parent / "counts"


@dataclass(frozen=True)
class Counted:
    """The grades of one family, and of which version of the package they are."""

    version: str
    """The commit, with a plus where files had been changed since."""
    grades: tuple[Grade, ...]


def version() -> str:
    """What is graded now."""
    commit = _git("rev-parse", "--short=7", "HEAD")
    return commit + ("+" if _git("status", "--porcelain", "--", "src") else "")


def keep(name: str, counted: Counted, folder: Path = COUNTS) -> None:
    """Write a family's counts, in place of the older ones."""
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / f"{name}.json", json.dumps(asdict(counted), indent=1) + "\n")


def kept(families: Sequence[str], folder: Path = COUNTS) -> Mapping[str, Counted]:
    """The counts of all families that were ever counted, in their order."""
    found = {}
    for name in families:
        if (folder / f"{name}.json").is_file():
            plain = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
            found[name] = Counted(plain["version"], tuple(Grade(**one) for one in plain["grades"]))
    return found


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
