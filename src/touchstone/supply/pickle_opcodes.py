"""What the opcodes of pickle protocols 0 to 5 do on paper; they are those of CPython's ``pickletools``."""

from __future__ import annotations

import codecs
import struct
from collections.abc import Callable
from typing import Any

from touchstone.supply.inert import ArrayRef, Bag, Call, Misfit, NumberType, Pairs, Ref, TensorRef, with_state
from touchstone.supply.pickle_machine import MAXIMUM_TEXT, Broken, Machine, Operation

_MAXIMUM_DIGITS = 1000
_MAXIMUM_INTEGER_BYTES = 1024


def _number_line(machine: Machine) -> int:
    digits = machine.line().rstrip(b"L\r").strip()
    if len(digits) > _MAXIMUM_DIGITS:
        raise Broken("a number is longer than it may be")
    return int(digits or b"0")


def _integer_line(machine: Machine) -> None:
    line = machine.line().strip()
    if line in (b"00", b"01"):
        machine.stack.append(line == b"01")
    elif len(line) > _MAXIMUM_DIGITS:
        raise Broken("a number is longer than it may be")
    else:
        machine.stack.append(int(line, 0))


def _long(size_bytes: int) -> Operation:
    def operation(machine: Machine) -> None:
        size = machine.unsigned(size_bytes)
        if size > _MAXIMUM_INTEGER_BYTES:
            raise Broken("a number is longer than it may be")
        machine.stack.append(int.from_bytes(machine.take(size), "little", signed=True))

    return operation


def _unpacked(form: str) -> Operation:
    shape = struct.Struct(form)

    def operation(machine: Machine) -> None:
        machine.stack.append(shape.unpack(machine.take(shape.size))[0])

    return operation


def _constant(value: Any) -> Operation:
    return lambda machine: machine.stack.append(value)


def _fresh(make: Callable[[], Any]) -> Operation:
    return lambda machine: machine.stack.append(make())


def _text(size_bytes: int) -> Operation:
    return lambda machine: machine.stack.append(machine.words(machine.unsigned(size_bytes)))


def _old_text(size_bytes: int) -> Operation:
    # Python 2 strings: latin-1 keeps every byte
    def operation(machine: Machine) -> None:
        size = machine.unsigned(size_bytes)
        machine.text += size
        if machine.text > MAXIMUM_TEXT:
            raise Broken("it holds more text than it may")
        machine.stack.append(machine.take(size).decode("latin-1"))

    return operation


def _binary(size_bytes: int) -> Operation:
    return lambda machine: machine.stack.append(machine.raw(machine.unsigned(size_bytes)))


def _quoted_line(machine: Machine) -> None:
    line = machine.line().strip()
    if len(line) < 2 or line[:1] != line[-1:] or line[:1] not in (b"'", b'"'):
        raise Broken("a text is not quoted")
    decoded, _ = codecs.escape_decode(line[1:-1])
    machine.text += len(decoded)
    machine.stack.append(decoded.decode("latin-1"))


def _unicode_line(machine: Machine) -> None:
    line = machine.line()
    machine.text += len(line)
    machine.stack.append(line.decode("raw-unicode-escape"))


def _float_line(machine: Machine) -> None:
    machine.stack.append(float(machine.line()[:_MAXIMUM_DIGITS]))


def _mark(machine: Machine) -> None:
    machine.marked.append(machine.stack)
    machine.stack = []


def _pop(machine: Machine) -> None:
    if machine.stack:
        machine.stack.pop()
    else:
        machine.since_mark()


def _pop_mark(machine: Machine) -> None:
    machine.since_mark()


def _tuple(size: int) -> Operation:
    def operation(machine: Machine) -> None:
        if len(machine.stack) < size:
            raise Broken("a tuple lacks parts")
        machine.stack[-size:] = [tuple(machine.stack[-size:])]

    return operation


def _marked_tuple(machine: Machine) -> None:
    items = machine.since_mark()
    machine.stack.append(tuple(items))


def _marked_list(machine: Machine) -> None:
    items = machine.since_mark()
    machine.stack.append(items)


def _marked_dict(machine: Machine) -> None:
    items = machine.since_mark()
    machine.stack.append(Pairs(_paired(items)))


def _frozen(machine: Machine) -> None:
    items = machine.since_mark()
    machine.stack.append(Bag(items))


def _paired(items: list[Any]) -> list[tuple[Any, Any]]:
    if len(items) % 2:
        raise Broken("a key has no value")
    return list(zip(items[::2], items[1::2], strict=True))


def _append(machine: Machine) -> None:
    value = machine.stack.pop()
    _extend(machine, [value])


def _appends(machine: Machine) -> None:
    _extend(machine, machine.since_mark())


def _extend(machine: Machine, items: list[Any]) -> None:
    target = machine.stack[-1]
    if isinstance(target, list):
        target.extend(items)
    elif not isinstance(target, Call):
        raise Broken("something is appended to what is no list")


def _add_items(machine: Machine) -> None:
    items = machine.since_mark()
    target = machine.stack[-1]
    if isinstance(target, Bag):
        target.items.extend(items)
    elif not isinstance(target, Call):
        raise Broken("something is added to what is no set")


def _set_item(machine: Machine) -> None:
    value, key = machine.stack.pop(), machine.stack.pop()
    _update(machine, [(key, value)])


def _set_items(machine: Machine) -> None:
    _update(machine, _paired(machine.since_mark()))


def _update(machine: Machine, pairs: list[tuple[Any, Any]]) -> None:
    target = machine.stack[-1]
    if isinstance(target, Pairs):
        target.items.extend(pairs)
    elif not isinstance(target, Call):
        raise Broken("something is put into what is no dictionary")


def _get(index_of: Callable[[Machine], int]) -> Operation:
    return lambda machine: machine.stack.append(machine.memo[index_of(machine)])


def _put(index_of: Callable[[Machine], int]) -> Operation:
    return lambda machine: machine.remember(index_of(machine))


def _memoise(machine: Machine) -> None:
    machine.remember(len(machine.memo))


def _global(machine: Machine) -> None:
    module, name = machine.line().decode("utf-8"), machine.line().decode("utf-8")
    machine.stack.append(machine.name(module, name))


def _stack_global(machine: Machine) -> None:
    name, module = machine.stack.pop(), machine.stack.pop()
    machine.stack.append(machine.name(module, name))


def _instance(machine: Machine) -> None:
    module, name = machine.line().decode("utf-8"), machine.line().decode("utf-8")
    args = tuple(machine.since_mark())
    machine.stack.append(machine.call(machine.name(module, name), args, "call"))


def _object(machine: Machine) -> None:
    items = machine.since_mark()
    machine.stack.append(machine.call(items[0], tuple(items[1:]), "call"))


def _reduce(machine: Machine) -> None:
    args, function = machine.stack.pop(), machine.stack.pop()
    machine.stack.append(machine.call(function, args, "call"))


def _new_object(machine: Machine) -> None:
    args, function = machine.stack.pop(), machine.stack.pop()
    machine.stack.append(machine.call(function, args, "instance"))


def _new_object_with_keywords(machine: Machine) -> None:
    keywords, args, function = machine.stack.pop(), machine.stack.pop(), machine.stack.pop()
    if isinstance(keywords, Pairs) and not keywords.items:
        machine.stack.append(machine.call(function, args, "instance"))
        return
    machine.stream.n_calls += 1
    machine.offend(function, "instance")
    machine.stack.append(Call(function))


def _build(machine: Machine) -> None:
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
                raise Broken("an object is given a state that is not its own") from misfit
    elif not isinstance(target, Call):
        raise Broken("a state is given to what has none")


def _persistent_line(machine: Machine) -> None:
    machine.stack.append(machine.line().decode("latin-1"))
    _persistent_value(machine)


def _persistent_value(machine: Machine) -> None:
    identity = machine.stack.pop()
    if machine.resolve is None:
        raise Broken("it asks for data outside of itself")
    machine.stack.append(machine.resolve(identity))


def _extension(size: int) -> Operation:
    def operation(machine: Machine) -> None:
        code = machine.unsigned(size)
        ref = Ref("copyreg extension", str(code))
        machine.offend(ref, "call")
        machine.stack.append(ref)

    return operation


def _outside_buffer(machine: Machine) -> None:
    raise Broken("it asks for buffers outside of itself")


def _protocol(machine: Machine) -> None:
    machine.stream.protocol = machine.unsigned(1)
    if machine.stream.protocol > 5:
        raise Broken(f"protocol {machine.stream.protocol} does not exist")


def _frame(machine: Machine) -> None:
    if machine.unsigned(8) > machine.blob.size - machine.position:
        raise Broken("a frame is longer than the file")


_BY_CODE: dict[bytes, Operation] = {
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

OPCODES: list[Operation | None] = [_BY_CODE.get(bytes([code])) for code in range(256)]
"""What each byte does; None for STOP and for bytes that are no opcode."""
