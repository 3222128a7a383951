"""Tables of any of the read formats as columns: CSV, TSV, JSON Lines, Parquet, saved Hugging Face datasets."""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from touchstone.core.errors import DatasetError, Fault
from touchstone.dataset.inputs import Blobs

MAX_TEXT_BYTES = 8 * 1024**3
"""Unpacked size at which a gzip table is refused."""
CSV_SUFFIXES = (".csv", ".tsv", ".csv.gz", ".tsv.gz", ".tab", ".txt")
JSON_SUFFIXES = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz", ".json", ".json.gz")
ARROW_SUFFIXES = (".parquet", ".pq", ".arrow")
SUFFIXES = CSV_SUFFIXES + JSON_SUFFIXES + ARROW_SUFFIXES


@dataclass
class Table:
    """Columns of equal length; ``blobs`` are columns of bytes, ``faults`` are rows set aside with their reason."""

    n_rows: int
    columns: dict[str, Sequence[Any]]
    blobs: dict[str, Blobs] = field(default_factory=dict)
    faults: dict[int, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.columns, *self.blobs)


def is_table(path: Path) -> bool:
    """Whether the path's name says that it is a table."""
    return path.name.lower().endswith(SUFFIXES)


def read_table(path: Path) -> Table:
    """Read a table file by the ending of its name."""
    name = path.name.lower()
    if name.endswith(JSON_SUFFIXES):
        return _read_json(path)
    if name.endswith(ARROW_SUFFIXES):
        from touchstone.dataset.arrow import read_arrow_files, read_parquet

        return read_parquet(path) if not name.endswith(".arrow") else read_arrow_files([path])
    if name.endswith(CSV_SUFFIXES):
        return _read_csv(path)
    mend = "known endings: " + " ".join(SUFFIXES)
    raise DatasetError(Fault(str(path), "not a table that can be read", mend))


def cell_text(value: Any) -> str | None:
    """A cell as text; None where it is empty or not a number."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def _text_of(path: Path) -> tuple[str, list[str]]:
    """The whole text of a file, unpacked; UTF-8, else the byte-wise western encoding, which is said."""
    try:
        if path.name.lower().endswith(".gz"):
            with gzip.open(path) as file:
                data = file.read(MAX_TEXT_BYTES + 1)
        else:
            data = path.read_bytes()
    except (OSError, EOFError, ValueError) as exc:
        raise DatasetError(Fault(str(path), f"cannot be read: {exc}", "unpack or copy it anew")) from exc
    except Exception as exc:  # zlib.error is no OSError
        raise DatasetError(Fault(str(path), f"damaged: {exc}", "pack it anew")) from exc
    if len(data) > MAX_TEXT_BYTES:
        raise DatasetError(Fault(str(path), "larger than 8 GB unpacked", "give it as Parquet"))
    for encoding in _byte_order(data):
        try:
            return data.decode(encoding), []
        except UnicodeDecodeError:
            continue
    return data.decode("cp1252", errors="replace"), [f"{path.name} is not UTF-8; it was read as Windows-1252"]


def _byte_order(data: bytes) -> tuple[str, ...]:
    return ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig",)


def _read_csv(path: Path) -> Table:
    text, notes = _text_of(path)
    head = text.partition("\n")[0]
    tabs = ".tsv" in path.name.lower() or path.name.lower().endswith(".tab")
    delimiter = "\t" if tabs else max(",;\t|", key=lambda mark: (head.count(mark), mark == ","))
    # The default bound of 131,072 characters would refuse a long text instead of setting it aside.
    csv.field_size_limit(2**31 - 1)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        names = [name.strip() for name in next(rows)]
    except StopIteration:
        raise DatasetError(Fault(str(path), "the table is empty", "the first line names the columns")) from None
    doubled = sorted({name for name in names if names.count(name) > 1 and name})
    if doubled:
        raise DatasetError(Fault(f"{path}:1", f"two columns are named {doubled[0]!r}", "rename one"))
    return _from_rows(path, names, _numbered(rows, path), notes)


def _numbered(rows: Iterator[list[str]], path: Path) -> Iterator[list[str]]:
    try:
        for row in rows:
            if row:
                yield row
    except csv.Error as exc:
        raise DatasetError(Fault(str(path), f"not a CSV that can be read: {exc}", "check its quotes")) from exc


def _from_rows(path: Path, names: list[str], rows: Iterator[list[str]], notes: list[str]) -> Table:
    columns: list[list[str | None]] = [[] for _ in names]
    faults: dict[int, str] = {}
    count = 0
    for count, row in enumerate(rows, start=1):
        if len(row) != len(names):
            faults[count - 1] = f"{len(row)} fields where the header has {len(names)}"
        for index, column in enumerate(columns):
            column.append(row[index] if index < len(row) and row[index] != "" else None)
    named = {name or f"column_{i}": column for i, (name, column) in enumerate(zip(names, columns, strict=True))}
    return Table(count, dict(named), faults=faults, notes=notes)


def _read_json(path: Path) -> Table:
    text, notes = _text_of(path)
    records: list[Any] = []
    faults: dict[int, str] = {}
    if text.lstrip()[:1] == "[":
        try:
            records = json.loads(text)
        except (json.JSONDecodeError, RecursionError) as exc:
            raise DatasetError(Fault(str(path), f"not JSON: {exc}", "write one object per line")) from exc
    else:
        for number, line in enumerate(line for line in text.split("\n") if line.strip()):
            try:
                records.append(json.loads(line))
            except (json.JSONDecodeError, RecursionError) as exc:
                records.append(None)
                faults[number] = f"not JSON: {exc}"
    for number, record in enumerate(records):
        if not isinstance(record, dict):
            faults.setdefault(number, "not an object")
    names = list(dict.fromkeys(name for record in records if isinstance(record, dict) for name in record))
    columns: dict[str, Sequence[Any]] = {
        name: [record.get(name) if isinstance(record, Mapping) else None for record in records] for name in names
    }
    return Table(len(records), columns, faults=faults, notes=notes)
