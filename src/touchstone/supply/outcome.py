"""What vetting says about one file and about a model: the records that everything else reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any


class Outcome(StrEnum):
    """What becomes of a file."""

    ACCEPT = "accept"
    """Data, read whole by a strict reader of ours."""
    CONVERT = "convert"
    """Turned into data without running it; the result was read again like a fresh file."""
    HOLD = "hold"
    """A person must look."""
    REFUSE = "refuse"


class Kind(StrEnum):
    """Why a file is refused."""

    HOSTILE = "hostile"
    """A rule for attacks tripped."""
    MALFORMED = "malformed"
    """It breaks its own format: cut short, altered, or two formats at once."""
    UNSUPPORTED = "unsupported"
    """Safe to us only because we do not open it."""


_GRAVEST_FIRST = (Outcome.REFUSE, Outcome.HOLD, Outcome.CONVERT, Outcome.ACCEPT)
_KINDS_FIRST = (Kind.HOSTILE, Kind.MALFORMED, Kind.UNSUPPORTED, None)


@dataclass(frozen=True, slots=True)
class Product:
    """One file as the working copy will hold it."""

    name: str
    sha256: str
    """64 hex digits."""
    size: int


@dataclass(frozen=True, slots=True)
class VettedFile:
    """One file of a model, judged by its content."""

    name: str
    """Path inside the model, with ``/``; the members of an archive stand under the archive's name."""
    size: int
    sha256: str
    """64 hex digits; empty where the file could not be read to its end."""
    format: str
    """What the content is, such as ``safetensors``, ``JSON``, ``pickle``."""
    outcome: Outcome
    kind: Kind | None = None
    """Of refused files."""
    rule: str = ""
    """Which rule spoke (a row of :mod:`touchstone.supply.rules`); empty for accepted files."""
    reason: str = ""
    remedy: str = ""
    notes: tuple[str, ...] = ()
    """Things to know that change nothing, such as configuration keys that were dropped."""
    products: tuple[Product, ...] = ()
    """What it becomes in the working copy; empty where it is left out."""
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def gravity(self) -> tuple[int, int, str]:
        """Sorts the worst file first."""
        return _GRAVEST_FIRST.index(self.outcome), _KINDS_FIRST.index(self.kind), self.name

    def as_data(self) -> dict[str, Any]:
        """Plain data, for evidence and manifest."""
        plain: dict[str, Any] = {
            "name": self.name, "size": self.size, "sha256": self.sha256, "format": self.format,
            "outcome": str(self.outcome),
        }  # fmt: skip
        if self.kind is not None:
            plain["kind"] = str(self.kind)
        for key in ("rule", "reason", "remedy"):
            if getattr(self, key):
                plain[key] = getattr(self, key)
        if self.notes:
            plain["notes"] = list(self.notes)
        return plain


@dataclass(frozen=True, slots=True)
class FileReport:
    """Every file of a model, sorted by name, with what becomes of it."""

    path: Path
    """The folder, file or archive that was looked at."""
    files: tuple[VettedFile, ...]
    seconds: float = 0.0

    @property
    def outcome(self) -> Outcome:
        """The worst of the files; a model without files is refused."""
        return self.worst.outcome if self.worst else Outcome.REFUSE

    @property
    def worst(self) -> VettedFile | None:
        """The file that decides."""
        return min(self.files, key=lambda file: file.gravity, default=None)

    @property
    def not_accepted(self) -> tuple[VettedFile, ...]:
        """Files that were refused or held, the gravest first."""
        left = [file for file in self.files if file.outcome in (Outcome.REFUSE, Outcome.HOLD)]
        return tuple(sorted(left, key=lambda file: file.gravity))

    @property
    def size(self) -> int:
        """Bytes looked at."""
        return sum(file.size for file in self.files)

    def __getitem__(self, name: str) -> VettedFile:
        return next(file for file in self.files if file.name == name)
