"""The outer layer of protocol buffers: fields by number, within bounds."""

from __future__ import annotations

from collections.abc import Iterator

from touchstone.supply.blob import Blob

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_MAXIMUM_FIELDS = 5_000_000


class NotProtobuf(Exception):
    """The bytes are no message."""


class Message:
    """A stretch of a blob read as a message; its fields are found in one walk."""

    def __init__(self, blob: Blob, start: int = 0, end: int | None = None) -> None:
        self.blob, self.start, self.end = blob, start, blob.size if end is None else end

    def fields(self) -> Iterator[tuple[int, int, int, int]]:
        """(number, wire type, value or first byte, end) of every field, in the order of the file.

        Raises
        ------
        NotProtobuf
            where the bytes are no message
        """
        reader = _Reader(self.blob, self.start, self.end)
        for _ in range(_MAXIMUM_FIELDS):
            if reader.position == self.end:
                return
            key = reader.varint()
            number, wire = key >> 3, key & 7
            if not 0 < number < 1 << 29:
                raise NotProtobuf
            if wire == VARINT:
                yield number, wire, reader.varint(), reader.position
            elif wire in (FIXED64, FIXED32, BYTES):
                size = 8 if wire == FIXED64 else 4 if wire == FIXED32 else reader.varint()
                begin = reader.position
                reader.skip(size)
                yield number, wire, begin, begin + size
            else:
                raise NotProtobuf
        raise NotProtobuf

    def inner(self, start: int, end: int) -> Message:
        """A field read as a message."""
        return Message(self.blob, start, end)

    def text(self, start: int, end: int, longest: int = 1 << 16) -> str:
        """A field read as text."""
        if end - start > longest:
            raise NotProtobuf
        try:
            return self.blob.exactly(start, end - start).decode("utf-8")
        except UnicodeDecodeError as fault:
            raise NotProtobuf from fault


class _Reader:
    """Varints from a small window, so that large fields are stepped over unread."""

    def __init__(self, blob: Blob, position: int, end: int) -> None:
        self._blob, self._end = blob, end
        self.position = position
        self._window, self._window_start = b"", position

    def varint(self) -> int:
        number = shift = 0
        while shift < 70:
            byte = self._byte()
            number |= (byte & 0x7F) << shift
            if byte < 0x80:
                return number & 0xFFFFFFFFFFFFFFFF
            shift += 7
        raise NotProtobuf

    def skip(self, size: int) -> None:
        if size < 0 or self.position + size > self._end:
            raise NotProtobuf
        self.position += size

    def _byte(self) -> int:
        if self.position >= self._end:
            raise NotProtobuf
        at = self.position - self._window_start
        if not 0 <= at < len(self._window):
            self._window = self._blob.read(self.position, 4096)
            self._window_start, at = self.position, 0
            if not self._window:
                raise NotProtobuf
        self.position += 1
        return self._window[at]
