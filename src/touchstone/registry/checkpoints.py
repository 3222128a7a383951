"""Heads of the log, written to a second place: they find a cut tail and a history that was written anew.

A chain of hashes finds an edit, but not that its end was cut off or that all of it was made again. Whoever wants to
hide that must change the database and this file, which lies in the state folder of every machine that wrote.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from touchstone.registry.event import Head

EVERY_EVENTS = 1024
EVERY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where the log ended at some time."""

    seq: int
    hash: str
    time: str


class Checkpoints:
    """The checkpoints of one registry: a file of JSON lines that only grows."""

    def __init__(self, folder: Path, registry: str) -> None:
        self.path = folder / f"{registry}.jsonl"

    def all(self) -> Iterator[Checkpoint]:
        """Every checkpoint, oldest first; a line that is none is passed over (a machine may die while writing)."""
        try:
            lines = self.path.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return
        for line in lines:
            try:
                plain = json.loads(line)
                yield Checkpoint(int(plain["seq"]), str(plain["hash"]), str(plain["time"]))
            except (ValueError, KeyError, TypeError):
                continue

    def is_due(self, head: Head) -> bool:
        """Whether 1,024 events or an hour have gone by since the last one."""
        last = next(iter(reversed(list(self.all()))), None)
        if last is None or head.seq - last.seq >= EVERY_EVENTS:
            return True
        return datetime.fromisoformat(head.time) - datetime.fromisoformat(last.time) >= EVERY

    def write(self, head: Head) -> None:
        """Add one; a second place that cannot be written to raises OSError."""
        line = json.dumps({"seq": head.seq, "hash": head.hash, "time": head.time}) + "\n"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, line.encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
