"""Reading typed values out of a study's tree, collecting every fault on the way."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from touchstone.core.errors import Fault
from touchstone.study.nodes import Node


class Unread(Exception):
    """A value had a fault (already noted) and is left out of the result."""


Reader = Callable[[Node, str], Any]


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that ``word`` most likely meant, if any comes close."""
    options = {option.lower(): option for option in known}
    found = difflib.get_close_matches(word.lower().replace("-", "_"), options, n=1, cutoff=0.6)
    found = found or difflib.get_close_matches(word.lower(), options, n=1, cutoff=0.6)
    return options[found[0]] if found else None


def suggestion(word: str, known: Iterable[str]) -> str:
    """A mend that names the nearest known word, or all of them where none is near."""
    known = list(known)
    close = nearest(word, known)
    return f"did you mean {close!r}?" if close else "known here: " + ", ".join(known)


class Reading:
    """One pass over a study: ``file`` names it in faults, ``faults`` grows."""

    def __init__(self, file: str, faults: list[Fault] | None = None) -> None:
        self.file = file
        self.faults: list[Fault] = [] if faults is None else faults

    def note(self, node: Node, path: str, what: str, mend: str = "") -> None:
        """Note a fault at a node."""
        if node.line is None:
            where = f"{self.file}: {path}" if path else self.file
        else:
            where = f"{self.file}:{node.line}"
        self.faults.append(Fault(where, what, mend))

    def refuse(self, node: Node, path: str, what: str, mend: str = "") -> Unread:
        """Note a fault and give the exception that leaves the value out."""
        self.note(node, path, what, mend)
        return Unread(what)

    def mapping(
        self, node: Node, path: str, readers: Mapping[str, Reader], required: Iterable[str] = ()
    ) -> dict[str, Any]:
        """Read the known keys of a mapping; null means the default, unknown keys are faults."""
        if not node.is_mapping:
            what = f"{path or 'a study'} is {node.said()}, not a mapping"
            raise self.refuse(node, path, what, "write key: value lines")
        values: dict[str, Any] = {}
        for key, (key_node, value) in node.value.items():
            below = f"{path}.{key}" if path else key
            if key not in readers:
                place = f" under {path!r}" if path else ""
                self.note(key_node, below, f"unknown key {key!r}{place}", suggestion(key, readers))
            elif not value.is_null:
                try:
                    values[key] = readers[key](value, below)
                except Unread:
                    continue
        for key in required:
            if key not in node.value or node.value[key][1].is_null:
                below = f"{path}.{key}" if path else key
                self.note(node, below, f"{below!r} is missing", f"add {key}: ...")
        return values

    def text(self, node: Node, path: str) -> str:
        """A word or sentence; numbers and YAML's idea of true and false are taken as written."""
        if node.is_mapping or node.is_sequence or node.text is None:
            raise self.refuse(node, path, f"{path} is {node.said()}, not a text")
        if not node.text.strip():
            raise self.refuse(node, path, f"{path} is empty", "fill it in or leave the key out")
        return node.text

    def free_text(self, node: Node, path: str) -> str:
        """A text that may be empty."""
        return "" if node.text == "" else self.text(node, path)

    def flag(self, node: Node, path: str) -> bool:
        """True or false."""
        if not isinstance(node.value, bool):
            raise self.refuse(node, path, f"{path} is {node.said()}", "write true or false")
        return node.value

    def number(self, low: float | None = None, high: float | None = None, *, above: float | None = None,
               below: float | None = None) -> Reader:  # fmt: skip
        """A reader of finite numbers within bounds (``above`` and ``below`` exclude the end itself)."""

        def read(node: Node, path: str) -> float:
            value = self._finite(node, path)
            if (
                (low is not None and value < low) or (high is not None and value > high)
                or (above is not None and value <= above) or (below is not None and value >= below)
            ):  # fmt: skip
                mend = f"write a number {_range(low, high, above, below)}"
                raise self.refuse(node, path, f"{path} is {node.said()}", mend)
            return value

        return read

    def integer(self, low: int, high: int | None = None) -> Reader:
        """A reader of whole numbers within bounds."""
        number = self.number(low, high)

        def read(node: Node, path: str) -> int:
            value = number(node, path)
            if value != int(value):
                raise self.refuse(node, path, f"{path} is {node.said()}", "write a whole number")
            return int(value)

        return read

    def _finite(self, node: Node, path: str) -> float:
        # YAML 1.1 reads 1e-3 as a word, so words that are numbers are taken.
        if isinstance(node.value, bool) or not isinstance(node.value, (int, float, str)):
            raise self.refuse(node, path, f"{path} is {node.said()}, not a number")
        try:
            value = float(node.value)
        except (ValueError, OverflowError):
            raise self.refuse(node, path, f"{path} is {node.said()}, not a number") from None
        if not math.isfinite(value):
            raise self.refuse(node, path, f"{path} is {node.said()}", "write a finite number")
        return value

    def choice(self, options: tuple[str, ...]) -> Reader:
        """A reader of one of a few words."""

        def read(node: Node, path: str) -> str:
            word = self.text(node, path)
            if word not in options:
                close = nearest(word, options)
                mend = (f"did you mean {close!r}? " if close else "") + "known: " + ", ".join(options)
                raise self.refuse(node, path, f"{path} is {word!r}", mend)
            return word

        return read

    def texts(self, node: Node, path: str) -> tuple[str, ...]:
        """A list of texts; one text alone is a list of one."""
        if node.is_sequence:
            found = []
            for index, item in enumerate(node.value):
                try:
                    found.append(self.text(item, f"{path}[{index}]"))
                except Unread:
                    continue
            return tuple(found)
        return (self.text(node, path),)


def _range(low: float | None, high: float | None, above: float | None, below: float | None) -> str:
    parts = []
    if low is not None:
        parts.append(f"of {low:g} or more")
    if above is not None:
        parts.append(f"above {above:g}")
    if high is not None:
        parts.append(f"of at most {high:g}")
    if below is not None:
        parts.append(f"below {below:g}")
    return " and ".join(parts)
