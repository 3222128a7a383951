"""A study's raw tree: every value with the line it stands on, from YAML text or from plain Python objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import yaml

from touchstone.core.errors import Fault, StudyError

MAX_CHARACTERS = 1_000_000
MAX_DEPTH = 20


@dataclass(frozen=True, slots=True)
class Node:
    """One value: a mapping, a sequence or a scalar.

    ``value`` is a dict of name to (key node, node), a list of nodes, or a plain scalar; ``text`` is a
    scalar as written, before YAML 1.1 reads ``no`` as false or ``on`` as true.
    """

    value: Any
    line: int | None
    text: str | None = None

    @property
    def is_mapping(self) -> bool:
        return isinstance(self.value, dict)

    @property
    def is_sequence(self) -> bool:
        return isinstance(self.value, list)

    @property
    def is_null(self) -> bool:
        return self.value is None

    def said(self) -> str:
        """How the value reads in a fault."""
        if self.is_mapping:
            return "a mapping"
        if self.is_sequence:
            return "a list"
        if self.is_null:
            return "nothing"
        text = repr(self.value if self.text is None else self.text)
        return text if len(text) <= 80 else text[:77] + "...'"


def from_text(text: str, file: str) -> tuple[Node, list[Fault]]:
    """Read YAML without tags, anchors or aliases; duplicate keys are faults, broken syntax is a :class:`StudyError`."""
    if len(text) > MAX_CHARACTERS:
        mend = "a study is a short plan; keep data in files of their own"
        raise StudyError(Fault(file, f"longer than {MAX_CHARACTERS:,} characters", mend))
    faults = list(_forbidden(text, file))
    if faults:
        raise StudyError(faults)
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if root is None:
        raise StudyError(Fault(file, "the file is empty", "write one with: touchstone init DATA"))
    return _converted(root, file, faults, 0), faults


def _forbidden(text: str, file: str) -> Iterator[Fault]:
    try:
        depth = 0
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            where = f"{file}:{event.start_mark.line + 1 if event.start_mark else 1}"
            anchor = getattr(event, "anchor", None)
            if isinstance(event, yaml.AliasEvent):
                yield Fault(where, f"the alias *{anchor} is not read here", "write the value out")
            elif anchor:
                yield Fault(where, f"the anchor &{anchor} is not read here", "take it away")
            tag = getattr(event, "tag", None)
            if tag and tag != "!":
                yield Fault(where, f"the tag {tag} is not read here", "take it away")
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > MAX_DEPTH:
                raise StudyError(Fault(where, f"nested more than {MAX_DEPTH} deep", "a study is flat"))
    except (yaml.YAMLError, RecursionError) as exc:
        raise StudyError(_syntax_fault(exc, file)) from exc


def _syntax_fault(exc: Exception, file: str) -> Fault:
    mark = getattr(exc, "problem_mark", None)
    where = f"{file}:{mark.line + 1}" if mark else file
    problem = getattr(exc, "problem", None) or str(exc).splitlines()[0]
    return Fault(where, f"not YAML: {problem}", "check indentation, quotes and colons there")


def _converted(node: yaml.Node, file: str, faults: list[Fault], depth: int) -> Node:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        entries: dict[str, tuple[Node, Node]] = {}
        for key, value in node.value:
            where = f"{file}:{key.start_mark.line + 1}"
            if not isinstance(key, yaml.ScalarNode):
                faults.append(Fault(where, "a key that is not a word", "keys are plain words"))
            elif key.value in entries:
                first = entries[key.value][0].line
                faults.append(Fault(where, f"the key {key.value!r} stands twice", f"it stands on line {first} already"))
            else:
                key_node = Node(key.value, key.start_mark.line + 1, key.value)
                entries[key.value] = (key_node, _converted(value, file, faults, depth + 1))
        return Node(entries, line)
    if isinstance(node, yaml.SequenceNode):
        return Node([_converted(item, file, faults, depth + 1) for item in node.value], line)
    return _scalar(node, line, file, faults)


def _scalar(node: yaml.Node, line: int, file: str, faults: list[Fault]) -> Node:
    try:
        value = yaml.constructor.SafeConstructor().construct_object(node)
    except (yaml.YAMLError, ValueError, OverflowError) as exc:
        # A date such as 2024-13-45 looks like one to YAML and is none.
        faults.append(Fault(f"{file}:{line}", f"{node.value!r} cannot be read: {exc}", "put it in quotes"))
        return Node(node.value, line, node.value)
    return Node(value, line, None if value is None else node.value)


def from_objects(value: Any) -> Node:
    """The same tree from plain Python objects, without lines."""
    if isinstance(value, Mapping):
        return Node({str(key): (Node(key, None, str(key)), from_objects(item)) for key, item in value.items()}, None)
    if isinstance(value, PurePath):
        return Node(str(value), None, str(value))
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return Node([from_objects(item) for item in value], None)
    return Node(value, None, None if value is None else str(value))
