"""Tensors on their way into safetensors: where their numbers stand, and the bytes of the file that will hold them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from touchstone.supply.blob import CHUNK, Blob
from touchstone.supply.inert import WIDTHS
from touchstone.supply.rules import Refused
from touchstone.supply.safetensors_header import is_plain_name

_PAIRED = {"C128": "F64", "C32": "F16"}
"""Complex numbers without a type of their own: written as (..., 2)."""
_LARGEST_STRIDED = 4 << 30


@dataclass(slots=True)
class Stretch:
    """The bytes of one tensor in a blob; ``offset`` and ``strides`` count numbers from the blob's beginning."""

    blob: Blob
    dtype: str
    shape: tuple[int, ...]
    offset: int = 0
    strides: tuple[int, ...] | None = None
    """None where the numbers follow each other."""
    swapped: bool = False
    """Whether the bytes of each number stand the other way round."""

    def __post_init__(self) -> None:
        if self.strides is not None and _follow(self.shape, self.strides):
            self.strides = None

    @property
    def size(self) -> int:
        """Bytes that it takes when written."""
        return math.prod(self.shape) * WIDTHS[self.dtype]

    def check(self, name: str) -> None:
        """That every number lies inside of the blob.

        Raises
        ------
        Refused
            where one does not
        """
        if 0 in self.shape:
            return
        if self.strides is None:
            last = self.offset + math.prod(self.shape) - 1
        else:
            last = self.offset + sum((side - 1) * step for side, step in zip(self.shape, self.strides, strict=True))
        if (last + 1) * WIDTHS[self.dtype] > self.blob.size:
            raise Refused(
                "checkpoint.layout", f"tensor {name!r} reaches beyond its storage of {self.blob.size:,} bytes"
            )

    @property
    def steps(self) -> tuple[int, ...]:
        """Strides, written out."""
        return contiguous(self.shape) if self.strides is None else self.strides

    def chunks(self) -> Iterator[bytes]:
        """The numbers in the order of their indices, little end first."""
        if 0 in self.shape:
            return
        width, size = WIDTHS[self.dtype], self.size
        if self.strides is None:
            start = self.offset * width
            whole = (self.blob.exactly(start, size),) if size <= CHUNK else self.blob.chunks(start, start + size)
            for chunk in whole:
                yield self._turned(chunk)
        else:
            yield from self._gathered(width)

    def _turned(self, chunk: bytes) -> bytes:
        if not self.swapped:
            return chunk
        import numpy as np

        return np.frombuffer(chunk, dtype=_unit(self.dtype)).byteswap().tobytes()

    def _gathered(self, width: int) -> Iterator[bytes]:
        import numpy as np

        span = 1 + sum((side - 1) * step for side, step in zip(self.shape, self.steps, strict=True))
        if span * width > _LARGEST_STRIDED:
            raise Refused("file.budget", "a tensor is spread over more than 4 GiB")
        unit = f"V{width}"
        numbers = np.frombuffer(self.blob.exactly(self.offset * width, span * width), dtype=unit)
        # Bounds were checked: every index stays inside of the span.
        spread = np.lib.stride_tricks.as_strided(
            numbers, self.shape, [step * width for step in self.steps], writeable=False
        )
        rows = max(1, CHUNK * max(1, self.shape[0]) // max(1, self.size)) if self.shape else 1
        for row in range(0, self.shape[0] if self.shape else 1, rows):
            piece = spread[row : row + rows] if self.shape else spread
            yield self._turned(np.ascontiguousarray(piece).tobytes())


def _unit(dtype: str) -> str:
    width = WIDTHS[dtype] // (2 if dtype in ("C64", "C128", "C32") else 1)
    return f"<u{width}"


def contiguous(shape: Sequence[int]) -> tuple[int, ...]:
    """Strides of numbers that follow each other, the last index fastest."""
    steps, step = [], 1
    for side in reversed(shape):
        steps.append(step)
        step *= max(side, 1)
    return tuple(reversed(steps))


def _follow(shape: Sequence[int], strides: Sequence[int]) -> bool:
    wanted = 1
    for side, step in zip(reversed(shape), reversed(strides), strict=True):
        if side != 1 and step != wanted:
            return False
        wanted *= max(side, 1)
    return True


@dataclass(slots=True)
class TensorFile:
    """A safetensors file to be: a header, and the tensors in the order of their bytes."""

    head: bytes
    tensors: list[Stretch]
    size: int
    names: tuple[str, ...] = ()

    def chunks(self) -> Iterator[bytes]:
        """The bytes of the file."""
        yield self.head
        for tensor in self.tensors:
            yield from tensor.chunks()


@dataclass(slots=True)
class Layout:
    """Tensors by name, as they are gathered; equal views of one storage are kept once."""

    bound: int
    """Bytes that all of them may take when written."""
    tensors: dict[str, Stretch] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    """Further names of a tensor -> the name it is kept under."""
    _kept: dict[tuple[Any, ...], str] = field(default_factory=dict)
    _total: int = 0

    def add(self, name: str, tensor: Stretch) -> None:
        """Take a tensor in.

        Raises
        ------
        Refused
            where its name cannot be shown or stands already, or where it reaches beyond its storage
        """
        if not is_plain_name(name) or name == "__metadata__":
            raise Refused(
                "checkpoint.layout",
                f"a tensor's name is too long or has characters that do not show: {ascii(name)[:80]}",
            )
        if name in self.tensors or name in self.aliases:
            raise Refused("checkpoint.layout", f"two tensors go by the name {name!r}")
        tensor.check(name)
        size = tensor.size
        key = (id(tensor.blob), tensor.dtype, tensor.offset, tensor.shape, tensor.strides, tensor.swapped)
        if size and key in self._kept:
            self.aliases[name] = self._kept[key]
            return
        self._total += size
        if self._total > self.bound:
            raise Refused("file.budget", f"its tensors unfold to more than {self.bound:,} bytes")
        self._kept[key] = name
        self.tensors[name] = tensor

    def file(self, notes: Mapping[str, str] | None = None) -> TensorFile:
        """The safetensors file of these tensors, wide numbers first so that each stands on its own alignment."""
        order = sorted(self.tensors, key=lambda name: (-WIDTHS[self.tensors[name].dtype], name))
        # ``format`` is what transformers asks for; names of tied weights are written as safetensors' save_model does.
        entries: dict[str, Any] = {"__metadata__": {**(notes or {}), **self.aliases, "format": "pt"}}
        position = 0
        for name in order:
            tensor = self.tensors[name]
            shape = [*tensor.shape, 2] if tensor.dtype in _PAIRED else list(tensor.shape)
            dtype = _PAIRED.get(tensor.dtype, tensor.dtype)
            end = position + tensor.size
            entries[name] = {"dtype": dtype, "shape": shape, "data_offsets": [position, end]}
            position = end
        text = json.dumps(entries, separators=(",", ":"), ensure_ascii=False).encode()
        text += b" " * (-len(text) % 8)
        head = len(text).to_bytes(8, "little") + text
        return TensorFile(head, [self.tensors[name] for name in order], len(head) + position, tuple(order))
