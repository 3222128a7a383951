"""Counting what numbers are in the weights, in the same pass that takes their SHA-256."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from touchstone.supply.safetensors_header import BITS, Header, Tensor

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Bits = NDArray[np.unsignedinteger[Any]]

# (unsigned type, everything but the sign, smallest magnitude that is not finite)
_FLOATS = {
    "F64": ("<u8", (1 << 63) - 1, 0x7FF << 52),
    "F32": ("<u4", 0x7FFFFFFF, 0x7F800000),
    "C64": ("<u4", 0x7FFFFFFF, 0x7F800000),
    "F16": ("<u2", 0x7FFF, 0x7C00),
    "BF16": ("<u2", 0x7FFF, 0x7F80),
    "F8_E5M2": ("|u1", 0x7F, 0x7C),
    "F8_E4M3": ("|u1", 0x7F, 0x7F),
}
_NATIVE = {"F64": "<f8", "F32": "<f4", "C64": "<f4"}
_SHOWN = 20
_SMALL = 1 << 16
"""Bytes of neighbouring tensors that are looked at together: one call of numpy costs as much as a thousand numbers."""


@dataclass(slots=True)
class Census:
    """What the tensors of one file hold."""

    n_tensors: int = 0
    n_elements: int = 0
    n_not_finite: int = 0
    not_finite: list[str] = field(default_factory=list)
    """Names of the tensors with NaN or infinity, the first twenty."""
    n_zero: int = 0
    """Tensors of two or more elements that are zero throughout."""
    n_constant: int = 0
    """Tensors of two or more elements that are one other number throughout."""
    absolute_maximum: float = 0.0
    """Over the finite numbers of 32- and 64-bit tensors."""

    def as_data(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "tensors": self.n_tensors, "elements": self.n_elements, "not_finite": self.n_not_finite,
            "not_finite_in": self.not_finite, "all_zero": self.n_zero, "constant": self.n_constant,
            "absolute_maximum": self.absolute_maximum,
        }  # fmt: skip


@dataclass(slots=True)
class _Running:
    bad: int = 0
    lowest: float | int | None = None
    highest: float | int | None = None


def digest(chunks: Iterable[bytes]) -> str:
    """SHA-256 of what is handed out, as 64 hex digits."""
    state = hashlib.sha256()
    for chunk in chunks:
        state.update(chunk)
    return state.hexdigest()


def count(header: Header, chunks: Iterable[bytes]) -> tuple[Census, str]:
    """Census and SHA-256 of a safetensors file.

    Parameters
    ----------
    header : of this file, checked
    chunks : its bytes from the first to the last

    Returns
    -------
    the census, and the SHA-256 as 64 hex digits
    """
    state = hashlib.sha256()

    def hashed() -> Iterator[bytes]:
        for chunk in chunks:
            state.update(chunk)
            yield chunk

    found = Census()
    for tensors, pieces in _by_tensors(header, hashed()):
        if len(tensors) == 1:
            _add(found, tensors[0], pieces)
        else:
            _add_small(found, tensors, memoryview(b"".join(pieces)))
    return found, state.hexdigest()


def _by_tensors(header: Header, chunks: Iterator[bytes]) -> Iterator[tuple[list[Tensor], Iterator[Any]]]:
    """Cut the stream at the tensors' borders and at whole elements; small ones of one type come together."""
    reader = _Reader(chunks)
    for _ in reader.take(header.begin, 1):
        pass
    for tensors in _together(header.tensors):
        first, last = tensors[0], tensors[-1]
        yield tensors, reader.take(last.end - first.start, max(1, BITS[first.dtype] // 8))
    for _ in chunks:
        pass


def _together(tensors: Iterable[Tensor]) -> Iterator[list[Tensor]]:
    """Neighbours of one type as long as they are small and not empty."""
    group: list[Tensor] = []
    for tensor in tensors:
        fits = group and group[0].dtype == tensor.dtype and tensor.end - group[0].start <= _SMALL
        if not fits or tensor.end == tensor.start or group[0].end == group[0].start:
            if group:
                yield group
            group = []
        group.append(tensor)
    if group:
        yield group


def _add_small(found: Census, tensors: list[Tensor], data: memoryview) -> None:
    """Take in neighbours of one type: at once, unless one of them holds what is not finite."""
    begin, dtype = tensors[0].start, tensors[0].dtype
    ends = _ends(dtype, data, [tensor.start - begin for tensor in tensors]) if dtype in _NATIVE else None
    if ends is None:
        for tensor in tensors:
            _add(found, tensor, iter((data[tensor.start - begin : tensor.end - begin],)))
        return
    lowest, highest = ends
    sizes = [tensor.size for tensor in tensors]
    level = [size > 1 and low == high for size, low, high in zip(sizes, lowest, highest, strict=True)]
    n_zero = sum(one and low == 0 for one, low in zip(level, lowest, strict=True))
    found.n_tensors += len(tensors)
    found.n_elements += sum(sizes)
    found.absolute_maximum = max(found.absolute_maximum, -min(lowest), max(highest))
    found.n_zero += n_zero
    found.n_constant += sum(level) - n_zero


def _ends(dtype: str, data: memoryview, starts: list[int]) -> tuple[list[float], list[float]] | None:
    """The lowest and the highest number from each start (in bytes) to the next; None where one is not finite."""
    import numpy as np

    values = np.frombuffer(data, dtype=_NATIVE[dtype])
    places = np.array(starts) // values.itemsize
    with np.errstate(all="ignore"):
        lowest, highest = np.minimum.reduceat(values, places), np.maximum.reduceat(values, places)
        if not (np.isfinite(lowest).all() and np.isfinite(highest).all()):
            return None
    return lowest.tolist(), highest.tolist()


class _Reader:
    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = memoryview(b"")

    def take(self, size: int, width: int) -> Iterator[Any]:
        """The next ``size`` bytes in pieces of whole elements of ``width`` bytes."""
        carried = b""
        while size > 0:
            if not self._rest:
                self._rest = memoryview(next(self._chunks, b""))
                if not self._rest:
                    return
            piece = self._rest[:size]
            self._rest = self._rest[len(piece) :]
            size -= len(piece)
            if carried:
                piece = memoryview(carried + bytes(piece))
            whole = len(piece) - len(piece) % width
            carried = bytes(piece[whole:])
            if whole:
                yield piece[:whole]


def _add(found: Census, tensor: Tensor, pieces: Iterator[Any]) -> None:
    running = _Running()
    look = (
        _look_at_floats
        if tensor.dtype in _NATIVE
        else _look_at_small_floats
        if tensor.dtype in _FLOATS
        else _look_at_integers
    )
    for piece in pieces:
        look(running, tensor.dtype, piece)
    found.n_tensors += 1
    found.n_elements += tensor.size
    found.n_not_finite += running.bad
    if running.bad and len(found.not_finite) < _SHOWN:
        found.not_finite.append(tensor.name)
    if running.bad or running.lowest is None or running.highest is None:
        return
    if tensor.dtype in _NATIVE:
        found.absolute_maximum = max(found.absolute_maximum, abs(float(running.lowest)), abs(float(running.highest)))
    if tensor.size > 1 and running.lowest == running.highest:
        if running.lowest == 0:
            found.n_zero += 1
        else:
            found.n_constant += 1


def _widen(running: _Running, lowest: Any, highest: Any) -> None:
    running.lowest = lowest if running.lowest is None or lowest < running.lowest else running.lowest
    running.highest = highest if running.highest is None or highest > running.highest else running.highest


def _look_at_floats(running: _Running, dtype: str, piece: Any) -> None:
    # Minimum and maximum carry a NaN along and show an infinity, and are the quickest passes over an array there are.
    import numpy as np

    values = np.frombuffer(piece, dtype=_NATIVE[dtype])
    with np.errstate(all="ignore"):
        lowest, highest = values.min(), values.max()
        if np.isfinite(lowest) and np.isfinite(highest):
            _widen(running, lowest, highest)
        else:
            running.bad += int(values.size - np.isfinite(values).sum())


def _look_at_small_floats(running: _Running, dtype: str, piece: Any) -> None:
    # Without the sign, the bits of a float are ordered as its magnitude is; what is not finite stands at the top.
    import numpy as np

    kind, mask, beyond = _FLOATS[dtype]
    bits = np.frombuffer(piece, dtype=kind)
    magnitude = bits & bits.dtype.type(mask)
    if int(magnitude.max()) >= beyond:
        running.bad += int((magnitude >= beyond).sum())
    else:
        _widen(running, int(bits.min()), int(bits.max()))


def _look_at_integers(running: _Running, dtype: str, piece: Any) -> None:
    import numpy as np

    kind = {8: "|u1", 16: "<u2", 32: "<u4", 64: "<u8"}[BITS[dtype]]
    values = np.frombuffer(piece, dtype=kind)
    _widen(running, int(values.min()), int(values.max()))
