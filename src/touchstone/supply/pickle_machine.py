"""A pickle carried out on paper: every opcode of protocols 0 to 5 over inert objects, with no name ever looked up.

The opcodes are those of CPython's ``pickletools``. One that is not known ends the stream; so does a budget.
"""

from __future__ import annotations

import codecs
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from touchstone.supply.blob import Blob
from touchstone.supply.inert import (
    CONSTRUCTORS,
    FRUGAL,
    NAMES,
    ArrayRef,
    Bag,
    Call,
    Misfit,
    NumberType,
    Pairs,
    Ref,
    TensorRef,
    with_state,
)
from touchstone.supply.rules import Refused
from touchstone.supply.work import CALL, OPERATION, Work

MAXIMUM_OPCODES = 10_000_000
MAXIMUM_MEMO = 1_000_000
MAXIMUM_TEXT = 64 << 20
MAXIMUM_BYTES = 1 << 30
MAXIMUM_COPIED = 64 << 20
"""Bytes that constructors may copy: without a bound, a container built from itself doubles at every step."""
_ITEM_BYTES = 16
_COPIED = frozenset({tuple, list, str, Pairs, Bag})
_MAXIMUM_LINE = 1 << 20
_MAXIMUM_DIGITS = 1000
_MAXIMUM_INTEGER_BYTES = 1024
_WINDOW = 1 << 16
_OLD_MODULES = {"__builtin__": "builtins", "copy_reg": "copyreg"}
_COMPUTED = Ref("<computed>", "<computed>")
_KNOWN = {(ref.module, ref.name): ref for ref in NAMES}
_WIDEST = 5
"""Bytes of the longest opcode with its operand among those that are carried out on the spot."""
_PUT, _LONG_PUT, _GET, _LONG_GET, _TEXT, _BYTE, _MARK, _MARKED_TUPLE, _ALONE = b"qrhjXK(t\x85"


class _Broken(Exception):
    """The stream cannot go on."""


@dataclass(frozen=True, slots=True)
class Offence:
    """A name outside of the inert table, and what the pickle does with it."""

    ref: Ref
    how: str
    """``call``, ``instance`` or ``name``."""
    position: int
    """Byte of the opcode, from the beginning of the file."""


@dataclass(slots=True)
class Stream:
    """One pickle stream as far as it could be followed."""

    start: int
    end: int = 0
    """Just after STOP, or where it broke."""
    value: Any = None
    fault: str = ""
    """Why it broke; empty where it came to its STOP."""
    offences: list[Offence] = field(default_factory=list)
    n_calls: int = 0
    """Calls and instances, also of names in the table."""
    protocol: int = 0
    too_long: bool = False
    """It asks for more steps than its file may take."""


Resolve = Callable[[Any], Any]


def run(blob: Blob, start: int = 0, resolve: Resolve | None = None, work: Work | None = None) -> Stream:
    """Follow one stream from ``start`` to its STOP or its break; nothing is executed, and nothing raised.

    Where its steps are used up, the stream is ``too_long``.

    Parameters
    ----------
    blob : the bytes
    start : where the stream begins
    resolve : from a persistent id to an inert object (a storage); raises ``Misfit`` for what it does not know
    work : steps that it may take; those of the file where none are given
    """
    work = blob.work if work is None else work
    machine = _Machine(blob, start, resolve)
    stream = machine.stream
    try:
        machine.follow(min(work.left, MAXIMUM_OPCODES))
    except _Broken as broken:
        stream.fault = str(broken)
    except Misfit:
        stream.fault = "a constructor is given what it cannot take"
    except Refused as refused:
        stream.fault = refused.reason
    except (IndexError, ValueError, struct.error, KeyError) as fault:
        stream.fault = f"an opcode finds nothing that it could work on ({type(fault).__name__})"
    stream.end = machine.position
    work.left -= machine.steps
    return stream


class _Machine:
    def __init__(self, blob: Blob, start: int, resolve: Resolve | None) -> None:
        self.blob, self.resolve = blob, resolve
        self.stream = Stream(start)
        self._window, self._window_start, self._at = b"", start, 0
        self.stack: list[Any] = []
        self.marked: list[list[Any]] = []
        self.memo: dict[int, Any] = {}
        self.text = self.bytes = self.copied = 0
        self.steps = 0
        """Of opcodes and of what takes longer, as far as they were counted."""
        self._seen: set[tuple[Ref, str]] = set()

    @property
    def position(self) -> int:
        return self._window_start + self._at

    def take(self, size: int) -> bytes:
        """The next bytes."""
        end = self._at + size
        if end > len(self._window):
            begin = self.position
            if size < 0 or begin + size > self.blob.size:
                raise _Broken("it breaks off")
            self._window = self.blob.read(begin, max(size, _WINDOW))
            self._window_start, self._at, end = begin, 0, size
            if len(self._window) < size:
                raise _Broken("it breaks off")
        data = self._window[self._at : end]
        self._at = end
        return data

    def line(self) -> bytes:
        """Up to the next line end, which is left out."""
        self.steps += OPERATION
        parts, size = [], 0
        while True:
            found = self._window.find(b"\n", self._at)
            if found >= 0:
                parts.append(self._window[self._at : found])
                self._at = found + 1
                return b"".join(parts)
            rest = self._window[self._at :]
            parts.append(rest)
            size += len(rest)
            self._at = len(self._window)
            if size > _MAXIMUM_LINE or self.position >= self.blob.size:
                raise _Broken("a line does not end")
            self._window_start, self._at = self.position, 0
            self._window = self.blob.read(self._window_start, _WINDOW)

    def follow(self, limit: int) -> None:
        """Carry out opcodes until the stream ends; the few that state dicts are made of, on the spot."""
        operations, memo, from_bytes = _OPCODES, self.memo, int.from_bytes
        window, at, stack = self._window, self._at, self.stack
        near_end, bound = len(window) - _WIDEST, limit - self.steps
        opcodes = 0
        try:
            while opcodes < bound:
                opcodes += 1
                if at < near_end:
                    code = window[at]
                    at += 1
                    if code == _LONG_PUT:
                        if len(memo) < MAXIMUM_MEMO:
                            memo[from_bytes(window[at : at + 4], "little")] = stack[-1]
                            at += 4
                            continue
                    elif code == _GET:
                        stack.append(memo[window[at]])
                        at += 1
                        continue
                    elif code == _LONG_GET:
                        stack.append(memo[from_bytes(window[at : at + 4], "little")])
                        at += 4
                        continue
                    elif code == _PUT:
                        if len(memo) < MAXIMUM_MEMO:
                            memo[window[at]] = stack[-1]
                            at += 1
                            continue
                    elif code == _TEXT:
                        size = from_bytes(window[at : at + 4], "little")
                        end = at + 4 + size
                        if end <= len(window) and self.text + size <= MAXIMUM_TEXT:
                            self.text += size
                            stack.append(window[at + 4 : end].decode("utf-8", "surrogatepass"))
                            at = end
                            continue
                    elif code == _BYTE:
                        stack.append(window[at])
                        at += 1
                        continue
                    elif code == _ALONE:
                        stack[-1] = (stack[-1],)
                        continue
                    elif code == _MARK:
                        opcodes += OPERATION - 1
                        self.marked.append(stack)
                        stack = self.stack = []
                        continue
                    elif code == _MARKED_TUPLE:
                        items, stack = stack, self.marked.pop()
                        self.stack = stack
                        stack.append(tuple(items))
                        continue
                    self._at, at = at, -1
                else:
                    self._at, at = at, -1
                    code = self.take(1)[0]
                opcodes += OPERATION - 1
                operation = operations[code]
                if operation is None:
                    if code == _STOP:
                        self.stream.value = stack.pop()
                        return
                    raise _Broken(f"byte {self.position - 1:,} is no opcode")
                operation(self)
                at, stack, bound = self._at, self.stack, limit - self.steps
                if window is not self._window:
                    window = self._window
                    near_end = len(window) - _WIDEST
            self.stream.too_long = True
            raise _Broken("reading it takes more steps than data of its size need")
        finally:
            if at >= 0:  # nothing else moves on the spot
                self._at = at
            self.steps += opcodes

    # what opcodes share

    def words(self, size: int, errors: str = "surrogatepass") -> str:
        self.text += size
        if self.text > MAXIMUM_TEXT:
            raise _Broken("it holds more text than it may")
        return self.take(size).decode("utf-8", errors)

    def raw(self, size: int) -> bytes:
        self.bytes += size
        if self.bytes > MAXIMUM_BYTES:
            raise _Broken("it holds more bytes than it may")
        return self.take(size)

    def unsigned(self, size: int) -> int:
        return int.from_bytes(self.take(size), "little")

    def since_mark(self) -> list[Any]:
        items = self.stack
        self.stack = self.marked.pop()
        return items

    def remember(self, index: int) -> None:
        if index < 0 or (len(self.memo) >= MAXIMUM_MEMO and index not in self.memo):
            raise _Broken("it remembers more than it may")
        self.memo[index] = self.stack[-1]

    def copies(self, args: tuple[Any, ...]) -> None:
        for value in args:
            if type(value) in _COPIED:
                inner = value.items if isinstance(value, (Pairs, Bag)) else value
                self.copied += len(inner) * (1 if isinstance(inner, str) else _ITEM_BYTES)
        if self.copied > MAXIMUM_COPIED:
            raise _Broken("it unfolds to more than it may")

    def offend(self, ref: Any, how: str) -> None:
        ref = ref if isinstance(ref, Ref) else _COMPUTED
        if (ref, how) not in self._seen and len(self._seen) < 1000:
            self._seen.add((ref, how))
            self.stream.offences.append(Offence(ref, how, self.position - 1))

    def name(self, module: Any, name: Any) -> Ref:
        if not isinstance(module, str) or not isinstance(name, str):
            self.offend(_COMPUTED, "call")
            return _COMPUTED
        self.steps += CALL
        module = _OLD_MODULES.get(module, module)
        known = _KNOWN.get((module, name))
        if known is not None:
            return known
        ref = Ref(module, name)
        self.offend(ref, "name")
        return ref

    def call(self, function: Any, args: Any, how: str) -> Any:
        """Apply a constructor of the table, or note that a name outside of it would have been called."""
        self.stream.n_calls += 1
        self.steps += CALL
        constructor = CONSTRUCTORS.get(function) if type(function) is Ref else None
        if constructor is None:
            self.offend(function.ref if isinstance(function, Call) else function, how)
            return Call(function if isinstance(function, Ref) else _COMPUTED)
        if not isinstance(args, tuple):
            raise _Broken("a call has no arguments")
        if constructor not in FRUGAL:
            self.copies(args)
        try:
            return constructor(args)
        except (Misfit, ValueError, IndexError) as misfit:
            if self.stream.offences:
                return Call(function)
            raise _Broken(f"{function} is given what it cannot take") from misfit


def _number_line(machine: _Machine) -> int:
    digits = machine.line().rstrip(b"L\r").strip()
    if len(digits) > _MAXIMUM_DIGITS:
        raise _Broken("a number is longer than it may be")
    return int(digits or b"0")


def _integer_line(machine: _Machine) -> None:
    line = machine.line().strip()
    if line in (b"00", b"01"):
        machine.stack.append(line == b"01")
    elif len(line) > _MAXIMUM_DIGITS:
        raise _Broken("a number is longer than it may be")
    else:
        machine.stack.append(int(line, 0))


def _long(size_bytes: int) -> Callable[[_Machine], None]:
    def operation(machine: _Machine) -> None:
        size = machine.unsigned(size_bytes)
        if size > _MAXIMUM_INTEGER_BYTES:
            raise _Broken("a number is longer than it may be")
        machine.stack.append(int.from_bytes(machine.take(size), "little", signed=True))

    return operation


def _unpacked(form: str) -> Callable[[_Machine], None]:
    shape = struct.Struct(form)

    def operation(machine: _Machine) -> None:
        machine.stack.append(shape.unpack(machine.take(shape.size))[0])

    return operation


def _constant(value: Any) -> Callable[[_Machine], None]:
    return lambda machine: machine.stack.append(value)


def _fresh(make: Callable[[], Any]) -> Callable[[_Machine], None]:
    return lambda machine: machine.stack.append(make())


def _text(size_bytes: int) -> Callable[[_Machine], None]:
    return lambda machine: machine.stack.append(machine.words(machine.unsigned(size_bytes)))


def _old_text(size_bytes: int) -> Callable[[_Machine], None]:
    # Python 2 strings: latin-1 keeps every byte
    def operation(machine: _Machine) -> None:
        size = machine.unsigned(size_bytes)
        machine.text += size
        if machine.text > MAXIMUM_TEXT:
            raise _Broken("it holds more text than it may")
        machine.stack.append(machine.take(size).decode("latin-1"))

    return operation


def _binary(size_bytes: int) -> Callable[[_Machine], None]:
    return lambda machine: machine.stack.append(machine.raw(machine.unsigned(size_bytes)))


def _quoted_line(machine: _Machine) -> None:
    line = machine.line().strip()
    if len(line) < 2 or line[:1] != line[-1:] or line[:1] not in (b"'", b'"'):
        raise _Broken("a text is not quoted")
    decoded, _ = codecs.escape_decode(line[1:-1])
    machine.text += len(decoded)
    machine.stack.append(decoded.decode("latin-1"))


def _unicode_line(machine: _Machine) -> None:
    line = machine.line()
    machine.text += len(line)
    machine.stack.append(line.decode("raw-unicode-escape"))


def _float_line(machine: _Machine) -> None:
    machine.stack.append(float(machine.line()[:_MAXIMUM_DIGITS]))


def _mark(machine: _Machine) -> None:
    machine.marked.append(machine.stack)
    machine.stack = []


def _pop(machine: _Machine) -> None:
    if machine.stack:
        machine.stack.pop()
    else:
        machine.since_mark()


def _pop_mark(machine: _Machine) -> None:
    machine.since_mark()


def _tuple(size: int) -> Callable[[_Machine], None]:
    def operation(machine: _Machine) -> None:
        if len(machine.stack) < size:
            raise _Broken("a tuple lacks parts")
        machine.stack[-size:] = [tuple(machine.stack[-size:])]

    return operation


def _marked_tuple(machine: _Machine) -> None:
    items = machine.since_mark()
    machine.stack.append(tuple(items))


def _marked_list(machine: _Machine) -> None:
    items = machine.since_mark()
    machine.stack.append(items)


def _marked_dict(machine: _Machine) -> None:
    items = machine.since_mark()
    machine.stack.append(Pairs(_paired(items)))


def _frozen(machine: _Machine) -> None:
    items = machine.since_mark()
    machine.stack.append(Bag(items))


def _paired(items: list[Any]) -> list[tuple[Any, Any]]:
    if len(items) % 2:
        raise _Broken("a key has no value")
    return list(zip(items[::2], items[1::2], strict=True))


def _append(machine: _Machine) -> None:
    value = machine.stack.pop()
    _extend(machine, [value])


def _appends(machine: _Machine) -> None:
    _extend(machine, machine.since_mark())


def _extend(machine: _Machine, items: list[Any]) -> None:
    target = machine.stack[-1]
    if isinstance(target, list):
        target.extend(items)
    elif not isinstance(target, Call):
        raise _Broken("something is appended to what is no list")


def _add_items(machine: _Machine) -> None:
    items = machine.since_mark()
    target = machine.stack[-1]
    if isinstance(target, Bag):
        target.items.extend(items)
    elif not isinstance(target, Call):
        raise _Broken("something is added to what is no set")


def _set_item(machine: _Machine) -> None:
    value, key = machine.stack.pop(), machine.stack.pop()
    _update(machine, [(key, value)])


def _set_items(machine: _Machine) -> None:
    _update(machine, _paired(machine.since_mark()))


def _update(machine: _Machine, pairs: list[tuple[Any, Any]]) -> None:
    target = machine.stack[-1]
    if isinstance(target, Pairs):
        target.items.extend(pairs)
    elif not isinstance(target, Call):
        raise _Broken("something is put into what is no dictionary")


def _get(index_of: Callable[[_Machine], int]) -> Callable[[_Machine], None]:
    return lambda machine: machine.stack.append(machine.memo[index_of(machine)])


def _put(index_of: Callable[[_Machine], int]) -> Callable[[_Machine], None]:
    return lambda machine: machine.remember(index_of(machine))


def _memoise(machine: _Machine) -> None:
    machine.remember(len(machine.memo))


def _global(machine: _Machine) -> None:
    module, name = machine.line().decode("utf-8"), machine.line().decode("utf-8")
    machine.stack.append(machine.name(module, name))


def _stack_global(machine: _Machine) -> None:
    name, module = machine.stack.pop(), machine.stack.pop()
    machine.stack.append(machine.name(module, name))


def _instance(machine: _Machine) -> None:
    module, name = machine.line().decode("utf-8"), machine.line().decode("utf-8")
    args = tuple(machine.since_mark())
    machine.stack.append(machine.call(machine.name(module, name), args, "call"))


def _object(machine: _Machine) -> None:
    items = machine.since_mark()
    machine.stack.append(machine.call(items[0], tuple(items[1:]), "call"))


def _reduce(machine: _Machine) -> None:
    args, function = machine.stack.pop(), machine.stack.pop()
    machine.stack.append(machine.call(function, args, "call"))


def _new_object(machine: _Machine) -> None:
    args, function = machine.stack.pop(), machine.stack.pop()
    machine.stack.append(machine.call(function, args, "instance"))


def _new_object_with_keywords(machine: _Machine) -> None:
    keywords, args, function = machine.stack.pop(), machine.stack.pop(), machine.stack.pop()
    if isinstance(keywords, Pairs) and not keywords.items:
        machine.stack.append(machine.call(function, args, "instance"))
        return
    machine.stream.n_calls += 1
    machine.offend(function, "instance")
    machine.stack.append(Call(function))


def _build(machine: _Machine) -> None:
    state, target = machine.stack.pop(), machine.stack[-1]
    if isinstance(target, Ref):
        machine.stream.n_calls += 1
        machine.offend(target, "call")
    elif isinstance(target, ArrayRef | NumberType | Pairs | TensorRef):
        machine.copies((state,))
        try:
            with_state(target, state)
        except Misfit as misfit:
            if not machine.stream.offences:
                raise _Broken("an object is given a state that is not its own") from misfit
    elif not isinstance(target, Call):
        raise _Broken("a state is given to what has none")


def _persistent_line(machine: _Machine) -> None:
    machine.stack.append(machine.line().decode("latin-1"))
    _persistent_value(machine)


def _persistent_value(machine: _Machine) -> None:
    identity = machine.stack.pop()
    if machine.resolve is None:
        raise _Broken("it asks for data outside of itself")
    machine.stack.append(machine.resolve(identity))


def _extension(size: int) -> Callable[[_Machine], None]:
    def operation(machine: _Machine) -> None:
        code = machine.unsigned(size)
        ref = Ref("copyreg extension", str(code))
        machine.offend(ref, "call")
        machine.stack.append(ref)

    return operation


def _outside_buffer(machine: _Machine) -> None:
    raise _Broken("it asks for buffers outside of itself")


def _protocol(machine: _Machine) -> None:
    machine.stream.protocol = machine.unsigned(1)
    if machine.stream.protocol > 5:
        raise _Broken(f"protocol {machine.stream.protocol} does not exist")


def _frame(machine: _Machine) -> None:
    if machine.unsigned(8) > machine.blob.size - machine.position:
        raise _Broken("a frame is longer than the file")


_STOP = ord(".")
_BY_CODE: dict[bytes, Callable[[_Machine], None]] = {
    b"(": _mark, b"0": _pop, b"1": _pop_mark,
    b"2": lambda machine: machine.stack.append(machine.stack[-1]),
    b"F": _float_line, b"I": _integer_line, b"J": _unpacked("<i"), b"K": _unpacked("<B"), b"M": _unpacked("<H"),
    b"L": lambda machine: machine.stack.append(_number_line(machine)), b"G": _unpacked(">d"),
    b"N": _constant(None), b"\x88": _constant(True), b"\x89": _constant(False), b"\x8a": _long(1), b"\x8b": _long(4),
    b"S": _quoted_line, b"T": _old_text(4), b"U": _old_text(1), b"V": _unicode_line, b"X": _text(4),
    b"\x8c": _text(1), b"\x8d": _text(8), b"B": _binary(4), b"C": _binary(1), b"\x8e": _binary(8), b"\x96": _binary(8),
    b")": _constant(()), b"t": _marked_tuple, b"\x85": _tuple(1), b"\x86": _tuple(2), b"\x87": _tuple(3),
    b"]": _fresh(list), b"l": _marked_list, b"a": _append, b"e": _appends,
    b"}": _fresh(Pairs), b"d": _marked_dict, b"s": _set_item, b"u": _set_items,
    b"\x8f": _fresh(Bag), b"\x90": _add_items, b"\x91": _frozen,
    b"g": _get(_number_line), b"h": _get(lambda machine: machine.unsigned(1)), b"j": _get(lambda machine: machine.unsigned(4)),
    b"p": _put(_number_line), b"q": _put(lambda machine: machine.unsigned(1)), b"r": _put(lambda machine: machine.unsigned(4)),
    b"\x94": _memoise,
    b"c": _global, b"\x93": _stack_global, b"i": _instance, b"o": _object, b"R": _reduce, b"\x81": _new_object,
    b"\x92": _new_object_with_keywords, b"b": _build, b"P": _persistent_line, b"Q": _persistent_value,
    b"\x82": _extension(1), b"\x83": _extension(2), b"\x84": _extension(4),
    b"\x97": _outside_buffer, b"\x98": _outside_buffer, b"\x80": _protocol, b"\x95": _frame,
}  # fmt: skip

_OPCODES: list[Callable[[_Machine], None] | None] = [_BY_CODE.get(bytes([code])) for code in range(256)]
