"""A pickle carried out on paper, over inert objects, with no name ever looked up: stack, memo, and what they may hold.

What each opcode does stands in ``pickle_opcodes``. One that is not known ends the stream; so does a budget.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from touchstone.supply.blob import Blob
from touchstone.supply.inert import CONSTRUCTORS, FRUGAL, NAMES, Bag, Call, Misfit, Pairs, Ref
from touchstone.supply.work import CALL, OPERATION

MAXIMUM_MEMO = 1_000_000
MAXIMUM_TEXT = 64 << 20
MAXIMUM_BYTES = 1 << 30
MAXIMUM_COPIED = 64 << 20
"""Bytes that constructors may copy: without a bound, a container built from itself doubles at every step."""
_ITEM_BYTES = 16
_COPIED = frozenset({tuple, list, str, Pairs, Bag})
_MAXIMUM_LINE = 1 << 20
_WINDOW = 1 << 16
_OLD_MODULES = {"__builtin__": "builtins", "copy_reg": "copyreg"}
_COMPUTED = Ref("<computed>", "<computed>")
_KNOWN = {(ref.module, ref.name): ref for ref in NAMES}
_WIDEST = 5
"""Bytes of the longest opcode with its operand among those that are carried out on the spot."""
_PUT, _LONG_PUT, _GET, _LONG_GET, _TEXT, _BYTE, _MARK, _MARKED_TUPLE, _ALONE, _STOP = b"qrhjXK(t\x85."


class Broken(Exception):
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
"""From a persistent id to an inert object (a storage); raises ``Misfit`` for what it does not know."""
Operation = Callable[["Machine"], None]


class Machine:
    """The state of one stream on its way.

    Parameters
    ----------
    operations : what each of the 256 opcodes does; None for those that are none
    """

    def __init__(self, blob: Blob, start: int, resolve: Resolve | None, operations: Sequence[Operation | None]) -> None:
        self.blob, self.resolve, self._operations = blob, resolve, operations
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
                raise Broken("it breaks off")
            self._window = self.blob.read(begin, max(size, _WINDOW))
            self._window_start, self._at, end = begin, 0, size
            if len(self._window) < size:
                raise Broken("it breaks off")
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
                raise Broken("a line does not end")
            self._window_start, self._at = self.position, 0
            self._window = self.blob.read(self._window_start, _WINDOW)

    def follow(self, limit: int) -> None:
        """Carry out opcodes until the stream ends; the few that state dicts are made of, on the spot."""
        operations, memo, from_bytes = self._operations, self.memo, int.from_bytes
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
                    raise Broken(f"byte {self.position - 1:,} is no opcode")
                operation(self)
                at, stack, bound = self._at, self.stack, limit - self.steps
                if window is not self._window:
                    window = self._window
                    near_end = len(window) - _WIDEST
            self.stream.too_long = True
            raise Broken("reading it takes more steps than data of its size need")
        finally:
            if at >= 0:  # nothing else moves on the spot
                self._at = at
            self.steps += opcodes

    # what opcodes share

    def words(self, size: int, errors: str = "surrogatepass") -> str:
        self.text += size
        if self.text > MAXIMUM_TEXT:
            raise Broken("it holds more text than it may")
        return self.take(size).decode("utf-8", errors)

    def raw(self, size: int) -> bytes:
        self.bytes += size
        if self.bytes > MAXIMUM_BYTES:
            raise Broken("it holds more bytes than it may")
        return self.take(size)

    def unsigned(self, size: int) -> int:
        return int.from_bytes(self.take(size), "little")

    def since_mark(self) -> list[Any]:
        items = self.stack
        self.stack = self.marked.pop()
        return items

    def remember(self, index: int) -> None:
        if index < 0 or (len(self.memo) >= MAXIMUM_MEMO and index not in self.memo):
            raise Broken("it remembers more than it may")
        self.memo[index] = self.stack[-1]

    def copies(self, args: tuple[Any, ...]) -> None:
        for value in args:
            if type(value) in _COPIED:
                inner = value.items if isinstance(value, (Pairs, Bag)) else value
                self.copied += len(inner) * (1 if isinstance(inner, str) else _ITEM_BYTES)
        if self.copied > MAXIMUM_COPIED:
            raise Broken("it unfolds to more than it may")

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
            raise Broken("a call has no arguments")
        if constructor not in FRUGAL:
            self.copies(args)
        try:
            return constructor(args)
        except (Misfit, ValueError, IndexError) as misfit:
            if self.stream.offences:
                return Call(function)
            raise Broken(f"{function} is given what it cannot take") from misfit
