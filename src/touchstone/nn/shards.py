"""Rows on disk, addressed by key: append-only shards that are read memory-mapped."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from touchstone.core import digest
from touchstone.core.atomic import remove_leftovers, write_text, writing

_LAYOUT = "layout.json"


@dataclass(frozen=True)
class Layout:
    """Which columns of a row belong to which name."""

    names: tuple[str, ...]
    widths: tuple[int, ...]

    def columns(self, name: str) -> slice:
        """Where a name's columns stand."""
        index = self.names.index(name)
        start = sum(self.widths[:index])
        return slice(start, start + self.widths[index])


class Shards:
    """The rows under one key, in one folder.

    A shard is an array file and, written after it, a file of its keys; without the second the first does not count.
    """

    def __init__(self, folder: Path, layout: Layout | None = None) -> None:
        self._folder = folder
        if layout is not None and not self.exists(folder):
            write_text(folder / _LAYOUT, json.dumps({"names": layout.names, "widths": layout.widths}))
        remove_leftovers(folder)
        stored = json.loads((folder / _LAYOUT).read_text("utf-8"))
        self.layout = Layout(tuple(stored["names"]), tuple(stored["widths"]))
        self._places: dict[str, tuple[Path, int]] = {}
        for listed in sorted(folder.glob("*.keys")):
            self._list(listed.with_suffix(".npy"), listed.read_text("utf-8").splitlines())

    @staticmethod
    def exists(folder: Path) -> bool:
        """Whether rows were ever kept there."""
        return (folder / _LAYOUT).is_file()

    def _list(self, array: Path, keys: Sequence[str]) -> None:
        for row, key in enumerate(keys):
            self._places.setdefault(key, (array, row))

    def missing(self, keys: Sequence[str]) -> list[str]:
        """Those keys that have no row yet, each once, in order of the keys."""
        return sorted({key for key in keys if key not in self._places})

    def add(self, keys: Sequence[str], rows: NDArray[np.float16]) -> None:
        """Keep rows (n, all columns); they are there for good when this returns."""
        assert rows.shape == (len(keys), sum(self.layout.widths))
        path = self._folder / f"{digest.of_data(list(keys)).removeprefix('sha256:')[:32]}.npy"
        with writing(path) as temporary, temporary.open("wb") as file:
            np.save(file, rows)
        write_text(path.with_suffix(".keys"), "\n".join(keys) + "\n")
        self._list(path, keys)

    def gather(self, keys: Sequence[str], name: str) -> NDArray[np.float16]:
        """(n, d): one name's columns of the rows of ``keys``, in their order."""
        columns = self.layout.columns(name)
        gathered = np.empty((len(keys), columns.stop - columns.start), dtype=np.float16)
        by_file: dict[Path, list[tuple[int, int]]] = {}
        for index, key in enumerate(keys):
            path, row = self._places[key]
            by_file.setdefault(path, []).append((index, row))
        for path, pairs in by_file.items():
            mapped = np.load(path, mmap_mode="r")
            to, rows = np.asarray(pairs).T
            gathered[to] = mapped[rows, columns]
        return gathered
