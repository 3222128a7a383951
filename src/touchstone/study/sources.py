"""The ``data`` part of a study file: where examples stand and which column holds what."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from touchstone.study.model import Columns, Data, Source
from touchstone.study.nodes import Node
from touchstone.study.reading import Reading, Unread, nearest

RESERVED_SHIFTS = ("train", "validation", "test", "unlabelled", "left_out")


class DataReading:
    """Reads ``data``; paths are relative to ``folder``."""

    def __init__(self, reading: Reading, folder: Path) -> None:
        self.reading, self.folder = reading, folder

    def data(self, node: Node, path: str) -> Data:
        """The whole part; a fault in ``train`` leaves nothing to return."""
        read = self.reading
        values = read.mapping(
            node, path,
            {
                "train": self.source, "validation": self.source, "test": self.source, "shift": self.shift,
                "unlabelled": self.source, "columns": self.columns, "slices": read.texts, "license": read.text,
                "source": read.text, "personal": read.flag, "test_openings": read.integer(1),
            },
            required=("train",),
        )  # fmt: skip
        self._refuse_shared(node, path, values)
        if "train" not in values:
            raise Unread("no training data")
        return Data(**values)

    def source(self, node: Node, path: str) -> Source:
        """A path, or ``{table:, files:}``."""
        if node.is_mapping:
            values = self.reading.mapping(
                node, path, {"table": self.existing, "files": self.existing}, required=("table",)
            )
            if "table" not in values:
                raise Unread("no table")
            files = values.get("files")
            # Two paths in one word, as the flow mapping they were given as.
            spelled = {key: value.text for key, (_, value) in node.value.items() if key in values}
            written = json.dumps(spelled, ensure_ascii=False) if files is not None else spelled["table"]
            return Source(values["table"], files, written or "")
        return Source(self.existing(node, path), None, node.text or "")

    def existing(self, node: Node, path: str) -> Path:
        """A path that must exist."""
        written = self.reading.text(node, path)
        if "\0" in written:
            raise self.reading.refuse(node, path, f"{path}: {written!r} is no path")
        found = resolve(self.folder, written)
        if not exists(found):
            raise self.reading.refuse(node, path, f"{path}: nothing at {written!r}", missing_mend(self.folder, written))
        return found

    def shift(self, node: Node, path: str) -> Mapping[str, Source]:
        """Named shift sets."""
        if not node.is_mapping:
            mend = "write {evening: data/evening.csv}"
            raise self.reading.refuse(node, path, f"{path} is {node.said()}, not a mapping of names to paths", mend)
        sets: dict[str, Source] = {}
        for name, (key, value) in node.value.items():
            if name in RESERVED_SHIFTS or "=" in name or not name.strip():
                self.reading.note(key, f"{path}.{name}", f"a shift set cannot be named {name!r}", "choose another name")
                continue
            try:
                sets[name] = self.source(value, f"{path}.{name}")
            except Unread:
                continue
        return sets

    def columns(self, node: Node, path: str) -> Columns:
        """Which column holds what."""
        text = self.reading.text
        values = self.reading.mapping(node, path, {"input": text, "label": text, "group": text, "time": text})
        named: dict[str, str] = {}
        for role, column in values.items():
            if column in named and {role, named[column]} != {"group", "time"}:
                what = f"the column {column!r} cannot be both {named[column]} and {role}"
                self.reading.note(node.value[role][1], f"{path}.{role}", what, "name two columns")
            named[column] = role
        return Columns(**values)

    def _refuse_shared(self, node: Node, path: str, values: Mapping[str, Any]) -> None:
        """Train given again as validation or test can measure nothing."""
        train = values.get("train")
        for name in ("validation", "test"):
            other = values.get(name)
            if train and other and (other.path.resolve(), other.files) == (train.path.resolve(), train.files):
                what = f"{path}.{name} is the training data itself"
                mend = f"leave {name} out to have it made from train"
                self.reading.note(node.value[name][1], f"{path}.{name}", what, mend)
        label = values["columns"].label if "columns" in values else None
        if label and label in values.get("slices", ()):
            self.reading.note(node.value["slices"][1], f"{path}.slices", f"the label column {label!r} is no slice",
                              "classes are judged one by one anyway")  # fmt: skip


def resolve(folder: Path, written: str) -> Path:
    """A path as written in the study, from the study's folder; ``~`` is the home folder."""
    try:
        path = Path(written).expanduser()
    except RuntimeError:
        path = Path(written)
    return path if path.is_absolute() else folder / path


def exists(path: Path) -> bool:
    """Whether something stands there; an impossible name counts as nothing."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def missing_mend(folder: Path, written: str) -> str:
    """The nearest name in the deepest folder that does exist, or where the path was looked for."""
    path = resolve(folder, written)
    parent, wanted = path.parent, path.name
    while not exists(parent) and parent != parent.parent:
        parent, wanted = parent.parent, parent.name
    try:
        close = nearest(wanted, [entry.name for entry in parent.iterdir()])
    except OSError:
        close = None
    if close:
        return f"{str(parent / close)!r} does exist"
    return f"paths are relative to {str(folder)!r}"
