"""Small studies cut out of larger sets: a table, its pictures, and a study file a new user could have written."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import random
import subprocess
import sys
import zipfile
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Row = dict[str, str]


@dataclass(frozen=True)
class Outcome:
    """What one command left behind."""

    status: int
    evidence: Mapping[str, Any]
    words: str
    folder: Path

    def finding(self, check: str, subject: str | None = None) -> Mapping[str, Any]:
        """The only, or the named, finding of a check."""
        found = [f for f in self.evidence["findings"] if f["check"] == check and subject in (None, f["subject"])]
        assert found, f"no finding {check} {subject or ''}"
        return found[0]

    def statuses(self, check: str) -> dict[str, str]:
        """Status of each subject of a check."""
        return {f["subject"]: f["status"] for f in self.evidence["findings"] if f["check"] == check}


def rows_of(path: Path) -> list[Row]:
    """All rows of a CSV file, gzipped or not."""
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def pick(rows: Sequence[Row], n: int, seed: int = 0, keep: Callable[[Row], bool] = lambda row: True) -> list[Row]:
    """About ``n`` rows, as many of each label as there are to be had, at random."""
    by_label: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if keep(row):
            by_label[row["label"]].append(row)
    each = max(2, n // len(by_label))
    rng = random.Random(seed)
    return [row for label in sorted(by_label) for row in rng.sample(by_label[label], min(each, len(by_label[label])))]


def write_table(path: Path, rows: Sequence[Row], columns: Sequence[str]) -> None:
    """A CSV file with these columns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)


def unpack(archive: Path, rows: Sequence[Row], folder: Path) -> None:
    """The pictures of some rows."""
    with zipfile.ZipFile(archive) as opened:
        for row in rows:
            opened.extract(row["file"], folder)


def write_study(folder: Path, **parts: Any) -> Path:
    """A study file; JSON is YAML."""
    path = folder / "study.yaml"
    path.write_text(json.dumps({"touchstone": 1, "name": folder.name, **parts}, indent=2))
    return path


def touchstone(verb: str, study: Path, home: Path, *options: str) -> Outcome:
    """Run a verb as a person would, in a process of its own."""
    environment = os.environ | {"TOUCHSTONE_HOME": str(home)}
    command = [sys.executable, "-m", "touchstone", verb, str(study), "--json", *options]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode in (0, 3, 4), f"exit {done.returncode}\n{done.stderr[-4000:]}"
    return Outcome(done.returncode, json.loads(done.stdout), done.stderr, study.parent / "runs" / study.parent.name)
