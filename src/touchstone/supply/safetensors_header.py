"""The header of a safetensors file, read and checked with the standard library alone."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from touchstone.core.errors import Fault, ModelFilesError

MAXIMUM_HEADER_BYTES = 100_000_000  # the format's own bound
BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E4M3": 8, "F8_E5M2": 8, "U16": 16, "I16": 16, "F16": 16, "BF16": 16,
    "U32": 32, "I32": 32, "F32": 32, "U64": 64, "I64": 64, "F64": 64,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tensor:
    """Where one tensor stands: ``start`` and ``end`` are bytes from the file's beginning."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    start: int
    end: int

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)


@dataclass(frozen=True, slots=True)
class Header:
    """What a safetensors file says it holds."""

    tensors: tuple[Tensor, ...]
    metadata: dict[str, str]


def read_header(path: Path) -> Header:
    """Parse and check the header: known types, sizes that agree, no gap, no overlap, nothing cut off.

    Raises
    ------
    ModelFilesError
        in one line, where the file does not keep to the format
    """
    length = path.stat().st_size
    with path.open("rb") as file:
        prefix = file.read(8)
        size = int.from_bytes(prefix, "little")
        if len(prefix) < 8 or size > MAXIMUM_HEADER_BYTES or 8 + size > length:
            raise _refused(path, "no safetensors header (the file is cut short or of another kind)")
        raw = file.read(size)
    try:
        entries = json.loads(raw.decode("utf-8"), object_pairs_hook=_unique)
    except (ValueError, RecursionError) as fault:
        raise _refused(path, f"its safetensors header is not JSON ({fault})") from fault
    if not isinstance(entries, dict):
        raise _refused(path, "its safetensors header is not a JSON object")
    metadata = entries.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise _refused(path, "its safetensors metadata are not text")
    tensors = sorted((_tensor(path, name, entry, 8 + size) for name, entry in entries.items()), key=lambda t: t.start)
    _check_layout(path, tensors, 8 + size, length)
    return Header(tuple(tensors), metadata)


def _refused(path: Path, what: str) -> ModelFilesError:
    return ModelFilesError(Fault(str(path), what, "fetch the file again"))


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError("a name stands twice")
    return value


def _tensor(path: Path, name: str, entry: Any, base: int) -> Tensor:
    try:
        dtype, shape, (start, end) = entry["dtype"], entry["shape"], entry["data_offsets"]
        numbers = [*shape, start, end]
        if not all(type(number) is int and number >= 0 for number in numbers):
            raise ValueError("not whole numbers")
        bits = BITS[dtype] * math.prod(shape)
    except (KeyError, TypeError, ValueError) as fault:
        raise _refused(path, f"tensor {name!r} is described wrongly in the header") from fault
    if bits != 8 * (end - start):
        raise _refused(path, f"tensor {name!r} has {end - start} bytes where {dtype}{shape} needs {bits // 8}")
    return Tensor(name, dtype, tuple(shape), base + start, base + end)


def _check_layout(path: Path, tensors: list[Tensor], begin: int, length: int) -> None:
    position = begin
    for tensor in tensors:
        if tensor.start != position:
            raise _refused(path, f"tensor {tensor.name!r} overlaps another or leaves a gap")
        position = tensor.end
    if position != length:
        raise _refused(path, f"the file has {length} bytes where its header tells of {position}")
