"""A repaired split on disk: one table per split, which a study can name, and the list of what moved."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from touchstone.dataset.model import Dataset, Examples
    from touchstone.study.model import Study

FOLDER = "repaired"
_SPLITS = ("train", "validation", "test")
_INPUTS = {"image-classification": "file", "text-classification": "text"}


@dataclass(frozen=True)
class Moved:
    """One line of moved.csv: an example, where it was given, where it belongs, and why."""

    example: str
    source: str
    split: str
    why: str


@dataclass(frozen=True)
class Repaired:
    """What was written."""

    folder: Path
    moved: tuple[Moved, ...]
    n: int
    tables: bool
    """Whether tables could be written; the bytes of pictures inside a table have no path to name."""

    def __str__(self) -> str:
        what = f"{len(self.moved):,} of {self.n:,} examples moved"
        also = "" if self.tables else " (listed in moved.csv; pictures inside tables have no path to name)"
        return f"a split without copies, groups or later times on both sides stands in {self.folder}: {what}{also}"


def write_repair(study: Study, data: Dataset, folder: Path) -> Repaired | None:
    """Write the smallest repair of the splits as given below ``folder``; None where nothing is wrong with them.

    The data themselves stay as they are. Only an audit can do this: the labels of a test set count here.
    """
    import numpy as np

    from touchstone.core import atomic
    from touchstone.dataset.repair import AS_GIVEN
    from touchstone.report.tables import moved as table_of_moves

    given = _labelled(data)
    if len(given) < 2:
        return None
    mended = _mended(given, data)
    empty = set(given) - set(mended.splits)
    if not mended.n_moved or empty:
        return None
    source = [name for name, examples in given.items() for _ in range(len(examples))]
    names = [name for examples in given.values() for name in examples.names]
    rows = zip(names, source, mended.splits, mended.why, strict=True)
    moves = tuple(Moved(*row) for row in rows if row[3] != AS_GIVEN)
    target = folder / FOLDER
    target.mkdir(parents=True, exist_ok=True)
    atomic.write_text(target / "moved.csv", table_of_moves(moves))
    shelf = _Shelf(study, target, given)
    tables = shelf.can_name_all
    if tables:
        whole = [record for name, examples in given.items() for record in _records(study, data, examples)]
        for split in given:
            members = np.flatnonzero(np.asarray(mended.splits, dtype=str) == split)
            lines = [json.dumps(whole[i] | shelf.named(int(i), split), ensure_ascii=False) for i in members]
            atomic.write_text(shelf.path(split), "\n".join(lines) + "\n")
        atomic.write_text(target / "data.yaml", _study_part(study, given, shelf))
    return Repaired(target, moves, len(names), tables)


def _labelled(data: Dataset) -> dict[str, Examples]:
    from dataclasses import replace

    given = {name: data.given[name] for name in _SPLITS if name in data.given}
    if "test" in given:
        assert data.answers is not None, "only an audit repairs"
        given["test"] = replace(given["test"], labels=data.answers)
    return given


def _mended(given: Mapping[str, Examples], data: Dataset) -> Any:
    from touchstone.dataset.duplicates import families
    from touchstone.dataset.placement import heads
    from touchstone.dataset.repair import repair

    digests = [one for examples in given.values() for one in examples.digests]
    near = [(pair.a, pair.b) for pair in data.near]
    family = families(sorted({*digests, *(one for pair in near for one in pair)}), near)
    groups = _pooled([examples.groups for examples in given.values()])
    times = _pooled([None if one.times is None else one.times.tolist() for one in given.values()])
    labels = [data.classes[i] if i >= 0 else "" for examples in given.values() for i in examples.labels]
    splits = [name for name, examples in given.items() for _ in range(len(examples))]
    return repair(heads(digests, family, groups), labels, splits, times)


def _pooled(columns: Sequence[Sequence[Any] | None]) -> list[Any] | None:
    """One list of all splits; None where one of them lacks the column."""
    if any(one is None for one in columns):
        return None
    return [value for one in columns if one is not None for value in one]


def _records(study: Study, data: Dataset, examples: Examples) -> Iterator[dict[str, Any]]:
    """Every example as a line of a table, a picture still without its path."""
    label = study.data.columns.label or "label"
    text = _input_column(study) if study.task == "text-classification" else None
    for i in range(len(examples)):
        record: dict[str, Any] = {} if text is None else {text: examples.inputs[i]}
        record |= {name: values[i] for name, values in examples.columns.items()}
        yield record | {label: data.classes[examples.labels[i]]}


def _input_column(study: Study) -> str:
    return study.data.columns.input or _INPUTS[study.task]


class _Shelf:
    """How the tables name pictures: files by their whole path, members of a split's own archive by their name.

    A member of another archive is copied beside the tables, for a table can name one archive alone.
    """

    def __init__(self, study: Study, target: Path, given: Mapping[str, Examples]) -> None:
        from touchstone.dataset.inputs import FilePlace, MemberPlace, Pictures

        self._target = target
        self._column: str | None = None
        self._places: list[Any] = []
        self.archives: dict[str, Path] = {}
        for name, examples in given.items():
            if isinstance(examples.inputs, Pictures):
                self._column = _input_column(study)
                self._places += examples.inputs.places
                own = [one.archive.path for one in examples.inputs.places if isinstance(one, MemberPlace)]
                if own:
                    self.archives[name] = own[0].absolute()
        self.can_name_all = all(isinstance(one, (FilePlace, MemberPlace)) for one in self._places)

    def named(self, index: int, split: str) -> dict[str, str]:
        """The cell that names a picture in the table of a split; nothing for other kinds of data."""
        from touchstone.dataset.inputs import FilePlace

        if self._column is None:
            return {}
        place = self._places[index]
        if isinstance(place, FilePlace):
            return {self._column: str(place.path.absolute())}
        if self.archives.get(split) == place.archive.path.absolute():
            return {self._column: place.member}
        return {self._column: self._copied(index, place)}

    def path(self, split: str) -> Path:
        """Where the table of a split stands."""
        return (self._target / f"{split}.jsonl").absolute()

    def _copied(self, index: int, place: Any) -> str:
        from touchstone.core import atomic

        path = self._target / "files" / f"{index}{Path(place.member).suffix.lower()}"
        path.parent.mkdir(exist_ok=True)
        atomic.write_bytes(path, place.read())
        return f"files/{path.name}"


def _study_part(study: Study, given: Mapping[str, Examples], shelf: _Shelf) -> str:
    """The lines of a study file that name the repaired split."""
    columns = study.data.columns
    named = {"label": columns.label or "label", "group": columns.group, "time": columns.time}
    if study.task in _INPUTS:
        named = {"input": _input_column(study), **named}
    lines = [
        "# Put these lines in place of the same ones in the study file; the data themselves were left alone.",
        "data:",
    ]
    for split in given:
        table = str(shelf.path(split))
        archive = shelf.archives.get(split)
        spelt = json.dumps(table) if archive is None else json.dumps({"table": table, "files": str(archive)})
        lines.append(f"  {split}: {spelt}")
    lines.append(f"  columns: {json.dumps({role: name for role, name in named.items() if name})}")
    return "\n".join(lines) + "\n"
