"""The header of a safetensors file, read and checked with the standard library alone."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from touchstone.core.errors import Fault, ModelFilesError
from touchstone.supply.blob import Blob, Memory
from touchstone.supply.rules import Refused
from touchstone.supply.strict_json import Bounds, parse_json

MAXIMUM_HEADER_BYTES = 32 << 20
MAXIMUM_TENSORS = 1_000_000
MAXIMUM_DIMENSIONS = 64
MAXIMUM_METADATA = 1 << 20
MAXIMUM_NAME = 1024
BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
    "U16": 16, "I16": 16, "F16": 16, "BF16": 16, "U32": 32, "I32": 32, "F32": 32, "U64": 64, "I64": 64, "F64": 64,
    "C64": 64,
}  # fmt: skip
_BEYOND = 1 << 63
_FIELDS = {"dtype", "shape", "data_offsets"}
_UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Control characters, bidi and other invisible marks, half surrogates, line ends."""


class Tensor(NamedTuple):
    """Where one tensor stands: ``start`` and ``end`` are bytes from the file's beginning."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    start: int
    end: int

    @property
    def size(self) -> int:
        """Number of elements."""
        return (self.end - self.start) * 8 // BITS[self.dtype]


@dataclass(frozen=True, slots=True)
class Header:
    """What a safetensors file says it holds, tensors in the order of their bytes."""

    tensors: tuple[Tensor, ...]
    metadata: dict[str, str]
    begin: int = 0
    """Where the first tensor starts."""


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
        head = file.read(size) if size <= MAXIMUM_HEADER_BYTES else b""
    try:
        return parse_header(Memory(prefix + head), length)
    except Refused as refused:
        raise ModelFilesError(Fault(str(path), refused.reason, "fetch the file again")) from refused


def parse_header(blob: Blob, length: int | None = None) -> Header:
    """The header of a safetensors file of ``length`` bytes.

    Parameters
    ----------
    blob : the file, or at least its beginning
    length : bytes of the whole file where ``blob`` is only its beginning

    Raises
    ------
    Refused
        where the file does not keep to the format
    """
    length = blob.size if length is None else length
    if length < 8:
        raise _header("no safetensors header (the file is cut short or of another kind)")
    size = int.from_bytes(blob.exactly(0, 8), "little")
    if size > MAXIMUM_HEADER_BYTES or 8 + size > length:
        raise _header(
            f"no safetensors header (its length of {size:,} bytes cannot be: the file is cut short or of another kind)"
        )
    raw = blob.exactly(8, size)
    if raw[:1] != b"{":
        raise _header("its safetensors header does not begin with a brace")
    entries = _entries(raw)
    metadata = entries.pop("__metadata__", {})
    _check_metadata(metadata)
    if len(entries) > MAXIMUM_TENSORS:
        raise _header(f"it tells of {len(entries):,} tensors")
    tensors = sorted(
        (_tensor(name, entry, 8 + size) for name, entry in entries.items()), key=lambda t: (t.start, t.end)
    )
    _check_layout(tensors, 8 + size, length)
    return Header(tuple(tensors), metadata, 8 + size)


def is_plain_name(name: str) -> bool:
    """Whether a tensor's name can be shown as it is: short, no control or bidi characters."""
    return len(name) <= MAXIMUM_NAME and ((name.isascii() and name.isprintable()) or _is_plain(name))


def _is_plain(name: str) -> bool:
    return not any(unicodedata.category(letter) in _UNSEEN for letter in name)


def _header(what: str) -> Refused:
    return Refused("safetensors.header", what)


def _entries(raw: bytes) -> dict[str, Any]:
    text = raw.rstrip(b" ")
    if not text.endswith(b"}"):
        raise _header("its safetensors header is not JSON, or is followed by more than spaces")
    try:
        entries = parse_json(text, Bounds(MAXIMUM_HEADER_BYTES, depth=3))
    except Refused as refused:
        raise _header(f"its safetensors header is not strict JSON ({refused.reason})") from refused
    assert isinstance(entries, dict)  # it began with a brace
    return entries


def _check_metadata(metadata: Any) -> None:
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise _header("its safetensors metadata are not text")
    if sum(len(key) + len(value) for key, value in metadata.items()) > MAXIMUM_METADATA:
        raise _header("its safetensors metadata are longer than a mebibyte")


def _tensor(name: str, entry: Any, base: int) -> Tensor:
    if not is_plain_name(name):
        raise _header(f"a tensor's name is too long or has characters that do not show: {ascii(name)[:80]}")
    if not isinstance(entry, dict) or entry.keys() != _FIELDS:
        raise _header(f"tensor {name!r} is described wrongly in the header")
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in BITS:
        raise _header(f"tensor {name!r} is of an unknown type {ascii(dtype)[:40]}")
    if not _are_counts(shape) or not _are_counts(offsets) or len(offsets) != 2 or len(shape) > MAXIMUM_DIMENSIONS:
        raise _header(f"tensor {name!r} is described wrongly in the header")
    start, end = offsets
    if BITS[dtype] * _product(shape, name) != 8 * (end - start):
        raise Refused("safetensors.layout", f"tensor {name!r} has {end - start} bytes, not what {dtype}{shape} needs")
    return Tensor(name, dtype, tuple(shape), base + start, base + end)


def _are_counts(numbers: Any) -> bool:
    if not isinstance(numbers, list):
        return False
    for number in numbers:  # noqa: SIM110  (a loop is quicker where there are two numbers)
        if type(number) is not int or number < 0:
            return False
    return True


def _product(shape: list[int], name: str) -> int:
    product = 1
    for side in shape:
        product *= side
        if product >= _BEYOND:
            raise Refused("safetensors.layout", f"tensor {name!r} would have 2^63 elements or more")
    return product


def _check_layout(tensors: list[Tensor], begin: int, length: int) -> None:
    position = begin
    for tensor in tensors:
        if tensor.start != position:
            what = "overlaps another" if tensor.start < position else "leaves a gap before it"
            raise Refused("safetensors.layout", f"tensor {tensor.name!r} {what}")
        position = tensor.end
    if position != length:
        raise Refused("safetensors.layout", f"the file has {length} bytes where its header tells of {position}")
