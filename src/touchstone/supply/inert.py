"""The inert objects of the symbolic unpickler, and the closed table of constructors it may apply to them.

Nothing here is imported, called or looked up by a name from a file: a name either stands in the table below, where it
stands for a function of this module that moves plain data about, or it stays two words of text.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


class Misfit(Exception):
    """A constructor of the table was given what it cannot take."""


@dataclass(frozen=True, slots=True)
class Ref:
    """A module and a name in it, as text."""

    module: str
    name: str
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.module, self.name)))

    def __hash__(self) -> int:  # every call of a pickle looks its name up
        return self._hash

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(eq=False, slots=True)
class Call:
    """What a call outside of the table would have made; the file is refused, so nothing more is kept."""

    ref: Any


@dataclass(eq=False, slots=True)
class Pairs:
    """A dictionary as a list of pairs: keys are never hashed, so none can be made to collide."""

    items: list[tuple[Any, Any]] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class Bag:
    """A set, in the order of the file."""

    items: list[Any] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class Storage:
    """A stretch of numbers that stands elsewhere in the checkpoint."""

    key: str
    dtype: str
    size: int
    """Numbers in it; of untyped storages bytes."""
    start: int = 0
    """Where a view begins, in numbers."""


@dataclass(eq=False, slots=True)
class TensorRef:
    """A tensor over a storage; offset and strides count numbers."""

    storage: Storage
    dtype: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    note: str = ""


@dataclass(eq=False, slots=True)
class NumberType:
    """A numpy dtype of plain numbers."""

    descr: str
    order: str = "|"


@dataclass(eq=False, slots=True)
class ArrayRef:
    """A numpy array or number with its bytes."""

    descr: str = ""
    shape: tuple[int, ...] = ()
    fortran: bool = False
    data: bytes = b""


WIDTHS = {
    "BOOL": 1, "U8": 1, "I8": 1, "F8_E4M3": 1, "F8_E5M2": 1, "F8_E8M0": 1, "F8_E4M3FNUZ": 1, "F8_E5M2FNUZ": 1,
    "U16": 2, "I16": 2, "F16": 2, "BF16": 2, "U32": 4, "I32": 4, "F32": 4, "C32": 4, "U64": 8, "I64": 8, "F64": 8, "C64": 8,
    "C128": 16,
}  # fmt: skip
"""Bytes of one number; C32 and C128 are written as pairs of F16 and F64."""

_STORAGES = {
    "FloatStorage": "F32", "DoubleStorage": "F64", "HalfStorage": "F16", "BFloat16Storage": "BF16", "LongStorage": "I64",
    "IntStorage": "I32", "ShortStorage": "I16", "CharStorage": "I8", "ByteStorage": "U8", "BoolStorage": "BOOL",
    "ComplexFloatStorage": "C64", "ComplexDoubleStorage": "C128", "QUInt8Storage": "U8", "QInt8Storage": "I8",
    "QInt32Storage": "I32", "UntypedStorage": "U8",
}  # fmt: skip
STORAGES: dict[Ref, str] = {
    Ref(module, name): dtype for module in ("torch", "torch.cuda", "torch.storage") for name, dtype in _STORAGES.items()
}
UNTYPED = frozenset({Ref("torch.storage", "UntypedStorage"), Ref("torch", "UntypedStorage")})
_DTYPES = {
    "float32": "F32", "float": "F32", "float64": "F64", "double": "F64", "float16": "F16", "half": "F16", "bfloat16": "BF16",
    "int64": "I64", "long": "I64", "int32": "I32", "int": "I32", "int16": "I16", "short": "I16", "int8": "I8", "uint8": "U8",
    "uint16": "U16", "uint32": "U32", "uint64": "U64", "bool": "BOOL", "complex32": "C32", "complex64": "C64", "cfloat": "C64",
    "complex128": "C128", "cdouble": "C128", "quint8": "U8", "qint8": "I8", "qint32": "I32", "float8_e4m3fn": "F8_E4M3",
    "float8_e5m2": "F8_E5M2", "float8_e4m3fnuz": "F8_E4M3FNUZ", "float8_e5m2fnuz": "F8_E5M2FNUZ", "float8_e8m0fnu": "F8_E8M0",
}  # fmt: skip
DTYPES: dict[Ref, str] = {Ref("torch", name): dtype for name, dtype in _DTYPES.items()}
_SCHEMES = (
    "per_tensor_affine",
    "per_channel_affine",
    "per_tensor_symmetric",
    "per_channel_symmetric",
    "strided",
    "contiguous_format",
)
_TENSOR_TYPES = frozenset({
    Ref("torch", "Tensor"), Ref("torch._tensor", "Tensor"), Ref("torch.nn.parameter", "Parameter"), Ref("torch.nn.parameter", "Buffer"),
})  # fmt: skip
_NUMBERS = frozenset({"b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"})
NDARRAY = Ref("numpy", "ndarray")
_LARGEST_COUNT = 1 << 62


def _ordered(args: tuple[Any, ...]) -> Pairs:
    if not args:
        return Pairs()
    (source,) = args
    if isinstance(source, Pairs):
        return Pairs(list(source.items))
    if isinstance(source, list | tuple) and all(isinstance(pair, list | tuple) and len(pair) == 2 for pair in source):
        return Pairs([(pair[0], pair[1]) for pair in source])
    raise Misfit


def _bag(args: tuple[Any, ...]) -> Bag:
    if not args:
        return Bag()
    (source,) = args
    if not isinstance(source, list | tuple | Bag):
        raise Misfit
    return Bag(list(source.items if isinstance(source, Bag) else source))


def _namespace(args: tuple[Any, ...]) -> Pairs:
    if args:
        raise Misfit
    return Pairs()


def _encoded(args: tuple[Any, ...]) -> bytes:
    text, *codec = args
    if not isinstance(text, str) or codec not in (["latin1"], ["latin-1"]):
        raise Misfit
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError as fault:
        raise Misfit from fault


def _bytes(args: tuple[Any, ...]) -> bytes:
    if not args:
        return b""
    if len(args) == 1 and isinstance(args[0], bytes):
        return args[0]
    return _encoded(args)


def _complex(args: tuple[Any, ...]) -> complex:
    real, imaginary = args
    if not isinstance(real, int | float) or not isinstance(imaginary, int | float):
        raise Misfit
    return complex(real, imaginary)


def _slice(args: tuple[Any, ...]) -> Pairs:
    if len(args) != 3 or not all(part is None or type(part) is int for part in args):
        raise Misfit
    return Pairs([("slice", list(args))])


def _size(args: tuple[Any, ...]) -> tuple[int, ...]:
    return _counts(args[0]) if args else ()


def _device(args: tuple[Any, ...]) -> str:
    if not 1 <= len(args) <= 2 or not isinstance(args[0], str):
        raise Misfit
    return ":".join(str(part) for part in args if isinstance(part, str | int))


def _counts(value: Any) -> tuple[int, ...]:
    if type(value) not in (list, tuple) or len(value) > 64:
        raise Misfit
    for number in value:
        if type(number) is not int or not 0 <= number < _LARGEST_COUNT:
            raise Misfit
    return tuple(value)


def _tensor(storage: Any, offset: Any, shape: Any, strides: Any, dtype: str | None = None, note: str = "") -> TensorRef:
    if not isinstance(storage, Storage) or type(offset) is not int or offset < 0:
        raise Misfit
    sides, steps = _counts(shape), _counts(strides)
    if len(sides) != len(steps):
        raise Misfit
    return TensorRef(storage, dtype or storage.dtype, offset, sides, steps, note)


def _check_hooks(hooks: Any) -> None:
    if hooks is not None and not (isinstance(hooks, Pairs) and not hooks.items):
        raise Misfit


def _tensor_v1(args: tuple[Any, ...]) -> TensorRef:
    storage, offset, shape, strides = args
    return _tensor(storage, offset, shape, strides)


def _tensor_v2(args: tuple[Any, ...]) -> TensorRef:
    storage, offset, shape, strides, _requires_grad, hooks, *metadata = args
    _check_hooks(hooks)
    if metadata:
        _check_bits(metadata)
    return _tensor(storage, offset, shape, strides)


def _tensor_v3(args: tuple[Any, ...]) -> TensorRef:
    storage, offset, shape, strides, _requires_grad, hooks, dtype, *metadata = args
    _check_hooks(hooks)
    _check_bits(metadata)
    if not isinstance(dtype, Ref) or dtype not in DTYPES:
        raise Misfit
    return _tensor(storage, offset, shape, strides, DTYPES[dtype])


def _check_bits(metadata: list[Any]) -> None:
    # Lazily conjugated or negated tensors: their numbers are not those that stand in the storage.
    if metadata and not (
        metadata == [None] or (len(metadata) == 1 and isinstance(metadata[0], Pairs) and not metadata[0].items)
    ):
        raise Misfit


def _quantised(args: tuple[Any, ...]) -> TensorRef:
    storage, offset, shape, strides, scheme, _requires_grad, hooks = args
    _check_hooks(hooks)
    if not isinstance(scheme, tuple) or not scheme or not isinstance(scheme[0], Ref):
        raise Misfit
    numbers = [number for number in scheme[1:] if type(number) in (int, float)]
    return _tensor(
        storage, offset, shape, strides, note=f"quantised {scheme[0].name} {' '.join(map(repr, numbers))}".strip()
    )


def _parameter(args: tuple[Any, ...]) -> TensorRef:
    data, _requires_grad, hooks, *state = args
    _check_hooks(hooks)
    if not isinstance(data, TensorRef) or len(state) > 1:
        raise Misfit
    return data


def _typed(args: tuple[Any, ...]) -> TensorRef:
    function, kind, inner, _state = args
    if (
        kind not in _TENSOR_TYPES
        or not isinstance(function, Ref)
        or function not in _REBUILDS
        or not isinstance(inner, tuple)
    ):
        raise Misfit
    return _REBUILDS[function](inner)


def _number_type(args: tuple[Any, ...]) -> NumberType:
    descr = args[0] if args else None
    if isinstance(descr, bytes):
        descr = descr.decode("latin-1")
    if not isinstance(descr, str) or descr.lstrip("<>=|") not in _NUMBERS:
        raise Misfit
    return NumberType(descr.lstrip("<>=|"), descr[0] if descr[0] in "<>" else "|")


def _array(args: tuple[Any, ...]) -> ArrayRef:
    kind, shape, _code = args
    if kind != NDARRAY or shape not in ((0,), [0]):
        raise Misfit
    return ArrayRef()


def _number(args: tuple[Any, ...]) -> ArrayRef:
    kind, data = args
    if not isinstance(kind, NumberType) or not isinstance(data, bytes) or len(data) != int(kind.descr[1:]):
        raise Misfit
    return ArrayRef(kind.order + kind.descr, (), False, data)


def _from_buffer(args: tuple[Any, ...]) -> ArrayRef:
    data, kind, shape, order = args
    if not isinstance(kind, NumberType) or not isinstance(data, bytes) or order not in ("C", "F"):
        raise Misfit
    return ArrayRef(kind.order + kind.descr, _counts(shape), order == "F", data)


_REBUILDS: dict[Ref, Callable[[tuple[Any, ...]], TensorRef]] = {
    Ref("torch._utils", "_rebuild_tensor"): _tensor_v1,
    Ref("torch._utils", "_rebuild_tensor_v2"): _tensor_v2,
    Ref("torch._utils", "_rebuild_tensor_v3"): _tensor_v3,
    Ref("torch._utils", "_rebuild_parameter"): _parameter,
    Ref("torch._utils", "_rebuild_parameter_with_state"): _parameter,
    Ref("torch._utils", "_rebuild_qtensor"): _quantised,
}

CONSTRUCTORS: dict[Ref, Callable[[tuple[Any, ...]], Any]] = {
    Ref("collections", "OrderedDict"): _ordered,
    Ref("collections", "Counter"): _ordered,
    Ref("builtins", "set"): _bag,
    Ref("builtins", "frozenset"): _bag,
    Ref("builtins", "slice"): _slice,
    Ref("builtins", "complex"): _complex,
    Ref("builtins", "bytearray"): _bytes,
    Ref("builtins", "bytes"): _bytes,
    Ref("_codecs", "encode"): _encoded,
    Ref("argparse", "Namespace"): _namespace,
    Ref("torch", "Size"): _size,
    Ref("torch", "device"): _device,
    Ref("torch._tensor", "_rebuild_from_type_v2"): _typed,
    Ref("numpy", "dtype"): _number_type,
    **_REBUILDS,
    **{Ref(f"numpy.{core}.multiarray", "_reconstruct"): _array for core in ("core", "_core")},
    **{Ref(f"numpy.{core}.multiarray", "scalar"): _number for core in ("core", "_core")},
    **{Ref(f"numpy.{core}.numeric", "_frombuffer"): _from_buffer for core in ("core", "_core")},
}
"""The only names that a pickle may call, and what stands for them here."""
FRUGAL = frozenset(_REBUILDS.values())
"""Constructors that copy no more than a few numbers, whatever they are given."""

NAMES: frozenset[Ref] = frozenset(
    {*CONSTRUCTORS, *STORAGES, *DTYPES, *_TENSOR_TYPES, NDARRAY, *(Ref("torch", name) for name in _SCHEMES)}
)
"""Every name that a pickle may mention."""


def with_state(value: Any, state: Any) -> None:
    """What BUILD does to an inert object.

    Raises
    ------
    Misfit
        where the state does not belong to such an object
    """
    if isinstance(value, ArrayRef):
        _fill(value, state)
    elif isinstance(value, NumberType):
        if not isinstance(state, tuple) or len(state) < 2 or state[1] not in ("<", ">", "|", "=", b"<", b">", b"|"):
            raise Misfit
        order = state[1].decode() if isinstance(state[1], bytes) else state[1]
        value.order = order if order in "<>" else "|"
    elif isinstance(value, Pairs) and isinstance(state, Pairs):
        # A namespace keeps its fields this way; an ordered dictionary of torch its ``_metadata``, which only torch reads.
        value.items.extend([pair for pair in state.items if pair[0] != "_metadata"])
    elif not isinstance(value, TensorRef) or not isinstance(state, Pairs | tuple):
        raise Misfit


def _fill(array: ArrayRef, state: Any) -> None:
    if not isinstance(state, tuple) or len(state) not in (4, 5):
        raise Misfit
    shape, kind, fortran, data = state[-4:]
    if not isinstance(kind, NumberType) or not isinstance(data, bytes) or type(fortran) not in (bool, int):
        raise Misfit
    array.descr, array.shape, array.fortran, array.data = kind.order + kind.descr, _counts(shape), bool(fortran), data
