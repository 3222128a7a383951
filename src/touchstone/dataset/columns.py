"""Which column of a table holds what: named in the study, or guessed from usual names and said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from touchstone.core.errors import DatasetError, Fault

if TYPE_CHECKING:
    from touchstone.study.model import Columns

IMAGE_INPUTS = ("file", "path", "image", "filename", "file_name", "image_path", "filepath")
TEXT_INPUTS = ("text", "sentence", "content")
LABELS = ("label", "class", "target")
GROUPS = (
    "group", "subject", "patient", "patient_id", "subject_id", "user", "user_id", "author", "speaker", "photographer",
    "session", "source_image", "slide", "drawer", "site", "customer", "customer_id",
)  # fmt: skip
TIMES = ("time", "date", "timestamp", "datetime", "created", "created_at", "taken_at", "acquired", "captured_at")
SPLITS = ("split", "author_split", "uploader_split", "fold", "subset", "partition")


@dataclass(frozen=True, slots=True)
class Roles:
    """The column of each role; None where there is none. ``guesses`` are sentences about what was guessed."""

    input: str | None
    label: str | None
    group: str | None
    time: str | None
    guesses: tuple[str, ...] = ()


def assign_roles(names: Sequence[str], columns: Columns, task: str, where: str, *, labelled: bool, split: str) -> Roles:
    """Find each role's column.

    Raises
    ------
    DatasetError
        where a named column is missing, or no usual name is there to guess from
    """
    faults: list[Fault] = []
    guesses: list[str] = []

    def named(role: str, column: str | None) -> str | None:
        if column is None or column in names:
            return column
        mend = f"its columns are {_listed(names)}; set data.columns.{role}"
        faults.append(Fault(where, f"no column {column!r} for the {role}", mend))
        return None

    def guessed(role: str, usual: Sequence[str]) -> str | None:
        found = _first(names, usual)
        if found is None:
            what = f"no column looks like the {role} ({', '.join(usual[:4])})"
            faults.append(Fault(where, what, f"its columns are {_listed(names)}; set data.columns.{role}"))
        else:
            guesses.append(f"the column {found!r} was taken as the {role} (by its name)")
        return found

    usual_input = IMAGE_INPUTS if task == "image-classification" else TEXT_INPUTS
    input_column = named("input", columns.input)
    if columns.input is None and task != "tabular-classification":
        input_column = guessed("input", usual_input)
    label = named("label", columns.label) if columns.label in names or labelled else None
    if labelled and columns.label is None:
        label = guessed("label", LABELS)
    # Only data that are split or judged need groups and times; a shift set or a sample may lack them.
    strict = split in ("train", "validation", "test")
    group = named("group", columns.group) if strict else _there(names, columns.group)
    time = named("time", columns.time) if strict else _there(names, columns.time)
    taken = {"input": input_column, "label": label, "group": group, "time": time}
    for role, other in (("label", "input"), ("group", "label"), ("time", "label")):
        if taken[role] is not None and taken[role] == taken[other]:
            what = f"the column {taken[role]!r} is named for the {other} and for the {role}"
            faults.append(Fault(where, what, f"name another for one of them; its columns are {_listed(names)}"))
    if faults:
        raise DatasetError(faults)
    guesses += proposals(names, columns) if split == "train" else []
    return Roles(input_column, label, group, time, tuple(guesses))


def proposals(names: Sequence[str], columns: Columns) -> list[str]:
    """Columns that look like a group, a time or a ready-made split; they are named, never used unasked."""
    said = []
    for role, usual in (("group", GROUPS), ("time", TIMES)):
        found = _first(names, usual)
        if found and getattr(columns, role) is None and found not in (columns.input, columns.label):
            said.append(f"the column {found!r} looks like a {role}; if it is one, set data.columns.{role}: {found}")
    split = _first(names, SPLITS)
    if split:
        mend = "give one table per split to use it"
        said.append(f"the column {split!r} looks like a ready-made split; it is not used: {mend}")
    return said


def _there(names: Sequence[str], column: str | None) -> str | None:
    return column if column in names else None


def _first(names: Sequence[str], usual: Sequence[str]) -> str | None:
    lowered = {name.strip().lower(): name for name in reversed(names)}
    return next((lowered[word] for word in usual if word in lowered), None)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:12])
    return shown + (", ..." if len(names) > 12 else "")
