"""A GGUF file: its header read within bounds, plain weights taken out, packed ones refused."""

from __future__ import annotations

import math
import struct
from typing import Any

from touchstone.supply.blob import Blob
from touchstone.supply.config_rules import check_template
from touchstone.supply.inert import WIDTHS
from touchstone.supply.rules import Refused
from touchstone.supply.tensors import Layout, Stretch
from touchstone.supply.work import CALL, MEMBER

MAGIC = b"GGUF"
_MOST_KEYS = 100_000
_MOST_TENSORS = 1_000_000
_MOST_ELEMENTS = 4_000_000
_LONGEST_TEXT = 16 << 20
_SIMPLE = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_TEXT, _ARRAY = 8, 9
_TYPES = {0: "F32", 1: "F16", 24: "I8", 25: "I16", 26: "I32", 27: "I64", 28: "F64", 30: "BF16"}


class _Reader:
    def __init__(self, blob: Blob) -> None:
        self.blob, self.position, self.elements = blob, 4, 0

    def number(self, form: str) -> Any:
        size = struct.calcsize(form)
        data = self.blob.exactly(self.position, size)
        self.position += size
        return struct.unpack(form, data)[0]

    def text(self) -> str:
        size = self.number("<Q")
        if size > _LONGEST_TEXT:
            raise _broken("a text in it is longer than it may be")
        data = self.blob.exactly(self.position, size)
        self.position += size
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError as fault:
            raise _broken("a text in it is no UTF-8") from fault

    def value(self, kind: int, depth: int = 0) -> Any:
        if kind == _TEXT:
            return self.text()
        if kind in _SIMPLE:
            return self.number(_SIMPLE[kind])
        if kind != _ARRAY or depth > 2:
            raise _broken("a value in it is of an unknown type")
        inner, count = self.number("<I"), self.number("<Q")
        self.elements += count
        if self.elements > _MOST_ELEMENTS:
            raise _broken(f"it announces {count:,} elements")
        if inner in _SIMPLE:
            size = count * struct.calcsize(_SIMPLE[inner])
            self.blob.part(self.position, size)
            self.position += size
            return None
        self.blob.work.spend(count)
        for _ in range(count):
            self.value(inner, depth + 1)
        return None


def _broken(what: str) -> Refused:
    return Refused("gguf.structure", what)


def read_gguf(blob: Blob) -> Layout:
    """The weights of the file.

    Raises
    ------
    Refused
        where it breaks the format or packs its weights in blocks
    Held
        where its chat template reaches for Python's inner names
    """
    reader = _Reader(blob)
    version, n_tensors, n_keys = reader.number("<I"), reader.number("<Q"), reader.number("<Q")
    if version not in (2, 3):
        raise _broken(f"its version {version} is not known")
    if n_keys > _MOST_KEYS or n_tensors > _MOST_TENSORS:
        raise _broken(f"it announces {n_keys:,} settings and {n_tensors:,} tensors")
    settings: dict[str, Any] = {}
    for _ in range(n_keys):
        blob.work.spend(2 * CALL)
        key = reader.text()
        if key in settings:
            raise _broken(f"its setting {ascii(key)[:80]} stands twice")
        settings[key] = reader.value(reader.number("<I"))
    for key, value in settings.items():
        if isinstance(value, str) and ("template" in key or "{%" in value or "{{" in value):
            check_template(value, f"its `{ascii(key)[1:-1][:80]}`")
    return _tensors(reader, n_tensors, settings.get("general.alignment", 32))


def _tensors(reader: _Reader, count: int, alignment: Any) -> Layout:
    if type(alignment) is not int or not 1 <= alignment <= 1 << 16:
        raise _broken("its alignment cannot be")
    listed = []
    for _ in range(count):
        reader.blob.work.spend(MEMBER)
        name, dimensions = reader.text(), reader.number("<I")
        if dimensions > 8:
            raise _broken("a tensor in it has too many dimensions")
        shape = tuple(reversed([reader.number("<Q") for _ in range(dimensions)]))
        listed.append((name, shape, reader.number("<I"), reader.number("<Q")))
    begin = -(-reader.position // alignment) * alignment
    layout = Layout(max(16 << 20, reader.blob.size))
    packed = [name for name, _, kind, _ in listed if kind not in _TYPES]
    if packed:
        raise Refused(
            "gguf.quantised", f"{len(packed):,} of its tensors are packed in blocks, first {ascii(packed[0])[:80]}"
        )
    for name, shape, kind, offset in listed:
        size = math.prod(shape) * WIDTHS[_TYPES[kind]]
        layout.add(name, Stretch(reader.blob.part(begin + offset, size), _TYPES[kind], shape))
    return layout
