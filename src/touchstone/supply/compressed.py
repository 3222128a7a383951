"""Single files packed with gzip, bzip2 or xz, unpacked within bounds."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Iterator
from typing import Protocol

from touchstone.supply.blob import CHUNK, Blob, gathered
from touchstone.supply.rules import Refused
from touchstone.supply.zip_reader import FREE_BYTES, MAXIMUM_RATIO, MAXIMUM_TOTAL, MAXIMUM_TOTAL_RATIO

_MEMORY = 128 << 20
"""What an xz stream may ask for."""
_INPUT = 1 << 16


class _Unpacker(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Gzip:
    """zlib's gzip reader with the manners of the other two: it keeps what it could not take yet."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(16 + zlib.MAX_WBITS)
        self._kept = b""

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        piece = self._inner.decompress(self._kept + data, max_length)
        self._kept = self._inner.unconsumed_tail
        return piece


def unpack(blob: Blob, format: str) -> Blob:
    """The content of a packed file.

    Parameters
    ----------
    blob : the packed file
    format : gzip, bzip2 or xz

    Raises
    ------
    Refused
        where it is broken, goes on after its end, or unfolds to too much
    """
    return gathered(_pieces(blob, _unpacker(format), format), blob.work)


def _unpacker(format: str) -> _Unpacker:
    if format == "gzip":
        return _Gzip()
    if format == "bzip2":
        return bz2.BZ2Decompressor()
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MEMORY)


def _pieces(blob: Blob, unpacker: _Unpacker, format: str) -> Iterator[bytes]:
    size = 0
    bound = min(MAXIMUM_TOTAL, max(FREE_BYTES, MAXIMUM_TOTAL_RATIO * blob.size))
    bound = min(bound, max(1 << 16, MAXIMUM_RATIO * blob.size))
    try:
        for start in range(0, blob.size, _INPUT):
            if unpacker.eof:
                raise Refused("archive.broken", f"it goes on after the end of its {format} stream")
            data = blob.exactly(start, min(_INPUT, blob.size - start))
            piece = unpacker.decompress(data, CHUNK)
            while piece:
                size += len(piece)
                if size > bound:
                    raise Refused("archive.bomb", f"it unfolds to more than {bound:,} bytes, too many times its size")
                yield piece
                piece = b"" if unpacker.eof else unpacker.decompress(b"", CHUNK)
    except (zlib.error, OSError, EOFError, lzma.LZMAError, ValueError) as fault:
        raise Refused("archive.broken", f"it cannot be unpacked ({' '.join(str(fault).split())[:80]})") from fault
    if not unpacker.eof or unpacker.unused_data:
        raise Refused("archive.broken", f"its {format} stream breaks off, or goes on after its end")
