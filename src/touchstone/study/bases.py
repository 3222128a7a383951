"""The ``base_models`` and ``adapted`` parts of a study file."""

from __future__ import annotations

import re
from pathlib import Path

from touchstone.study.model import Adapted, BaseModel
from touchstone.study.nodes import Node
from touchstone.study.reading import Reading, Unread
from touchstone.study.sources import exists, missing_mend, resolve

_HUB = re.compile(r"(?P<repository>[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)@(?P<revision>[\w][\w./-]*)")
_UNPINNED = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")


class BaseReading:
    """Reads base models; a path that exists wins over a hub reference of the same spelling."""

    def __init__(self, reading: Reading, folder: Path) -> None:
        self.reading, self.folder = reading, folder

    def bases(self, node: Node, path: str) -> tuple[BaseModel, ...]:
        """The list of candidates."""
        nodes = node.value if node.is_sequence else [node]
        found: dict[str, BaseModel] = {}
        for index, item in enumerate(nodes):
            below = f"{path}[{index}]"
            try:
                base = self.base(item, below)
            except Unread:
                continue
            if base.written in found:
                self.reading.note(item, below, f"the base model {base.written!r} stands twice", "keep one")
            found.setdefault(base.written, base)
        return tuple(found.values())

    def base(self, node: Node, path: str) -> BaseModel:
        """One candidate: a path, ``org/name@revision`` or a mapping with facts beside the path."""
        if not node.is_mapping:
            return self._located(node, path, self.reading.text(node, path))
        text = self.reading.text
        readers = dict.fromkeys(("path", "source", "revision", "publisher", "license"), text)
        values = self.reading.mapping(node, path, readers, required=("path",))
        if "path" not in values:
            raise Unread("no path")
        located = self._located(node.value["path"][1], f"{path}.path", values.pop("path"), values.pop("revision", None))
        return BaseModel(located.written, located.path, located.repository, located.revision, **values)

    def _located(self, node: Node, path: str, written: str, revision: str | None = None) -> BaseModel:
        local = resolve(self.folder, written)
        if exists(local):
            return BaseModel(written, path=local, revision=revision)
        hub = _HUB.fullmatch(written)
        if hub:
            if revision not in (None, hub["revision"]):
                what = f"two revisions: {hub['revision']!r} in the name and {revision!r} beside it"
                raise self.reading.refuse(node, path, what, "keep one")
            return BaseModel(written, None, hub["repository"], hub["revision"])
        if _UNPINNED.fullmatch(written) and revision:
            return BaseModel(f"{written}@{revision}", None, written, revision)
        mend = missing_mend(self.folder, written)
        if _UNPINNED.fullmatch(written):
            mend += f"; a model of the hub is written {written}@<40 hex digits of its commit>"
        raise self.reading.refuse(node, path, f"no base model at {written!r}", mend)

    def adapted(self, node: Node, path: str) -> tuple[Adapted, BaseModel | None]:
        """A model that somebody has already fine-tuned, and the base it names."""
        bases: list[BaseModel] = []

        def base(item: Node, below: str) -> str:
            bases.append(self.base(item, below))
            return bases[0].written

        if not node.is_mapping:
            return Adapted(self._folder(node, path), self.reading.text(node, path)), None
        values = self.reading.mapping(node, path, {"path": self._folder, "base": base}, required=("path",))
        if "path" not in values:
            raise Unread("no path")
        written = node.value["path"][1].text or ""
        return Adapted(values["path"], written, values.get("base")), bases[0] if bases else None

    def _folder(self, node: Node, path: str) -> Path:
        written = self.reading.text(node, path)
        local = resolve(self.folder, written)
        if not exists(local):
            raise self.reading.refuse(node, path, f"no model at {written!r}", missing_mend(self.folder, written))
        return local
