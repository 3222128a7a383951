"""One source of a study, whatever its form, as raw examples."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from touchstone.core.errors import DatasetError, Fault
from touchstone.dataset import times
from touchstone.dataset.archive import Archive
from touchstone.dataset.arrow import is_saved_dataset, read_saved
from touchstone.dataset.columns import Roles, assign_roles
from touchstone.dataset.folder import read_folder
from touchstone.dataset.inputs import CellPlace, FilePlace, MemberPlace, NoPlace, Place
from touchstone.dataset.raw import Raw
from touchstone.dataset.table import Table, cell_text, is_table, read_table

if TYPE_CHECKING:
    from touchstone.study.model import Columns, Source


def read_source(source: Source, task: str, columns: Columns, split: str, *, labelled: bool = True) -> Raw:
    """Read one source: a folder per class, a zip of one, a table, or a saved dataset.

    Raises
    ------
    DatasetError
        where nothing there can be read
    """
    path = source.path
    if not path.exists():
        raise DatasetError(Fault(str(path), "no such path", f"mend data.{split}"))
    if path.is_dir() and is_saved_dataset(path):
        return _from_table(read_saved(path), source, task, columns, split, labelled)
    if path.is_dir() or path.suffix.lower() == ".zip":
        if task == "tabular-classification":
            raise DatasetError(Fault(str(path), "a table is wanted for this task", "give CSV, JSON Lines or Parquet"))
        return read_folder(path, task, split, labelled=labelled)
    if is_table(path):
        return _from_table(read_table(path), source, task, columns, split, labelled)
    mend = "give a folder per class, a zip of one, .csv, .tsv, .jsonl, .parquet or a saved dataset"
    raise DatasetError(Fault(str(path), "not data that can be read", mend))


def _from_table(table: Table, source: Source, task: str, columns: Columns, split: str, labelled: bool) -> Raw:
    roles = assign_roles(table.names, columns, task, str(source.path), labelled=labelled, split=split)
    raw = Raw(split, labelled=labelled, guesses=[*roles.guesses, *table.notes])
    rows = [row for row in range(table.n_rows) if row not in table.faults]
    for row, reason in sorted(table.faults.items()):
        raw.set_aside(str(row), "corrupt", f"row {row}: {reason}")
    if task == "image-classification":
        _add_pictures(raw, table, roles, source, rows)
    elif task == "text-classification":
        _add_texts(raw, table, roles, rows)
    else:
        _add_rows(raw, table, roles, rows)
    labels = table.columns.get(roles.label) if roles.label else None
    raw.labels = [_stripped(labels[row]) if labels is not None else None for row in rows]
    _add_columns(raw, table, roles, rows)
    return raw


def _stripped(value: Any) -> str | None:
    text = cell_text(value)
    return text.strip() or None if text is not None else None


def _add_pictures(raw: Raw, table: Table, roles: Roles, source: Source, rows: list[int]) -> None:
    assert roles.input is not None
    if roles.input in table.blobs:
        raw.names = [str(row) for row in rows]
        raw.inputs = [CellPlace(table.blobs[roles.input], row) for row in rows]
        return
    shelf = _Shelf(source)
    for row in rows:
        written = cell_text(table.columns[roles.input][row])
        raw.names.append(written if written else str(row))
        raw.inputs.append(shelf.place(written))


class _Shelf:
    """Where the paths of a table lead: beside the table first, then into ``files``."""

    def __init__(self, source: Source) -> None:
        self.beside = source.path.parent
        self.folder: Path | None = None
        self.archive: Archive | None = None
        if source.files is not None and source.files.is_dir():
            self.folder = source.files
        elif source.files is not None:
            self.archive = Archive(source.files)

    def place(self, written: str | None) -> Place:
        if not written:
            return NoPlace("missing", "the table names no file")
        for folder in (self.beside, self.folder):
            try:
                if folder is not None and (folder / written).is_file():
                    return FilePlace(folder / written)
            except (OSError, ValueError):
                return NoPlace("missing", "no such file")
        member = self.archive.find(written) if self.archive else None
        if self.archive and member:
            return MemberPlace(self.archive, member)
        also = " or in files" if self.folder or self.archive else ""
        return NoPlace("missing", f"no such file beside the table{also}")


def _add_texts(raw: Raw, table: Table, roles: Roles, rows: list[int]) -> None:
    assert roles.input is not None
    if roles.input not in table.columns:
        raise DatasetError(Fault("", f"the column {roles.input!r} holds bytes, not text", "set data.columns.input"))
    values = table.columns[roles.input]
    raw.names = [str(row) for row in rows]
    raw.inputs = [cell_text(values[row]) or "" for row in rows]


def _add_rows(raw: Raw, table: Table, roles: Roles, rows: list[int]) -> None:
    kept = [name for name in table.columns if name not in (roles.label, roles.group, roles.time)]
    raw.names = [str(row) for row in rows]
    raw.inputs = [{name: _typed(table.columns[name][row]) for name in kept} for row in rows]


def _typed(value: Any) -> Any:
    """A number where the cell holds one, text otherwise, None where it is empty."""
    text = cell_text(value)
    if text is None:
        return None
    try:
        number = float(text)
    except ValueError:
        return text
    return number if math.isfinite(number) else None


def _add_columns(raw: Raw, table: Table, roles: Roles, rows: list[int]) -> None:
    def text(name: str) -> list[str]:
        values = table.columns[name]
        return [(cell_text(values[row]) or "").strip() for row in rows]

    raw.columns = {name: text(name) for name in table.columns if name not in (roles.input, roles.label)}
    if roles.group:
        # Rows that name no group stand alone; an empty cell is not one big group.
        raw.groups = [group or f"({raw.split} row {row})" for group, row in zip(text(roles.group), rows, strict=True)]
    if roles.time:
        raw.times = [times.seconds(value) for value in text(roles.time)]
