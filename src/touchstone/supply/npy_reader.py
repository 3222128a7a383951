"""A numpy array file: its header by a small literal parser of our own, its numbers as they stand."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from touchstone.supply.blob import Blob
from touchstone.supply.inert import WIDTHS
from touchstone.supply.rules import Refused
from touchstone.supply.state_dict import NUMPY_TYPES
from touchstone.supply.tensors import Stretch

MAGIC = b"\x93NUMPY"
_LONGEST_HEADER = 1 << 16
_FIELD = re.compile(
    r"\s*'(?P<key>descr|fortran_order|shape)'\s*:\s*"
    r"(?:'(?P<text>[^'\\]{0,64})'|(?P<truth>True|False)|\((?P<shape>[0-9,\sL]{0,2000})\)|(?P<record>\[))\s*(?P<more>,?)"
)
_DESCR = re.compile(r"[<>|=]?([a-zA-Z]\d*)")


@dataclass(frozen=True, slots=True)
class _Header:
    descr: str
    fortran: bool
    shape: tuple[int, ...]


def read_npy(blob: Blob) -> Stretch:
    """The one array of the file.

    Raises
    ------
    Refused
        where it holds objects or anything but numbers, or is not exactly as long as its header says
    """
    start, header = _read_header(blob)
    matched = _DESCR.fullmatch(header.descr)
    if matched is None or matched.group(1)[0] in "O":
        if matched is not None:
            raise Refused("numpy.objects", "it holds Python objects, which numpy opens with pickle")
        raise Refused("numpy.header", f"its type {ascii(header.descr)[:60]} is none of numpy")
    dtype = NUMPY_TYPES.get(matched.group(1))
    if dtype is None:
        raise Refused("numpy.type", f"its numbers are of type {ascii(header.descr)[:60]}, which is no plain number")
    size = math.prod(header.shape) * WIDTHS[dtype]
    if start + size != blob.size:
        raise Refused("numpy.header", f"its header tells of {size:,} bytes where {blob.size - start:,} follow")
    strides = _fortran_strides(header.shape) if header.fortran else None
    return Stretch(blob.part(start, size), dtype, header.shape, 0, strides, swapped=header.descr.startswith(">"))


def _fortran_strides(shape: tuple[int, ...]) -> tuple[int, ...]:
    steps, step = [], 1
    for side in shape:
        steps.append(step)
        step *= max(side, 1)
    return tuple(steps)


def _read_header(blob: Blob) -> tuple[int, _Header]:
    head = blob.exactly(0, 12)
    if head[:6] != MAGIC or head[6:8] not in (b"\x01\x00", b"\x02\x00", b"\x03\x00"):
        raise Refused("numpy.header", "its version is not known")
    wide = head[6] > 1
    size = int.from_bytes(head[8:12], "little") if wide else int.from_bytes(head[8:10], "little")
    start = 12 if wide else 10
    if size > _LONGEST_HEADER:
        raise Refused("numpy.header", f"its header has {size:,} bytes")
    try:
        text = blob.exactly(start, size).decode("utf-8" if head[6] == 3 else "latin-1").strip(" \n")
    except UnicodeDecodeError as fault:
        raise Refused("numpy.header", "its header is no text") from fault
    return start + size, _parse(text)


def _parse(text: str) -> _Header:
    if not (text.startswith("{") and text.endswith("}")):
        raise Refused("numpy.header", "its header is no dictionary")
    found: dict[str, re.Match[str]] = {}
    position, end = 1, len(text) - 1
    while text[position:end].strip():
        matched = _FIELD.match(text, position, end)
        if matched is None or matched["key"] in found:
            raise Refused("numpy.header", "its header is not the dictionary that numpy writes")
        if matched["record"]:
            _refuse_record(text)
        found[matched["key"]] = matched
        position = matched.end()
        if not matched["more"]:
            break
    if found.keys() != {"descr", "fortran_order", "shape"} or text[position:end].strip():
        raise Refused("numpy.header", "its header is not the dictionary that numpy writes")
    descr, truth, shape = found["descr"]["text"], found["fortran_order"]["truth"], found["shape"]["shape"]
    if descr is None or truth is None or shape is None:
        raise Refused("numpy.header", "its header is not the dictionary that numpy writes")
    return _Header(descr, truth == "True", _shape(shape))


def _refuse_record(text: str) -> None:
    if re.search(r"'[<>|=]?O\d*'", text):
        raise Refused("numpy.objects", "it holds records with Python objects, which numpy opens with pickle")
    raise Refused("numpy.type", "it holds records, not plain numbers")


def _shape(text: str) -> tuple[int, ...]:
    parts = [part.strip().removesuffix("L") for part in text.split(",")]
    if parts and not parts[-1]:
        parts.pop()
    if not all(part.isdigit() and len(part) <= 19 for part in parts) or len(parts) > 64:
        raise Refused("numpy.header", "its shape is not the tuple that numpy writes")
    return tuple(map(int, parts))
