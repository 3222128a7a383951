"""Every file of a model read by a strict reader of ours, and a working copy of what they accepted. Nothing is run."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from touchstone.core.errors import Fault, ModelFilesError
from touchstone.supply import working_copy
from touchstone.supply.blob import Blob, Memory
from touchstone.supply.content import Content
from touchstone.supply.judgement import Made, Surroundings
from touchstone.supply.judging import judge, refused_file, stopped_file
from touchstone.supply.member_names import check_distinct
from touchstone.supply.model_files import Found, neighbour, open_found, walk
from touchstone.supply.outcome import FileReport, Outcome, Product, VettedFile
from touchstone.supply.rules import Held, Refused, Stopped
from touchstone.supply.shards import settled
from touchstone.supply.vetted import Vetted
from touchstone.supply.working_copy import WorkingCopy

if TYPE_CHECKING:
    from touchstone.study.model import BaseModel

MOST_SECONDS = 600.0
"""After this, files that are not read yet are held: what was not read cannot be vouched for."""
MOST_KEPT = 400
"""Files of one model that may reach the working copy; each stays open until it is written."""


@dataclass(slots=True)
class _Read:
    """One judged file, what the working copy would hold of it, and the handle that this is read from."""

    file: VettedFile
    made: list[Made]
    blob: Blob | None = None


def vet_files(model: BaseModel, home: Path, *, keep: bool = True, seconds: float = MOST_SECONDS) -> Vetted:
    """Read every file of a folder, a single file or an archive; judge each by its content.

    Parameters
    ----------
    model : a base model whose files stand at ``model.path``
    home : state folder, where working copies live
    keep : whether to write the working copy; a model with a refused file gets none
    seconds : time for all of it

    Raises
    ------
    ModelFilesError
        where there is nothing at that path; bad files are findings, never errors
    """
    path = model.path
    if path is None or not (path.exists() or path.is_symlink()):
        where = str(path or model.written)
        raise ModelFilesError(Fault(where, "no such model", "give a folder, a file or a zip that is there"))
    began = time.monotonic()
    read = _read_all(path, began + seconds)
    copy = None
    try:
        _settle(read)
        if keep and read and all(one.file.outcome is not Outcome.REFUSE for one in read):
            copy = _copied(read, path, home)
    finally:
        for one in read:
            if one.blob is not None:
                one.blob.close()
    files = tuple(sorted((one.file for one in read), key=lambda file: file.name))
    report = FileReport(path, files, round(time.monotonic() - began, 4))
    return Vetted(
        model.written, path, model.repository or model.source, model.publisher, model.revision, model.license,
        report, copy=copy,
    )  # fmt: skip


def _read_all(model: Path, until: float) -> list[_Read]:
    found = list(walk(model))
    if len(found) < 2:
        return [one for each in found for one in _read(each, until)]
    with ThreadPoolExecutor(min(len(found), os.cpu_count() or 1)) as pool:
        return [one for several in pool.map(lambda each: _read(each, until), found) for one in several]


def _read(found: Found, until: float) -> list[_Read]:
    def out_of_time() -> bool:
        return time.monotonic() > until

    try:
        if found.fault is not None:
            raise found.fault
        blob = open_found(found)
    except Stopped as stopped:
        return [_Read(stopped_file(Memory(b""), found.name, Content.UNKNOWN, stopped), [])]
    if out_of_time():
        late = stopped_file(blob, found.name, Content.UNKNOWN, Held("file.time", "time ran out before it was read"))
        blob.close()
        return [_Read(late, [])]
    around = Surroundings(lambda name: neighbour(found.path.parent, name), out_of_time)
    file, made, members = judge(blob, found.name, around)
    if not made and not any(inner for _, inner in members):
        blob.close()
    return [_Read(file, made, blob), *(_Read(member, inner) for member, inner in members)]


def _settle(read: list[_Read]) -> None:
    """What only shows when the files are looked at together."""
    for one, file in zip(read, settled([one.file for one in read]), strict=True):
        one.file = file
    kept = sum(len(one.file.products) for one in read)
    if kept > MOST_KEPT:
        refused = Refused("file.budget", f"{kept:,} of the model's files would reach a loader; {MOST_KEPT} may")
        read[0].file = refused_file(read[0].file, refused)


def _copied(read: list[_Read], model: Path, home: Path) -> WorkingCopy | None:
    """The working copy; files of the model's own go before those that were converted from others."""
    wanted: dict[str, tuple[Product, Made]] = {}
    for one in sorted(read, key=lambda one: (one.file.outcome is not Outcome.ACCEPT, one.file.name)):
        for product, made in zip(one.file.products, one.made, strict=False):
            if product.name in wanted:
                note = f"{product.name} stands in the model already, so what it was converted to is left out"
                one.file = replace(one.file, notes=(*one.file.notes, note))
            else:
                wanted[product.name] = (product, made)
    top = "" if model.is_dir() else _top(model, list(wanted))
    try:
        check_distinct(wanted)
        files = [(replace(product, name=name.removeprefix(top)), made) for name, (product, made) in wanted.items()]
        return working_copy.make(files, home) if files else None
    except Refused as refused:
        read[0].file = refused_file(read[0].file, refused)
        return None


def _top(archive: Path, names: list[str]) -> str:
    """What stands before every name in an archive: its own name, and the one folder that it may hold all in."""
    own = f"{archive.name}/"
    if not names or not all(name.startswith(own) for name in names):
        return ""
    inner = {name.removeprefix(own).split("/")[0] for name in names if "/" in name.removeprefix(own)}
    flat = any("/" not in name.removeprefix(own) for name in names)
    return own if flat or len(inner) != 1 else f"{own}{inner.pop()}/"
