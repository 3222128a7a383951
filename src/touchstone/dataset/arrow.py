"""Parquet files and Hugging Face datasets saved to disk, through pyarrow alone; bytes are read row by row."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from touchstone.core.errors import DatasetError, Fault
from touchstone.dataset.inputs import FilePlace, stamp
from touchstone.dataset.picture import PictureError
from touchstone.dataset.table import Table


class ArrowBlobs:
    """A column of bytes in memory-mapped Arrow files."""

    def __init__(self, files: Sequence[Path], column: str) -> None:
        self.files, self.column = tuple(files), column
        self._chunks: Any = None

    @cached_property
    def stamp(self) -> str:
        """Identity of the files as they are now."""
        return f"{self.column}:" + ":".join(map(stamp, self.files))

    def __getstate__(self) -> dict[str, Any]:
        return {"files": self.files, "column": self.column, "_chunks": None}

    def read(self, row: int) -> bytes:
        """The bytes in a row."""
        if self._chunks is None:
            self._chunks = _mapped(self.files).column(self.column)
        return _cell_bytes(self._chunks[row].as_py(), self.files[0].parent)


class ParquetBlobs:
    """A column of bytes in a Parquet file; one row group is kept at a time."""

    def __init__(self, path: Path, column: str) -> None:
        self.path, self.column = path, column
        self._starts: list[int] | None = None
        self._group: tuple[int, Any] = (-1, None)

    @cached_property
    def stamp(self) -> str:
        """Identity of the file as it is now."""
        return f"{self.column}:{stamp(self.path)}"

    def __getstate__(self) -> dict[str, Any]:
        return {"path": self.path, "column": self.column, "_starts": None, "_group": (-1, None)}

    def read(self, row: int) -> bytes:
        """The bytes in a row."""
        import bisect

        import pyarrow.parquet as parquet  # type: ignore[import-untyped]

        file = parquet.ParquetFile(self.path)
        if self._starts is None:
            sizes = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
            self._starts = [sum(sizes[:i]) for i in range(len(sizes))]
        index = bisect.bisect_right(self._starts, row) - 1
        held, cells = self._group
        if held != index:
            cells = file.read_row_group(index, columns=[self.column]).column(0)
            self._group = (index, cells)
        return _cell_bytes(cells[row - self._starts[index]].as_py(), self.path.parent)


def _cell_bytes(cell: Any, folder: Path) -> bytes:
    if isinstance(cell, dict):
        if cell.get("bytes"):
            return bytes(cell["bytes"])
        if cell.get("path"):
            return FilePlace(folder / cell["path"]).read()
        cell = None
    if cell is None:
        raise PictureError("missing", "the cell is empty")
    return bytes(cell)


def read_parquet(path: Path) -> Table:
    """A Parquet file: plain columns at once, columns of bytes lazily."""
    import pyarrow as pa
    import pyarrow.parquet as parquet

    try:
        file = parquet.ParquetFile(path)
        schema = file.schema_arrow
        plain = [name for name in schema.names if not _is_blob(schema.field(name).type)]
        table = file.read(columns=plain)
    except (pa.ArrowException, OSError) as exc:
        what = f"not Parquet that can be read: {str(exc).splitlines()[0]}"
        raise DatasetError(Fault(str(path), what, "write it anew")) from exc
    blobs = {name: ParquetBlobs(path, name) for name in schema.names if _is_blob(schema.field(name).type)}
    return Table(file.metadata.num_rows, _plain_columns(table, _class_names(schema)), dict(blobs))


def read_arrow_files(files: Sequence[Path]) -> Table:
    """Arrow files as one table; bytes stay on disk, mapped."""
    table = _mapped(files)
    blobs = [name for name in table.schema.names if _is_blob(table.schema.field(name).type)]
    plain = table.drop_columns(blobs) if blobs else table
    lazily = {name: ArrowBlobs(files, name) for name in blobs}
    return Table(table.num_rows, _plain_columns(plain, _class_names(table.schema)), dict(lazily))


def is_saved_dataset(folder: Path) -> bool:
    """Whether a folder holds a Hugging Face dataset (or several splits) saved to disk."""
    return (folder / "dataset_dict.json").is_file() or (folder / "state.json").is_file()


def saved_splits(folder: Path) -> dict[str, Path]:
    """The splits of a saved dataset of several splits, by name; empty for a single one."""
    listing = folder / "dataset_dict.json"
    if not listing.is_file():
        return {}
    try:
        names = json.loads(listing.read_text())["splits"]
    except (OSError, ValueError, KeyError) as exc:
        raise DatasetError(Fault(str(listing), f"cannot be read: {exc}", "save the dataset anew")) from exc
    return {str(name): folder / str(name) for name in names}


def read_saved(folder: Path) -> Table:
    """One saved dataset."""
    try:
        state = json.loads((folder / "state.json").read_text())
        files = [folder / str(item["filename"]) for item in state["_data_files"]]
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise DatasetError(Fault(f"{folder}/state.json", f"cannot be read: {exc}", "save the dataset anew")) from exc
    if any(file.resolve().parent != folder.resolve() for file in files):
        raise DatasetError(Fault(f"{folder}/state.json", "names files outside its folder", "save the dataset anew"))
    return read_arrow_files(files)


def _mapped(files: Sequence[Path]) -> Any:
    import pyarrow as pa

    tables = []
    for path in files:
        try:
            source = pa.memory_map(str(path))
            try:
                tables.append(pa.ipc.open_stream(source).read_all())
            except pa.ArrowInvalid:
                tables.append(pa.ipc.open_file(source).read_all())
        except (pa.ArrowException, OSError) as exc:
            raise DatasetError(Fault(str(path), f"not Arrow that can be read: {exc}", "save the dataset anew")) from exc
    return pa.concat_tables(tables)


def _is_blob(kind: Any) -> bool:
    import pyarrow as pa

    if pa.types.is_struct(kind):
        return bool(kind.get_field_index("bytes") >= 0)
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _class_names(schema: Any) -> dict[str, list[str]]:
    """The names behind integer class columns, as Hugging Face writes them into the schema."""
    try:
        info = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
        features = info.get("info", {}).get("features", {})
    except (ValueError, AttributeError):
        return {}
    return {
        name: [str(item) for item in feature["names"]]
        for name, feature in features.items()
        if isinstance(feature, dict) and feature.get("_type") == "ClassLabel" and feature.get("names")
    }


def _plain_columns(table: Any, names: dict[str, list[str]]) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for name in table.schema.names:
        values = table.column(name).to_pylist()
        if name in names:
            known = names[name]
            values = [known[v] if isinstance(v, int) and 0 <= v < len(known) else None for v in values]
        columns[name] = values
    return columns
