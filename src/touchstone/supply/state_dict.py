"""From the inert objects of a pickle to tensors with names, and to the numbers and words that stand beside them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from touchstone.supply.blob import Blob, Memory
from touchstone.supply.inert import ArrayRef, Bag, Call, NumberType, Pairs, Ref, Storage, TensorRef
from touchstone.supply.rules import Refused
from touchstone.supply.tensors import Layout, Stretch, TensorFile
from touchstone.supply.work import CONVERTED

MAXIMUM_DEPTH = 500
MAXIMUM_NODES = 2_000_000
_SHORT_BYTES = 4096
_LEAST_BOUND = 16 << 20
_WEIGHTS = ("state_dict", "model_state_dict", "model", "module", "net", "network", "params", "weights")
"""Where training programs keep the weights of the model among other things."""

Find = Callable[[str], Blob]
"""From a storage's key to its bytes."""

NUMPY_TYPES = {
    "b1": "BOOL", "i1": "I8", "u1": "U8", "i2": "I16", "u2": "U16", "f2": "F16", "i4": "I32", "u4": "U32", "f4": "F32",
    "i8": "I64", "u8": "U64", "f8": "F64", "c8": "C64", "c16": "C128",
}  # fmt: skip


@dataclass(slots=True)
class Converted:
    """What a checkpoint becomes."""

    weights: TensorFile | None
    """Tensors of the model, under their own names; None where there is none."""
    rest: TensorFile | None
    """Other tensors (optimiser states, averages), under their paths."""
    scalars: bytes | None
    """Everything else, as JSON; None where there is nothing else."""
    n_tied: int = 0
    aliases: tuple[str, ...] = ()
    """Further names of the model's tensors, that are kept once."""
    notes: list[str] = field(default_factory=list)


def convert(value: Any, find: Find, size: int) -> Converted:
    """Lay out the tensors of a checkpoint and write down the rest.

    Parameters
    ----------
    value : of a stream without offences
    find : the bytes of a storage
    size : bytes of the checkpoint; what is made of it stays within eight times that

    Raises
    ------
    Refused
        where a tensor does not fit its storage, or where something has no plain form
    """
    bound = max(_LEAST_BOUND, 8 * size)
    walk = _Walk(find, Layout(bound), Layout(bound))
    key = _place_of_weights(value)
    if key is None:
        plain = walk.plain(value, (), walk.weights, 0)
    else:
        pairs = [(name, inner) for name, inner in value.items if name != key]
        weights = next(inner for name, inner in value.items if name == key)
        plain = walk.plain(Pairs(pairs), (), walk.rest, 0)
        plain[key] = walk.plain(weights, (), walk.weights, 0)
    if not walk.weights.tensors and walk.rest.tensors:
        walk.weights, walk.rest = walk.rest, walk.weights
    notes = [f"{name}: {what}" for name, what in walk.quantised[:20]]
    told = {f"quantised.{name}": what for name, what in walk.quantised}
    return Converted(
        walk.weights.file(told) if walk.weights.tensors else None,
        walk.rest.file() if walk.rest.tensors else None,
        json.dumps(plain, ensure_ascii=False, allow_nan=False, indent=1).encode() if _says_more(plain) else None,
        len(walk.weights.aliases) + len(walk.rest.aliases),
        tuple(walk.weights.aliases),
        notes,
    )


def _place_of_weights(value: Any) -> str | None:
    """The key under which a training program keeps the model's weights; None where the dictionary is the weights."""
    if not isinstance(value, Pairs) or any(isinstance(inner, TensorRef) for _, inner in value.items):
        return None
    found = {name for name, inner in value.items if isinstance(name, str) and _holds_tensors(inner)}
    return next((key for key in _WEIGHTS if key in found), None)


def _holds_tensors(value: Any) -> bool:
    return isinstance(value, Pairs) and any(isinstance(inner, TensorRef | ArrayRef) for _, inner in value.items)


def _says_more(plain: Any) -> bool:
    """Whether anything but tensors is in it."""
    if isinstance(plain, dict):
        if plain.keys() == {"tensor"}:
            return False
        return not plain or any(_says_more(inner) for inner in plain.values())
    if isinstance(plain, list):
        return not plain or any(map(_says_more, plain))
    return True


@dataclass(slots=True)
class _Walk:
    find: Find
    weights: Layout
    rest: Layout
    n_nodes: int = 0
    quantised: list[tuple[str, str]] = field(default_factory=list)
    _arrays: dict[int, Blob] = field(default_factory=dict)

    def plain(self, value: Any, path: tuple[str, ...], layout: Layout, depth: int) -> Any:
        """JSON for a value; its tensors go into the layout."""
        self.n_nodes += 1
        if depth > MAXIMUM_DEPTH or self.n_nodes > MAXIMUM_NODES:
            raise Refused("file.budget", "its objects are nested deeper, or unfold to more, than vetting follows")
        if value is None or type(value) in (bool, str, int, float, complex):
            return _scalar(value)
        if isinstance(value, TensorRef):
            return self._take(path, self._stretch(value), layout, value.note)
        if isinstance(value, ArrayRef):
            return self._take(path, self._array(value), layout, "")
        if isinstance(value, bytes):
            if len(value) <= _SHORT_BYTES:
                return {"bytes": value.hex()}
            return self._take(path, Stretch(Memory(value), "U8", (len(value),)), layout, "")
        if isinstance(value, Pairs):
            return self._pairs(value, path, layout, depth)
        if isinstance(value, list | tuple | Bag):
            items = value.items if isinstance(value, Bag) else value
            return [self.plain(inner, (*path, str(index)), layout, depth + 1) for index, inner in enumerate(items)]
        return _named(value)

    def _pairs(self, value: Pairs, path: tuple[str, ...], layout: Layout, depth: int) -> dict[str, Any]:
        # The last of equal keys counts, as it would in the dictionary.
        last = {_key(key): inner for key, inner in value.items}
        return {key: self.plain(inner, (*path, key), layout, depth + 1) for key, inner in last.items()}

    def _take(self, path: tuple[str, ...], tensor: Stretch, layout: Layout, note: str) -> dict[str, str]:
        name = ".".join(path) or "array"
        while name in layout.tensors or name in layout.aliases:  # the paths ("a.b", "c") and ("a", "b.c") read alike
            name += "_"
        layout.add(name, tensor)
        if note:
            self.quantised.append((name, note))
        return {"tensor": name}

    def _stretch(self, value: TensorRef) -> Stretch:
        blob = self.find(value.storage.key)
        if value.storage.start:
            raise Refused(
                "checkpoint.unsupported", "a tensor stands in a view of a storage, as only very old files have it"
            )
        blob.work.spend(CONVERTED)
        return Stretch(blob, value.dtype, value.shape, value.offset, value.strides)

    def _array(self, value: ArrayRef) -> Stretch:
        dtype = NUMPY_TYPES.get(value.descr.lstrip("<>|="))
        if dtype is None:
            raise Refused("checkpoint.unsupported", "an array in it is not of numbers")
        blob = self._arrays.setdefault(id(value), Memory(value.data))
        strides = None
        if value.fortran:
            steps, step = [], 1
            for side in value.shape:
                steps.append(step)
                step *= max(side, 1)
            strides = tuple(steps)
        return Stretch(blob, dtype, value.shape, 0, strides, swapped=value.descr.startswith(">"))


def _scalar(value: Any) -> Any:
    if type(value) is float and (value != value or value in (float("inf"), -float("inf"))):
        return {"float": repr(value)}
    if type(value) is int and abs(value) > 1 << 53:
        return {"int": hex(value)}
    if type(value) is complex:
        return {"complex": [_scalar(value.real), _scalar(value.imag)]}
    if type(value) is str and not _is_unicode(value):
        return {"text": ascii(value)}
    return value


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _named(value: Any) -> Any:
    if isinstance(value, Ref):
        return {"name": str(value)}
    if isinstance(value, NumberType):
        return {"name": f"numpy.dtype {value.descr}"}
    if isinstance(value, Storage):
        raise Refused("checkpoint.unsupported", "it holds a bare storage without a tensor over it")
    if isinstance(value, Call):
        raise Refused("pickle.class", f"it holds an object of {value.ref}")
    raise Refused("checkpoint.unsupported", f"it holds something without a plain form ({type(value).__name__})")


def _key(key: Any) -> str:
    if type(key) is str:
        return key if _is_unicode(key) else ascii(key)
    if key is None or type(key) in (bool, int, float):
        return str(key)[:400]
    if isinstance(key, Ref):
        return str(key)
    if isinstance(key, tuple) and len(key) <= 64:
        return "(" + ", ".join(_key(part) for part in key) + ")"
    if isinstance(key, bytes):
        return key.decode("latin-1")
    raise Refused("checkpoint.unsupported", f"a key of a dictionary has no plain form ({type(key).__name__})")


def files_of(converted: Converted, name: str) -> Iterator[tuple[str, TensorFile | bytes]]:
    """Names for what a checkpoint becomes: ``x.bin`` gives x.safetensors, x.rest.safetensors and x.converted.json."""
    stem = name.rsplit("/", 1)[-1]
    head = name[: len(name) - len(stem)]
    stem = stem.rsplit(".", 1)[0] if "." in stem[1:] else stem
    if stem.startswith("pytorch_model"):
        stem = "model" + stem.removeprefix("pytorch_model")  # what transformers looks for
    if converted.weights is not None:
        yield f"{head}{stem}.safetensors", converted.weights
    if converted.rest is not None:
        yield f"{head}{stem}.rest.safetensors", converted.rest
    if converted.scalars is not None:
        yield f"{head}{stem}.converted.json", converted.scalars
