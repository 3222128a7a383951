"""How a model's files differ from those that somebody vouched for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from touchstone.supply.manifest import Entry, Manifest

DifferenceKind = Literal["changed", "missing", "extra", "renamed"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One file that is not as it was vouched for."""

    kind: DifferenceKind
    name: str
    was: str = ""
    """The earlier name of a renamed file."""

    def __str__(self) -> str:
        if self.kind == "renamed":
            return f"{self.was} is now called {self.name}"
        words = {"changed": "has other bytes", "missing": "is missing", "extra": "was not there"}
        return f"{self.name} {words[self.kind]}"


def between(vouched: Manifest, found: Manifest, aside: Iterable[str] = ()) -> tuple[Difference, ...]:
    """Every file that differs, sorted by name; files named in ``aside`` are not looked at.

    A size of -1 in ``vouched`` stands for one that was not written down.
    """
    left_out = set(aside)
    before = {entry.name: entry for entry in vouched.files if entry.name not in left_out}
    now = {entry.name: entry for entry in found.files if entry.name not in left_out}
    changed = [Difference("changed", name) for name in before.keys() & now.keys() if not _same(before[name], now[name])]
    missing, extra = sorted(before.keys() - now.keys()), sorted(now.keys() - before.keys())
    renamed = []
    for name in list(missing):
        moved = next((other for other in extra if _same(before[name], now[other])), None)
        if moved is not None:
            renamed.append(Difference("renamed", moved, name))
            missing.remove(name)
            extra.remove(moved)
    lost = [Difference("missing", name) for name in missing]
    new = [Difference("extra", name) for name in extra]
    return tuple(sorted([*changed, *renamed, *lost, *new], key=lambda difference: difference.name))


def _same(was: Entry, now: Entry) -> bool:
    return was.sha256 == now.sha256 and was.sha256 != "" and was.size in (-1, now.size)
