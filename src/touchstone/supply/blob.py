"""Bytes at hand: a file, a part of it or memory, read by position and never twice in whole unless asked."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from touchstone.supply.rules import Refused
from touchstone.supply.work import SMALL, Work

CHUNK = 1 << 20
SPOOL_BYTES = 64 << 20
"""Unpacked members larger than this wait in a temporary file instead of memory."""


class Blob:
    """A read-only stretch of bytes."""

    def __init__(self, size: int, work: Work | None = None) -> None:
        self.size = size
        self.work = work or Work(size)
        """Shared by everything that is cut or unpacked from one file."""

    def read(self, start: int, size: int) -> bytes:
        """Up to ``size`` bytes from ``start``; fewer only at the end."""
        raise NotImplementedError

    def exactly(self, start: int, size: int) -> bytes:
        """Exactly these bytes.

        Raises
        ------
        Refused
            where they reach beyond the end
        """
        if start < 0 or size < 0 or start + size > self.size:
            raise Refused("file.truncated", f"it ends at byte {self.size:,} where more was announced")
        data = self.read(start, size)
        if len(data) != size:
            raise Refused("file.changed", "it became shorter while it was read")
        return data

    def chunks(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from ``start`` to ``end`` in pieces of at most a mebibyte."""
        end = self.size if end is None else end
        for position in range(start, end, CHUNK):
            yield self.exactly(position, min(CHUNK, end - position))

    def part(self, start: int, size: int) -> Blob:
        """A stretch of this stretch."""
        if start < 0 or size < 0 or start + size > self.size:
            raise Refused("file.truncated", f"it ends at byte {self.size:,} where more was announced")
        return _Part(self, start, size)

    def unchanged(self) -> bool:
        """Whether the file is still the one that was opened."""
        return True

    def close(self) -> None:
        """Let go of the file."""


class Memory(Blob):
    """Bytes that are there already."""

    def __init__(self, data: bytes, work: Work | None = None) -> None:
        super().__init__(len(data), work)
        self._data = data

    def read(self, start: int, size: int) -> bytes:
        return self._data[start : start + size]


class OpenFile(Blob):
    """An open regular file; the handle is kept, so a path that is swapped meanwhile changes nothing."""

    def __init__(self, file: BinaryIO, work: Work | None = None) -> None:
        self._file = file
        self._descriptor = file.fileno()
        self._before = os.fstat(self._descriptor)
        super().__init__(self._before.st_size, work)
        self._small: bytes | None = None

    def read(self, start: int, size: int) -> bytes:
        if self.size > SMALL:
            return self._read(start, size)
        if self._small is None:  # one call of the system instead of several for each of its records
            self._small = self._read(0, self.size)
        return self._small[start : start + size]

    def _read(self, start: int, size: int) -> bytes:
        parts = []
        while size > 0:
            part = os.pread(self._descriptor, size, start)
            if not part:
                break
            parts.append(part)
            start, size = start + len(part), size - len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def unchanged(self) -> bool:
        now, before = os.fstat(self._descriptor), self._before
        return (now.st_size, now.st_mtime_ns) == (before.st_size, before.st_mtime_ns)

    def close(self) -> None:
        self._file.close()

    def __del__(self) -> None:
        self._file.close()


class _Part(Blob):
    def __init__(self, whole: Blob, start: int, size: int) -> None:
        super().__init__(size, whole.work)
        self._whole, self._start = whole, start

    def read(self, start: int, size: int) -> bytes:
        return self._whole.read(self._start + start, max(0, min(size, self.size - start)))


def open_file(path: Path) -> OpenFile:
    """Open a regular file without following a link in its last step, and without waiting for a pipe.

    Raises
    ------
    Refused
        where it is no regular file, or cannot be opened
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        descriptor = os.open(path, flags)
    except OSError as fault:
        raise Refused("file.unreadable", f"it cannot be opened ({fault.strerror})") from fault
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Refused("file.special", "it is no regular file")
    return OpenFile(os.fdopen(descriptor, "rb"))


def gathered(pieces: Iterable[bytes], work: Work) -> Blob:
    """What a decompressor hands out, kept in memory while it is small and in an unnamed file beyond.

    ``work`` is that of the packed file: unpacking brings no steps.
    """
    kept: list[bytes] = []
    size = 0
    rest = iter(pieces)
    for piece in rest:
        kept.append(piece)
        size += len(piece)
        if size > SPOOL_BYTES:
            break
    else:
        return Memory(b"".join(kept), work)
    file = tempfile.TemporaryFile()  # noqa: SIM115  (the blob closes it)
    for piece in kept:
        file.write(piece)
    for piece in rest:
        file.write(piece)
    file.flush()
    return OpenFile(file, work)
