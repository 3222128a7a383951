"""What the readers hand to each other while a model is vetted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from touchstone.supply.blob import Blob
from touchstone.supply.outcome import Outcome, VettedFile
from touchstone.supply.tensors import TensorFile

MAXIMUM_DEPTH = 2
"""Archives inside of archives."""


@dataclass(frozen=True, slots=True)
class Made:
    """A file of the working copy: its bytes are made when they are asked for."""

    name: str
    size: int
    chunks: Callable[[], Iterator[bytes]]
    sha256: str = ""
    """Where it is known already."""

    @classmethod
    def of_bytes(cls, name: str, data: bytes) -> Made:
        """Bytes that are there."""
        return cls(name, len(data), lambda: iter((data,)))

    @classmethod
    def of_blob(cls, name: str, blob: Blob) -> Made:
        """A file taken over as it is."""
        return cls(name, blob.size, blob.chunks)

    @classmethod
    def of_tensors(cls, name: str, file: TensorFile, sha256: str) -> Made:
        """A safetensors file to be."""
        return cls(name, file.size, file.chunks, sha256)


@dataclass(slots=True)
class Judgement:
    """What a reader says about one file that it did not refuse."""

    format: str
    outcome: Outcome
    made: list[Made] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)
    sha256: str = ""
    """Where the reader's pass took it."""
    members: list[tuple[VettedFile, list[Made]]] = field(default_factory=list)
    """Files of an archive."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a reader may know beyond the file itself."""

    beside: Callable[[str], Blob | None]
    """A file of the same folder by its bare name: regular and with one name only."""
    out_of_time: Callable[[], bool]
    depth: int = 0
    """How many archives the file stands in."""


Judge = Callable[[Blob, str, Surroundings], "tuple[VettedFile, list[Made], list[tuple[VettedFile, list[Made]]]]"]


def nothing_beside(name: str) -> Blob | None:
    """For files that have no neighbours."""
    return None
