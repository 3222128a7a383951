"""From a study to a dataset: read, set aside, find copies, split, leave leaks out, seal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from touchstone.core import digest
from touchstone.core.errors import DatasetError, Fault
from touchstone.core.progress import Progress
from touchstone.dataset.content import Content, read_content
from touchstone.dataset.duplicates import Copies, find_copies, without_look_alikes
from touchstone.dataset.gathering import gather
from touchstone.dataset.inputs import Pictures, Rows, Texts
from touchstone.dataset.leaks import COPY_WORDS, Crossing, find_crossings
from touchstone.dataset.model import UNLABELLED, Assignment, Dataset, Examples, Inputs, Unreadable
from touchstone.dataset.placement import Placement, place
from touchstone.dataset.raw import Raw
from touchstone.dataset.row_events import tell_rows_apart
from touchstone.dataset.screening import forget_classes, screen
from touchstone.dataset.seal import Seal

if TYPE_CHECKING:
    from touchstone.study.model import Study


def assemble(study: Study, *, progress: Progress, home: Path, audited: bool = False) -> Dataset:
    """Read a study's data, split what is not split, and seal the labels of test and shift sets.

    Parameters
    ----------
    audited : nothing will be trained, so that labels of the test set stay readable: made here in ``given``, given
        in ``answers``

    Raises
    ------
    DatasetError
        where nothing can be read, or what is there cannot be a classification task
    """
    raws, notes = gather(study)
    n_read = sum(len(raw.names) + len(raw.unreadable) for raw in raws.values())
    contents = {}
    for name, raw in raws.items():
        contents[name] = _kept(raw, read_content(raw, study.task, progress, home))
        if not raw.names and name in ("train", "test"):
            raise DatasetError(_nothing_readable(raw, study))
    if study.task == "tabular-classification":
        notes = [*notes, *tell_rows_apart(raws, contents)]
    classes = screen(raws, contents, str(study.data.train.path))
    work = _Work(study.task, classes, raws, contents, audited)
    return work.dataset(home, n_read, notes)


def _kept(raw: Raw, content: Content) -> Content:
    assert len(content.digests) == len(raw.names)
    return content


def _nothing_readable(raw: Raw, study: Study) -> Fault:
    source = study.data.train if raw.split == "train" else study.data.test
    where = str(source.path) if source else raw.split
    if not raw.unreadable:
        return Fault(where, f"no example in {raw.split}", f"mend data.{raw.split}")
    first = raw.unreadable[0]
    what = f"none of the {len(raw.unreadable):,} examples can be read (the first, {first.example}: {first.reason})"
    return Fault(where, what, "check the path and the columns")


_MARK = 24
"""Hexadecimal digits of a digest that stand for all of it in a table."""


@dataclass
class _Work:
    """One assembly, after reading: everything that follows is a matter of names, labels and digests."""

    task: str
    classes: tuple[str, ...]
    raws: dict[str, Raw]
    contents: dict[str, Content]
    audited: bool = False
    index: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self.index = {name: i for i, name in enumerate(self.classes)}

    @property
    def splits(self) -> list[str]:
        return [name for name in ("train", "validation", "test") if name in self.raws]

    @property
    def shifts(self) -> list[str]:
        return [name for name in self.raws if name not in ("train", "validation", "test", "unlabelled")]

    def dataset(self, home: Path, n_read: int, notes: Sequence[str]) -> Dataset:
        copies = self._copies()
        made = [name for name in ("test", "validation") if name not in self.raws]
        placed = self._place(copies, made)
        while late := self._classes_after_training(placed):
            self.classes = forget_classes(self.raws, self.contents, late)
            self.index = {name: i for i, name in enumerate(self.classes)}
            placed = self._place(copies, made)
        full = {name: self._examples(name) for name in self.raws}
        crossings = find_crossings({name: full[name] for name in (*self.splits, *self.shifts)}, copies.near)
        leaked, leak_notes = self._leaked(crossings, full)
        used, left_out = self._used(full, placed, leaked)
        self._refuse_empty(used)
        sealed = {"test": used["test"].labels, **{name: full[name].labels for name in self.shifts}}
        if left_out is not None:
            sealed["left_out"] = left_out.labels
        return Dataset(
            task=self.task, classes=self.classes, train=used["train"], validation=used["validation"],
            test=used["test"].without_labels(), shift={name: full[name].without_labels() for name in self.shifts},
            unlabelled=full.get("unlabelled"), seal=Seal(home, _test_digest(used["test"], left_out), sealed),
            assignments=self._assignments(placed, leaked), unreadable=self._unreadable(),
            given=self._given(full, placed), n_read=n_read, made_here=frozenset(made),
            guesses=self._said(notes, copies, placed, leak_notes), digest=self._digest(full, used),
            left_out=None if left_out is None else left_out.without_labels(), near=copies.near,
            audited=self.audited, answers=full["test"].labels if self.audited and "test" in full else None,
        )  # fmt: skip

    def _copies(self) -> Copies:
        names = [*self.splits, *self.shifts]
        texts = [self.raws[name].inputs for name in names] if self.task == "text-classification" else None
        found = find_copies([self.contents[n] for n in names], texts)
        return without_look_alikes(
            found, dict(zip(self.contents["train"].digests, self.raws["train"].labels, strict=True))
        )

    def _place(self, copies: Copies, made: Sequence[str]) -> Placement:
        raw = self.raws["train"]
        labels = [label or "" for label in raw.labels]
        return place(self.contents["train"].digests, labels, copies.family, raw.groups, raw.times, made)

    def _classes_after_training(self, placed: Placement) -> set[str]:
        """Classes that a cut in time leaves without a training example."""
        labels = [label or "" for label in self.raws["train"].labels]
        return set(labels) - {labels[i] for i in placed.rows("train")}

    def _examples(self, name: str) -> Examples:
        raw = self.raws[name]
        labels = [UNLABELLED if label is None else self.index.get(label, UNLABELLED) for label in raw.labels]
        return Examples(
            task=self.task, names=tuple(raw.names), inputs=_inputs(self.task, raw),
            labels=np.array(labels, dtype=np.int64), digests=self.contents[name].digests,
            groups=None if raw.groups is None else tuple(raw.groups),
            times=None if raw.times is None else np.array(raw.times, dtype=np.float64),
            columns={column: tuple(values) for column, values in raw.columns.items()},
        )  # fmt: skip

    def _leaked(
        self, crossings: Sequence[Crossing], full: Mapping[str, Examples]
    ) -> tuple[dict[str, dict[int, str]], list[str]]:
        """Examples of the given validation and test that have a copy before them: split -> index -> why."""
        leaked: dict[str, dict[int, str]] = {"validation": {}, "test": {}}
        for one in crossings:
            if one.second_split in leaked:
                what = f"{COPY_WORDS[one.kind]} of {one.first} in {one.first_split}"
                leaked[one.second_split].setdefault(one.second_index, what)
        said = []
        for split, rows in leaked.items():
            if rows and not _enough(full[split].labels, set(rows)):
                said.append(
                    f"{len(rows):,} of {len(full[split]):,} examples of {split} have copies before them; "
                    "too little would remain, so none were left out"
                )
                rows.clear()
        return leaked, said

    def _used(
        self, full: Mapping[str, Examples], placed: Placement, leaked: Mapping[str, Mapping[int, str]]
    ) -> tuple[dict[str, Examples], Examples | None]:
        used = {"train": full["train"].take(placed.rows("train"))}
        left_out = None
        for split in ("validation", "test"):
            if split not in full:
                used[split] = full["train"].take(placed.rows(split))
                continue
            gone = leaked[split]
            used[split] = full[split].take([i for i in range(len(full[split])) if i not in gone])
            if gone and split == "test":
                left_out = full[split].take(sorted(gone))
        return used, left_out

    def _refuse_empty(self, used: Mapping[str, Examples]) -> None:
        for split, examples in used.items():
            if not len(examples):
                n, different = len(self.raws["train"].names), len(set(self.contents["train"].digests))
                what = f"{n} examples in {len(self.classes)} classes leave none for {split}"
                if different < n:
                    what += f", as only {different} of them differ"
                raise DatasetError(Fault("", what, "label more examples (five per class is the least)"))

    def _given(self, full: Mapping[str, Examples], placed: Placement) -> dict[str, Examples]:
        """The splits as given; what became the test set keeps its labels behind the seal."""
        given = {name: full[name] for name in (*self.splits, *self.shifts)}
        for name in given:
            if name == "test" or name in self.shifts:
                given[name] = given[name].without_labels()
        hidden = full["train"] if self.audited else _hidden(full["train"], placed.rows("test"))
        return {**given, "train": hidden}

    def _assignments(self, placed: Placement, leaked: Mapping[str, Mapping[int, str]]) -> tuple[Assignment, ...]:
        found = []
        for source in (*self.splits, *self.shifts):
            marks = self._marks(source)
            for i, name in enumerate(self.raws[source].names):
                if source == "train":
                    found.append(Assignment(name, source, placed.split[i], placed.why[i], *marks[i]))
                elif i in leaked.get(source, {}):
                    found.append(Assignment(name, source, "left_out", leaked[source][i], *marks[i]))
                else:
                    found.append(Assignment(name, source, source, f"given as {source}", *marks[i]))
            for one in self.raws[source].unreadable:
                found.append(Assignment(one.example, source, "left_out", f"{one.kind}: {one.reason}"))
        return tuple(found)

    def _marks(self, source: str) -> list[tuple[str, str]]:
        """Of each example the content, and a mark of content and label together."""
        contents, labels = self.contents[source].digests, self.raws[source].labels
        return [
            (content[:_MARK], digest.of_data([content, label]).removeprefix("sha256:")[:_MARK])
            for content, label in zip(contents, labels, strict=True)
        ]

    def _unreadable(self) -> tuple[Unreadable, ...]:
        return tuple(one for raw in self.raws.values() for one in raw.unreadable)

    def _said(self, notes: Sequence[str], copies: Copies, placed: Placement, more: Sequence[str]) -> tuple[str, ...]:
        said = [*notes, *(guess for raw in self.raws.values() for guess in raw.guesses)]
        return tuple(dict.fromkeys([*said, *copies.notes, *placed.notes, *more]))

    def _digest(self, full: Mapping[str, Examples], used: Mapping[str, Examples]) -> str:
        def rows(examples: Examples) -> list[list[object]]:
            groups = examples.groups or [""] * len(examples)
            times = [""] * len(examples) if examples.times is None else [repr(float(t)) for t in examples.times]
            labels = [self.classes[i] if i >= 0 else "" for i in examples.labels]
            return sorted([list(row) for row in zip(examples.digests, labels, groups, times, strict=True)])

        parts = {name: rows(full[name]) for name in full if name != "train"}
        return digest.of_data({"given": parts, "used": {name: rows(used[name]) for name in used}})


def _inputs(task: str, raw: Raw) -> Inputs:
    if task == "image-classification":
        return Pictures(raw.inputs)
    return Texts(raw.inputs) if task == "text-classification" else Rows(raw.inputs)


def _enough(labels: NDArray[np.int64], gone: set[int]) -> bool:
    """Whether an evaluation can rest on what remains: half of it, and some of every class."""
    rest = np.array([label for i, label in enumerate(labels) if i not in gone])
    return len(rest) >= 0.5 * len(labels) and len(set(rest.tolist())) == len(set(labels.tolist()))


def _hidden(examples: Examples, rows: Sequence[int]) -> Examples:
    labels = examples.labels.copy()
    labels[list(rows)] = UNLABELLED
    return replace(examples, labels=labels)


def _test_digest(test: Examples, left_out: Examples | None) -> str:
    return digest.of_data(sorted(test.digests + (left_out.digests if left_out else ())))
