"""The manifest of a model: every file with size and SHA-256, and one digest over all of them."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from touchstone.core import digest

if TYPE_CHECKING:
    from touchstone.supply.outcome import FileReport

_CHUNK = 1 << 20
SPECIAL = "special"
"""Kind of an entry that is no regular file: a link, a pipe, a device. It has no bytes to hash."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file: its path inside the model with ``/``, its size in bytes, 64 hex digits of its SHA-256."""

    name: str
    size: int
    sha256: str
    kind: str = ""
    outcome: str = ""

    @property
    def bytes_only(self) -> dict[str, Any]:
        """What the root digest is taken over."""
        return {"name": self.name, "size": self.size, "sha256": self.sha256}

    def as_data(self) -> dict[str, Any]:
        """Plain data; what is not known is left out."""
        return self.bytes_only | {key: getattr(self, key) for key in ("kind", "outcome") if getattr(self, key)}


@dataclass(frozen=True, slots=True)
class Manifest:
    """All files of a model, sorted by the bytes of their names."""

    files: tuple[Entry, ...]

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Manifest:
        """Sort the entries; order of discovery does not matter."""
        return cls(tuple(sorted(entries, key=lambda entry: entry.name.encode("utf-8", "surrogatepass"))))

    @property
    def root(self) -> str:
        """``sha256:`` and 64 hex digits over the canonical JSON (RFC 8785) of names, sizes and digests."""
        return digest.of_data([entry.bytes_only for entry in self.files])

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(entry.size for entry in self.files)

    def without(self, names: Iterable[str]) -> Manifest:
        """The same without some files, such as a signature that cannot sign itself."""
        left_out = set(names)
        return Manifest(tuple(entry for entry in self.files if entry.name not in left_out))

    def __contains__(self, name: str) -> bool:
        return any(entry.name == name for entry in self.files)

    def as_data(self) -> dict[str, Any]:
        """Plain data for ``manifest.json``, pins and evidence; :func:`from_data` reads it back."""
        return {"root": self.root, "files": [entry.as_data() for entry in self.files]}


def from_data(value: Any) -> Manifest:
    """A manifest from plain data.

    Raises
    ------
    ValueError
        where an entry lacks a name or a SHA-256 of 64 hex digits, or a name stands twice
    """
    if not isinstance(value, Mapping) or not isinstance(value.get("files"), list):
        raise ValueError("no list of files")
    entries = [_entry(item) for item in value["files"]]
    if len({entry.name for entry in entries}) < len(entries):
        raise ValueError("a file stands twice")
    made = Manifest.of(entries)
    if "root" in value and value["root"] != made.root:
        raise ValueError("its root digest is not that of its files")
    return made


def _entry(item: Any) -> Entry:
    if not isinstance(item, Mapping):
        raise ValueError("a file is no object")
    name, size, sha256 = item.get("name", item.get("path")), item.get("size", item.get("bytes", -1)), item.get("sha256")
    if not isinstance(name, str) or not name or not is_text(name) or type(size) is not int:
        raise ValueError("a file has no name or an odd size")
    if not isinstance(sha256, str) or (sha256 and not _is_hex(sha256)):
        raise ValueError(f"{name!r} has no SHA-256 of 64 hex digits")
    return Entry(name, size, sha256.lower(), str(item.get("kind", "")), str(item.get("outcome", "")))


def _is_hex(text: str) -> bool:
    return len(text) == 64 and all(letter in "0123456789abcdefABCDEF" for letter in text)


def of_report(report: FileReport) -> Manifest:
    """The manifest of a model whose files have been vetted: nothing is read a second time."""
    return Manifest.of(
        Entry(printable(file.name), file.size, file.sha256, file.format, str(file.outcome)) for file in report.files
    )


def read(path: Path, workers: int | None = None) -> Manifest:
    """Hash every file of a folder (or one file), each byte once, files side by side.

    Parameters
    ----------
    path : a folder, or one file, which then stands under its own name
    workers : threads; by default one per core (hashing lets the interpreter go)

    Notes
    -----
    Links are not followed and pipes, devices and sockets are not opened: such an entry is listed with the kind
    ``special`` and the digest of what it points to.
    """
    if not path.is_dir():
        return Manifest((_read_entry(path, path.name),))
    with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
        return Manifest.of(pool.map(lambda found: _read_entry(*found), list(_walk(path, ""))))


def _walk(folder: Path, prefix: str) -> Iterator[tuple[Path, str]]:
    with os.scandir(folder) as found:
        for item in sorted(found, key=lambda item: item.name):
            name = prefix + item.name
            if item.is_dir(follow_symlinks=False):
                yield from _walk(folder / item.name, name + "/")
            else:
                yield folder / item.name, printable(name)


def _read_entry(path: Path, name: str) -> Entry:
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        target = path.readlink() if path.is_symlink() else ""
        return Entry(name, 0, hashlib.sha256(os.fsencode(target)).hexdigest(), SPECIAL)
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return Entry(name, 0, hashlib.sha256(b"").hexdigest(), SPECIAL)
        state, size = hashlib.sha256(), 0
        while chunk := file.read(_CHUNK):
            state.update(chunk)
            size += len(chunk)
    return Entry(name, size, state.hexdigest())


def printable(name: str) -> str:
    r"""A file name as text that every JSON reader takes; bytes that are no UTF-8 are written as ``\xff``."""
    try:
        return os.fsencode(name).decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:  # half a character that no file system gave
        return name.encode("utf-8", "backslashreplace").decode()


def is_text(name: str) -> bool:
    """Whether a name out of somebody's JSON is whole text: half a character could not be written down again."""
    return not any("\ud800" <= letter <= "\udfff" for letter in name)
