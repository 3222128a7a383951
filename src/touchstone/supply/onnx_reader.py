"""The weights of an ONNX model, read field by field; its graph is looked at, never run.

The reader is ours, because the format's own is a C++ library that unvetted bytes must not reach.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from touchstone.supply.blob import Blob, Memory
from touchstone.supply.inert import WIDTHS
from touchstone.supply.protobuf import BYTES, FIXED32, FIXED64, VARINT, Message, NotProtobuf
from touchstone.supply.rules import Held, Refused
from touchstone.supply.tensors import Layout, Stretch
from touchstone.supply.work import CALL, MEMBER

_MODEL_FIELDS = frozenset({1, 2, 3, 4, 5, 6, 7, 8, 14, 20, 25, 26})
_STANDARD = frozenset(
    {
        "",
        "ai.onnx",
        "ai.onnx.ml",
        "ai.onnx.training",
        "ai.onnx.preview.training",
        "com.microsoft",
        "com.microsoft.nchwc",
    }
)
_TYPES = {
    1: "F32", 2: "U8", 3: "I8", 4: "U16", 5: "I16", 6: "I32", 7: "I64", 9: "BOOL", 10: "F16", 11: "F64", 12: "U32", 13: "U64",
    14: "C64", 15: "C128", 16: "BF16", 17: "F8_E4M3", 18: "F8_E4M3FNUZ", 19: "F8_E5M2", 20: "F8_E5M2FNUZ", 24: "F8_E8M0",
}  # fmt: skip
_PLAIN_FILE = re.compile(r"[A-Za-z0-9._-]{1,128}")
_DEEPEST = 16
_MOST_INLINE = 1 << 24

Beside = Callable[[str], Blob | None]
"""From a bare file name to that file of the same folder, or None."""


@dataclass(slots=True)
class Onnx:
    """What a model was found to hold."""

    layout: Layout
    domains: set[str] = field(default_factory=set)
    outside: set[str] = field(default_factory=set)
    """Files beside it that hold weights."""
    n_nodes: int = 0
    n_graphs: int = 0
    unsupported: str = ""


def is_onnx(blob: Blob) -> bool:
    """Whether the outer fields are those of a model: a version of the format, and a graph or operator sets."""
    if blob.read(0, 1) != b"\x08":
        return False
    try:
        found = {number for number, _, _, _ in Message(blob).fields()}
    except NotProtobuf:
        return False
    return found <= _MODEL_FIELDS and 1 in found and bool(found & {7, 8})


def read_onnx(blob: Blob, beside: Beside) -> Onnx:
    """The initialisers of all graphs, by name.

    Raises
    ------
    Refused
        where it breaks the format, or its weights stand outside of its folder
    Held
        for operators of foreign domains
    """
    found = Onnx(Layout(max(16 << 20, 64 << 30)))
    try:
        _model(Message(blob), found, beside)
    except NotProtobuf as fault:
        raise Refused("onnx.structure", "its records do not hold together") from fault
    foreign = found.domains - _STANDARD
    if foreign:
        named = ", ".join(ascii(domain)[1:-1][:60] for domain in sorted(foreign)[:5])
        raise Held("onnx.domain", f"it asks for operators of {named}, which other libraries bring and run")
    if found.unsupported:
        raise Refused("onnx.unsupported", found.unsupported)
    return found


def _model(message: Message, found: Onnx, beside: Beside) -> None:
    for number, wire, start, end in message.fields():
        if wire != BYTES:
            continue
        if number == 7:
            _graph(message.inner(start, end), found, beside, 0)
        elif number == 8:
            for inner, kind, first, last in message.inner(start, end).fields():
                if inner == 1 and kind == BYTES:
                    found.domains.add(message.text(first, last))
        elif number == 25:
            _function(message.inner(start, end), found, beside)
        elif number == 20:
            for inner, kind, first, last in message.inner(start, end).fields():
                if kind == BYTES and inner in (1, 2):
                    _graph(message.inner(first, last), found, beside, 0)


def _function(message: Message, found: Onnx, beside: Beside) -> None:
    for number, wire, start, end in message.fields():
        if number == 7 and wire == BYTES:
            _node(message.inner(start, end), found, beside, 0)


def _graph(message: Message, found: Onnx, beside: Beside, depth: int) -> None:
    if depth > _DEEPEST:
        raise Refused("file.budget", f"its graphs are nested deeper than {_DEEPEST} levels")
    found.n_graphs += 1
    head = "" if found.n_graphs == 1 else f"graph{found.n_graphs}."
    for number, wire, start, end in message.fields():
        if wire != BYTES:
            continue
        if number == 1:
            _node(message.inner(start, end), found, beside, depth)
        elif number == 5:
            _tensor(message.inner(start, end), found, beside, head)
        elif number == 15:
            for inner, kind, first, last in message.inner(start, end).fields():
                if inner in (1, 2) and kind == BYTES:
                    _tensor(message.inner(first, last), found, beside, f"{head}sparse{found.n_nodes}.{inner}.")


def _node(message: Message, found: Onnx, beside: Beside, depth: int) -> None:
    found.n_nodes += 1
    message.blob.work.spend(3 * CALL)
    name = f"node{found.n_nodes}."
    for number, wire, start, end in message.fields():
        if number == 7 and wire == BYTES:
            found.domains.add(message.text(start, end))
        elif number == 5 and wire == BYTES:
            for inner, kind, first, last in message.inner(start, end).fields():
                if kind != BYTES:
                    continue
                if inner in (6, 11):
                    _graph(message.inner(first, last), found, beside, depth + 1)
                elif inner in (5, 10):
                    _tensor(message.inner(first, last), found, beside, name)


@dataclass(slots=True)
class _Parts:
    dims: list[int] = field(default_factory=list)
    kind: int = 0
    name: str = ""
    raw: tuple[int, int] | None = None
    inline: list[tuple[int, int, int, int]] = field(default_factory=list)
    external: dict[str, str] = field(default_factory=dict)
    is_external: bool = False


def _tensor(message: Message, found: Onnx, beside: Beside, head: str) -> None:
    message.blob.work.spend(MEMBER)
    parts = _parts(message)
    name = head + (parts.name or f"tensor{len(found.layout.tensors)}")
    dtype = _TYPES.get(parts.kind)
    size = math.prod(parts.dims) * WIDTHS[dtype] if dtype else 0
    if parts.is_external:
        blob, offset = _outside(parts.external, size if dtype else 0, found, beside)
        stretch = blob.part(offset, size)
    elif parts.raw is not None:
        stretch = message.blob.part(parts.raw[0], parts.raw[1] - parts.raw[0])
    else:
        stretch = Memory(_inline(message, parts, dtype))
    if dtype is None:
        found.unsupported = (
            f"its tensor {ascii(parts.name)[:80]} is of a type ({parts.kind}) that safetensors does not have"
        )
    elif stretch.size != size:
        raise Refused(
            "onnx.structure",
            f"its tensor {ascii(parts.name)[:80]} has {stretch.size:,} bytes where its shape needs {size:,}",
        )
    else:
        while name in found.layout.tensors:
            name += "_"
        found.layout.add(name, Stretch(stretch, dtype, tuple(parts.dims)))


def _parts(message: Message) -> _Parts:
    parts = _Parts()
    for number, wire, start, end in message.fields():
        if number == 1:
            parts.dims.extend([start] if wire == VARINT else _varints(message, start, end))
        elif number == 2 and wire == VARINT:
            parts.kind = start
        elif number == 8 and wire == BYTES:
            parts.name = message.text(start, end, 1024)
        elif number == 9 and wire == BYTES:
            parts.raw = (start, end)
        elif number in (4, 5, 7, 10, 11):
            parts.inline.append((number, wire, start, end))
        elif number == 13 and wire == BYTES:
            pair = {
                inner: message.text(first, last)
                for inner, kind, first, last in message.inner(start, end).fields()
                if kind == BYTES
            }
            parts.external[pair.get(1, "")] = pair.get(2, "")
        elif number == 14 and wire == VARINT:
            parts.is_external = start == 1
    if len(parts.dims) > 64 or any(side >= 1 << 48 for side in parts.dims) or math.prod(parts.dims) >= 1 << 62:
        raise Refused("onnx.structure", "a tensor in it has a shape that cannot be")
    parts.is_external = parts.is_external or bool(parts.external)
    return parts


def _varints(message: Message, start: int, end: int) -> list[int]:
    if end - start > _MOST_INLINE:
        raise NotProtobuf
    numbers, number, shift = [], 0, 0
    for byte in message.blob.exactly(start, end - start):
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            numbers.append(number & 0xFFFFFFFFFFFFFFFF)
            number = shift = 0
        elif shift > 63:
            raise NotProtobuf
    if shift:
        raise NotProtobuf
    return numbers


def _inline(message: Message, parts: _Parts, dtype: str | None) -> bytes:
    """Numbers that stand in typed fields instead of raw bytes."""
    pieces = []
    for _, wire, start, end in parts.inline:
        if wire in (FIXED32, FIXED64) or (wire == BYTES and dtype in ("F32", "F64", "C64", "C128")):
            pieces.append(message.blob.exactly(start, end - start))
        elif wire in (VARINT, BYTES) and dtype is not None:
            width = WIDTHS[dtype]
            numbers = [start] if wire == VARINT else _varints(message, start, end)
            pieces.append(b"".join((number & ((1 << 8 * width) - 1)).to_bytes(width, "little") for number in numbers))
    return b"".join(pieces)


def _outside(told: dict[str, str], size: int, found: Onnx, beside: Beside) -> tuple[Blob, int]:
    location = told.get("location", "")
    if not _PLAIN_FILE.fullmatch(location) or location in (".", ".."):
        raise Refused("onnx.external", f"its weights stand at {ascii(location)[:120]}, outside of its folder")
    blob = beside(location)
    if blob is None:
        raise Refused(
            "index.shards", f"its weights stand in {location}, which is missing", remedy="fetch the whole model again"
        )
    try:
        offset, length = int(told.get("offset", "0")[:20] or 0), int(told.get("length", str(size))[:20] or size)
    except ValueError as fault:
        raise Refused("onnx.structure", "a place of its weights is no number") from fault
    if offset < 0 or length != size:
        raise Refused("onnx.structure", "a place of its weights cannot be")
    found.outside.add(location)
    return blob, offset


def is_saved_model(blob: Blob) -> bool:
    """Whether the outer fields are those of a TensorFlow SavedModel."""
    if blob.read(0, 1) != b"\x08":
        return False
    try:
        fields = [(number, wire) for number, wire, _, _ in Message(blob).fields()]
    except NotProtobuf:
        return False
    return set(fields) == {(1, VARINT), (2, BYTES)} and fields[0] == (1, VARINT)


def is_sentencepiece(blob: Blob) -> bool:
    """Whether the outer fields are those of a sentencepiece model: pieces of text with a score."""
    if blob.read(0, 1) != b"\x0a":
        return False
    message = Message(blob)
    try:
        for index, (number, wire, start, end) in enumerate(message.fields()):
            if wire != BYTES or not 1 <= number <= 5:
                return False
            if index == 0:
                return any(inner == 1 for inner, _, _, _ in message.inner(start, end).fields())
    except NotProtobuf:
        return False
    return False
