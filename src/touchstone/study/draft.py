"""A first study file for somebody's data, with comments to edit it by."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath

from touchstone.core.errors import DatasetError, Fault, ModelFilesError
from touchstone.study.content import PICTURES, holds_pictures, holds_words, telling_column
from touchstone.study.model import Columns

IMAGE_INPUTS = ("file", "path", "image", "filename", "file_name", "image_path", "filepath")
TEXT_INPUTS = ("text", "sentence", "content")
LABELS = ("label", "class", "target")
_SPLITS = {"train": "train", "validation": "validation", "valid": "validation", "val": "validation", "test": "test"}
_TABLES = (".csv", ".tsv", ".csv.gz", ".tsv.gz", ".jsonl", ".ndjson", ".parquet", ".pq")
_YAML_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
_SAMPLE = 200


@dataclass
class Look:
    """What a short look at the data shows."""

    task: str
    sources: dict[str, tuple[str, ...]]
    """Split -> the path as it will be written, or the paths of table and files."""
    columns: tuple[str, ...] = ()
    input: str | None = None
    label: str | None = None
    classes: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()
    """Columns with few values or usual names, which may be groups, times or slices."""

    @property
    def by_content(self) -> bool:
        """Whether the input was told by what its cells hold, since its name says nothing."""
        return self.input is not None and _first([self.input], IMAGE_INPUTS + TEXT_INPUTS) is None


def draft(data: Path, bases: Sequence[str] = (), folder: Path = Path()) -> str:
    """A commented study file for ``data`` that :func:`~touchstone.study.parse.parse` accepts.

    Parameters
    ----------
    data : a folder per class, a folder of splits, a zip, a table, or a folder with a table and pictures
    bases : base models: folders, or ``org/name@revision``
    folder : where the file will stand; relative paths are written as seen from there

    Raises
    ------
    InputError
        where the data or a base do not exist, or no data of a known form stand there
    """
    data = Path(data)
    if not data.exists():
        raise DatasetError(Fault(str(data), "no such path", "name the folder, zip or table that holds your data"))
    seen = look(data)
    seen.sources = {split: tuple(_from(folder, path) for path in paths) for split, paths in seen.sources.items()}
    return _text(seen, data, [_from(folder, _known(base)) for base in bases])


def _known(base: str) -> str:
    if not Path(base).exists() and "@" not in base:
        mend = "name a folder that is there; a model of the hub is written org/name@<40 hex digits of its commit>"
        raise ModelFilesError(Fault(base, "no such base model", mend))
    return base


def _from(folder: Path, path: str) -> str:
    """A path as seen from a folder; absolute ones and names that are no path stay as they are."""
    if Path(path).is_absolute() or not Path(path).exists():
        return path
    return Path(os.path.relpath(path, folder)).as_posix()


def look(data: Path, named: Columns = Columns()) -> Look:  # noqa: B008
    """What kind of data stands at a path: its task, its splits, its columns.

    Parameters
    ----------
    named : columns of a table whose roles are known

    Raises
    ------
    DatasetError
        where the path holds no data of a known form
    """
    if data.is_dir() and ((data / "state.json").exists() or (data / "dataset_dict.json").exists()):
        return _look_at_saved(data)
    if data.is_dir():
        return _look_at_folder(data, named)
    if data.suffix.lower() == ".zip":
        return Look(_task_of(_members(data)), {"train": (str(data),)})
    return _look_at_table(data, None, named)


def _look_at_saved(data: Path) -> Look:
    """A saved Hugging Face dataset: its features tell the task."""
    for info in (data / "dataset_info.json", data / "train" / "dataset_info.json"):
        try:
            features = json.loads(info.read_text(encoding="utf-8")).get("features") or {}
        except (OSError, ValueError, AttributeError):
            continue
        pictures = [name for name, one in features.items() if isinstance(one, dict) and one.get("_type") == "Image"]
        found = _first(pictures, IMAGE_INPUTS) or next(iter(pictures), None)
        task = "image-classification" if pictures else "text-classification"
        columns = tuple(map(str, features))
        found = found or _first(columns, TEXT_INPUTS)
        return Look(task, {"train": (str(data),)}, columns, found, _first(columns, LABELS))
    return Look("image-classification", {"train": (str(data),)})


def _look_at_folder(data: Path, named: Columns) -> Look:
    entries = sorted(entry for entry in data.iterdir() if not entry.name.startswith("."))
    folders = [entry for entry in entries if entry.is_dir()]
    splits = {_SPLITS[entry.name.lower()]: entry for entry in folders if entry.name.lower() in _SPLITS}
    if "train" in splits:
        inside = [path.name for path in islice(splits["train"].rglob("*"), _SAMPLE * 10)]
        return Look(_task_of(inside), {split: (str(entry),) for split, entry in splits.items()})
    tables = [entry for entry in entries if entry.is_file() and entry.name.lower().endswith(_TABLES)]
    by_split = {_SPLITS[_stem(table)]: table for table in tables if _stem(table) in _SPLITS}
    if "train" in by_split:
        look = _look_at_table(by_split["train"], None, named)
        look.sources = {split: (str(table),) for split, table in by_split.items()}
        return look
    if not entries:
        raise DatasetError(
            Fault(str(data), "the folder is empty", "name the folder, zip or table that holds your data")
        )
    if len(tables) == 1:
        zips = [entry for entry in entries if entry.suffix.lower() == ".zip"]
        files = zips if zips else folders
        return _look_at_table(tables[0], files[0] if len(files) == 1 else None, named)
    return Look(_task_of(path.name for path in islice(data.rglob("*"), _SAMPLE * 10)), {"train": (str(data),)})


def _stem(path: Path) -> str:
    return path.name.partition(".")[0].lower()


def _task_of(names: Iterable[str]) -> str:
    endings = Counter(PurePosixPath(name).suffix.lower() for name in names)
    return "text-classification" if endings[".txt"] > sum(endings[one] for one in PICTURES) else "image-classification"


def _members(path: Path) -> list[str]:
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except (zipfile.BadZipFile, OSError) as exc:
        raise DatasetError(Fault(str(path), f"not a zip that can be read: {exc}", "pack it anew")) from exc


def _look_at_table(table: Path, files: Path | None, named: Columns) -> Look:
    if not table.name.lower().endswith(_TABLES):
        mend = "give a folder per class, a zip of one, or a table (" + " ".join(_TABLES) + ")"
        raise DatasetError(Fault(str(table), "not data that can be read", mend))
    rows = _head(table)
    columns = tuple(dict.fromkeys(name for row in rows for name in row))
    values = {name: [str(row.get(name) or "") for row in rows] for name in columns}
    label = named.label or _first(columns, LABELS)
    task, found = _input(values, files is not None, label, named)
    written = (str(table), str(files)) if files and task == "image-classification" else (str(table),)
    most = max(2, len(rows) // 2)
    repeated = tuple(n for n in columns if n not in (found, label) and 2 <= len(set(values[n])) <= most)
    classes = tuple(sorted(set(values[label]))) if label else ()
    return Look(task, {"train": written}, columns, found, label, classes, repeated)


def _input(
    values: Mapping[str, Sequence[str]], with_files: bool, label: str | None, named: Columns
) -> tuple[str, str | None]:
    """The task of a table and the column of its input: by usual names, else by what the cells hold."""
    picture, text = _first([*values], IMAGE_INPUTS), _first([*values], TEXT_INPUTS)
    if named.input is not None and named.input in values:
        cells = values[named.input]
        if named.input == picture or holds_pictures(cells):
            return "image-classification", named.input
        return ("text-classification" if holds_words(cells) else "tabular-classification"), named.input
    if text and not (picture and with_files):
        return "text-classification", text
    if picture:
        return "image-classification", picture
    roles = {label, named.group, named.time}
    found = telling_column({name: cells for name, cells in values.items() if name not in roles})
    return found or ("tabular-classification", None)


def _first(names: Sequence[str], usual: Sequence[str]) -> str | None:
    lowered = {name.strip().lower(): name for name in reversed(names)}
    return next((lowered[word] for word in usual if word in lowered), None)


def _head(table: Path) -> list[dict[str, object]]:
    name = table.name.lower()
    try:
        if name.endswith((".parquet", ".pq")):
            import pyarrow.parquet as parquet  # type: ignore[import-untyped]

            opened = parquet.ParquetFile(table)
            first_rows = next(opened.iter_batches(batch_size=_SAMPLE), None)
            if first_rows is None or not first_rows.num_rows:
                return [dict.fromkeys(opened.schema_arrow.names)]
            return [
                {name: v if isinstance(v, str) else None for name, v in row.items()} for row in first_rows.to_pylist()
            ]
        opened = gzip.open if name.endswith(".gz") else open
        with opened(table, "rb") as first:
            encoding = "utf-16" if first.read(2) in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        with opened(table, "rt", encoding=encoding, errors="replace") as file:
            lines = list(islice(file, _SAMPLE))
    except (OSError, EOFError, ValueError) as exc:
        raise DatasetError(Fault(str(table), f"cannot be read: {exc}", "check the file")) from exc
    if name.endswith((".jsonl", ".ndjson")):
        return [row for row in map(_object, lines) if row]
    head = lines[0] if lines else ""
    mark = "\t" if ".tsv" in name else max(",;\t|", key=lambda one: (head.count(one), one == ","))
    csv.field_size_limit(2**31 - 1)  # a cell of a megabyte is set aside later, by name
    found = csv.DictReader(io.StringIO("".join(lines)), delimiter=mark)
    return [{str(name): value for name, value in row.items() if name} for row in found]


def _object(line: str) -> dict[str, object]:
    try:
        row = json.loads(line)
    except ValueError:
        return {}
    return row if isinstance(row, dict) else {}


def _text(look: Look, data: Path, bases: Sequence[str]) -> str:
    name = re.sub(r"[^\w.+-]+", "-", _stem(data.resolve()) or "study").strip("-.") or "study"
    lines = [
        "# What is to be decided, written down before anything is trained.",
        "touchstone: 1",
        f"name: {_quoted(name[:64])}",
        "intended_use:",
        '  purpose: ""                  # one line: what the model is for',
        "  use: research                # research | internal | commercial | redistribution",
        '  owner: ""                    # who answers for it',
        f"task: {look.task}",
        *_data_lines(look),
        *_base_lines(look, bases),
        "adapt:",
        "  recipes: auto                # Touchstone's own ladder; your own recipes run beside it",
        "  augment: auto                # none where mirroring or cropping would change the label (digits)",
        "  seeds: 3",
        "  budget: {minutes: 30}",
        "require: {}                    # bounds fixed now, for example:",
        '#  macro_f1: ">= 0.85"',
        '#  calibration_error: "<= 0.05"',
        "policy: default                # default | team | regulated",
    ]
    return "\n".join(lines) + "\n"


def _data_lines(look: Look) -> list[str]:
    lines = ["data:"]
    for split in ("train", "validation", "test"):
        written = look.sources.get(split)
        if written is None:
            lines.append(f"  {split}: null".ljust(31) + "# made from train: copies and groups together, stratified")
        elif len(written) == 2:
            lines.append(f"  {split}: {{table: {_quoted(written[0])}, files: {_quoted(written[1])}}}")
        else:
            lines.append(f"  {split}: {_quoted(written[0])}")
    lines.append("  # shift: {later: data/later.csv}   labelled data from elsewhere or later")
    lines.append("  # unlabelled: data/incoming        a sample of what deployment sees")
    if look.columns:
        lines += _column_lines(look)
    if look.classes:
        shown = ", ".join(look.classes[:8]) + (", ..." if len(look.classes) > 8 else "")
        lines.append("  # classes seen in the first rows: " + _safe(shown))
    lines.append("  license: null                # of the data, for example CC-BY-4.0")
    lines.append("  personal: false              # do the data concern people?")
    lines.append("  test_openings: 3             # how often the test set may be looked at")
    return lines


def _column_lines(look: Look) -> list[str]:
    said = [f"  # columns in the table: {_safe(', '.join(look.columns))}", "  columns:"]
    if look.task != "tabular-classification":
        said.append(f"    input: {_quoted(look.input) if look.input else 'null'}")
    said.append(f"    label: {_quoted(look.label) if look.label else 'null   # name the label column'}")
    said.append("    group: null                # examples of one subject, author or session stay together")
    said.append("    time: null                 # later examples go to test")
    if look.repeated:
        candidates = _safe(", ".join(look.repeated[:8]))
        said.append(f"  slices: []                   # judged one by one; candidates: {candidates}")
    return said


def _base_lines(look: Look, bases: Sequence[str]) -> list[str]:
    if bases:
        return ["base_models:", *(f"  - {_quoted(base)}" for base in bases)]
    if look.task == "tabular-classification":
        return ["base_models: []                # tables need none; `touchstone audit` applies"]
    return [
        "base_models: []                # add at least one before `touchstone run`:",
        "#  - models/mobilenetv2          a local folder in Hugging Face layout",
        "#  - org/name@<40 hex digits>    a pinned model of the hub",
    ]


def _quoted(text: str) -> str:
    """A YAML scalar for any text; JSON strings are YAML."""
    plain = re.fullmatch(r"[A-Za-z_./][\w./@+-]*", text) and text.lower() not in _YAML_WORDS
    return text if plain else json.dumps(text, ensure_ascii=True)


def _safe(text: str) -> str:
    """Text for a comment: no line breaks or control characters may end it."""
    return "".join(c if c.isprintable() else " " for c in text)[:300]
