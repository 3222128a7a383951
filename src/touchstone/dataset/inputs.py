"""The inputs of examples: pictures opened one at a time, texts, and rows of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from touchstone.dataset.archive import Archive
from touchstone.dataset.picture import MAX_BYTES, PictureError, decode


class Place(Protocol):
    """Where the bytes of one picture stand."""

    def read(self) -> bytes: ...
    def identity(self) -> str:
        """Where it stands and which state of it: changes whenever the bytes may have changed."""


def stamp(path: Path) -> str:
    """A file's place, size and time of change."""
    try:
        state = path.stat()
    except (OSError, ValueError):
        return f"{path}:missing"
    return f"{path.absolute()}:{state.st_size}:{state.st_mtime_ns}"


@dataclass(frozen=True, slots=True)
class FilePlace:
    """A file on disk."""

    path: Path

    def read(self) -> bytes:
        try:
            # Devices and pipes would never end.
            if not self.path.is_file():
                raise PictureError("missing", "no such file")
            if self.path.stat().st_size > MAX_BYTES:
                raise PictureError("too_large", f"{self.path.stat().st_size / 1e6:,.0f} MB")
            return self.path.read_bytes()
        except (OSError, ValueError) as exc:
            raise PictureError("missing", getattr(exc, "strerror", None) or str(exc)) from exc

    def identity(self) -> str:
        return stamp(self.path)


@dataclass(frozen=True, slots=True)
class MemberPlace:
    """A member of a zip."""

    archive: Archive
    member: str

    def read(self) -> bytes:
        return self.archive.read(self.member)

    def identity(self) -> str:
        return f"{self.archive.stamp}:{self.member}"


class Blobs(Protocol):
    """A column of bytes, read row by row."""

    @property
    def stamp(self) -> str: ...
    def read(self, row: int) -> bytes: ...


@dataclass(frozen=True, slots=True)
class CellPlace:
    """A cell of a table that holds the bytes of a picture."""

    blobs: Blobs
    row: int

    def read(self) -> bytes:
        return self.blobs.read(self.row)

    def identity(self) -> str:
        return f"{self.blobs.stamp}:{self.row}"


@dataclass(frozen=True, slots=True)
class NoPlace:
    """A picture that was named and is nowhere."""

    kind: str
    reason: str

    def read(self) -> bytes:
        raise PictureError(self.kind, self.reason)

    def identity(self) -> str:
        return f"{self.kind}:{self.reason}"


class Pictures:
    """Pictures as PIL images (RGB, upright), decoded anew at each access so that memory stays flat."""

    def __init__(self, places: Sequence[Place]) -> None:
        self.places = tuple(places)

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, index: int) -> Any:
        return decode(self.places[index].read())

    def take(self, indices: NDArray[np.int64]) -> Pictures:
        """The pictures at ``indices``."""
        return Pictures([self.places[i] for i in indices])

    def read(self, index: int) -> bytes:
        """The undecoded bytes of one picture."""
        return self.places[index].read()


class Texts:
    """Texts, as given."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = tuple(texts)

    def __len__(self) -> int:
        return len(self.texts)

    def __getitem__(self, index: int) -> str:
        return self.texts[index]

    def take(self, indices: NDArray[np.int64]) -> Texts:
        """The texts at ``indices``."""
        return Texts([self.texts[i] for i in indices])


class Rows:
    """Rows of a table as mappings of column name to text, number or None."""

    def __init__(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self.rows = tuple(rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> Mapping[str, Any]:
        return self.rows[index]

    def take(self, indices: NDArray[np.int64]) -> Rows:
        """The rows at ``indices``."""
        return Rows([self.rows[i] for i in indices])
