"""From a study file, or plain Python objects, to a frozen :class:`Study`; all faults at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from touchstone.core.errors import Fault, StudyError
from touchstone.study.bases import BaseReading
from touchstone.study.model import BaseModel, Data, IntendedUse, Organisation, Study
from touchstone.study.nodes import Node, from_objects, from_text
from touchstone.study.reading import Reading, Unread
from touchstone.study.recipes import AdaptReading
from touchstone.study.requirements import RequirementReading
from touchstone.study.sources import DataReading, exists, resolve
from touchstone.study.vocabulary import DELIVERIES, POLICIES, TASKS, USES

FORMAT = 1
_NAME = re.compile(r"[\w][\w .+-]{0,63}")


def parse(path: Path) -> Study:
    """Read a study file.

    Raises
    ------
    StudyError
        with every fault of the file, each with its line and a mend
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as exc:
        raise StudyError(Fault(str(path), "no such file", "write one with: touchstone init DATA")) from exc
    except IsADirectoryError as exc:
        raise StudyError(Fault(str(path), "a folder, not a study file", f"name {path / 'study.yaml'}")) from exc
    except UnicodeDecodeError as exc:
        raise StudyError(Fault(str(path), f"not UTF-8 text (byte {exc.start})", "a study is a YAML text")) from exc
    except (OSError, ValueError) as exc:
        raise StudyError(Fault(str(path), f"cannot be read: {exc}")) from exc
    root, faults = from_text(text, path.name)
    return _study(root, Reading(path.name, faults), path.parent.resolve())


def from_mapping(mapping: Mapping[str, Any], folder: Path = Path()) -> Study:
    """The same from plain Python objects; ``folder`` is where relative paths start."""
    return _study(from_objects(mapping), Reading("study"), Path(folder).resolve())


def _study(root: Node, reading: Reading, folder: Path) -> Study:
    if root.is_mapping and "locked" in root.value:
        folder = _locked_folder(root.value["locked"][1], folder)
    parts = _Parts(reading, folder)
    try:
        values = reading.mapping(root, "", parts.readers(root), required=("name", "task", "data"))
    except Unread:
        values = {}
    if reading.faults:
        raise StudyError(_in_order(reading.faults))
    values.pop("touchstone", None)
    values.pop("locked", None)
    adapted, its_base = values.pop("adapted", (None, None))
    bases: tuple[BaseModel, ...] = values.pop("base_models", ())
    if its_base and its_base.written not in {base.written for base in bases}:
        bases += (its_base,)
    return Study(**values, base_models=bases, adapted=adapted, folder=folder)


def _locked_folder(node: Node, folder: Path) -> Path:
    """Where the paths of a lock file start: the folder of the study it was made from."""
    if node.is_mapping and "folder" in node.value and node.value["folder"][1].text:
        return resolve(folder, node.value["folder"][1].text).resolve()
    return folder


def _in_order(faults: list[Fault]) -> list[Fault]:
    def line(fault: Fault) -> int:
        tail = fault.where.rpartition(":")[2]
        return int(tail) if tail.isdigit() else 0

    return sorted(dict.fromkeys(faults), key=line)


class _Parts:
    """The top level: ``task`` and ``data`` are read first, since other parts depend on them."""

    def __init__(self, reading: Reading, folder: Path) -> None:
        self.reading, self.folder = reading, folder

    def readers(self, root: Node) -> dict[str, Any]:
        read = self.reading
        task = self._early(root, "task", read.choice(TASKS))
        data: Data | None = self._early(root, "data", DataReading(read, self.folder).data)
        bases = BaseReading(read, self.folder)
        return {
            "touchstone": self._format, "name": self._name, "intended_use": self._use,
            "task": lambda node, path: _known(task), "data": lambda node, path: _known(data),
            "base_models": bases.bases, "adapted": bases.adapted,
            "adapt": AdaptReading(read, task).adapt, "require": RequirementReading(read, data).requirements,
            "policy": self._policy, "seed": read.integer(0, 2**32 - 1), "locked": lambda node, path: None,
        }  # fmt: skip

    def _early(self, root: Node, key: str, reader: Any) -> Any:
        if not root.is_mapping or key not in root.value or root.value[key][1].is_null:
            return None
        try:
            return reader(root.value[key][1], key)
        except Unread:
            return None

    def _format(self, node: Node, path: str) -> int:
        if node.value != FORMAT or isinstance(node.value, bool):
            mend = f"this version reads touchstone: {FORMAT}"
            raise self.reading.refuse(node, path, f"the format {node.said()} is not known", mend)
        return FORMAT

    def _name(self, node: Node, path: str) -> str:
        name = self.reading.text(node, path)
        if not _NAME.fullmatch(name):
            mend = "it becomes a folder: use up to 64 letters, digits, space, dot, plus, dash"
            raise self.reading.refuse(node, path, f"the name {name!r} cannot be used", mend)
        return name

    def _use(self, node: Node, path: str) -> IntendedUse:
        read = self.reading
        return IntendedUse(**read.mapping(node, path, {
            "purpose": read.free_text, "use": read.choice(USES), "owner": read.free_text,
            "delivery": read.choice(DELIVERIES), "organisation": self._organisation, "fields": read.texts,
        }))  # fmt: skip

    def _organisation(self, node: Node, path: str) -> Organisation:
        read = self.reading
        return Organisation(**read.mapping(node, path, {
            "home": read.text, "monthly_users": read.integer(0), "revenue": read.number(0),
        }))  # fmt: skip

    def _policy(self, node: Node, path: str) -> str:
        written = self.reading.text(node, path)
        if written in POLICIES or exists(resolve(self.folder, written)):
            return written
        mend = "known: " + ", ".join(POLICIES) + ", or the path of a policy file"
        raise self.reading.refuse(node, path, f"no policy {written!r}", mend)


def _known(value: Any) -> Any:
    """What was read early; a fault of it has been noted then."""
    if value is None:
        raise Unread("read early, with a fault")
    return value
