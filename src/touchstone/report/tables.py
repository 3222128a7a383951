"""``flagged.csv``, ``splits.csv`` and ``moved.csv``: tables that are safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

FLAGGED_HEAD = ("check", "split", "example", "other_split", "other", "kind", "score")
MOVED_HEAD = ("example", "source", "split", "why")
SPLITS_HEAD = (*MOVED_HEAD, "content", "mark")

# A cell that begins so is run as a formula by spreadsheets (the wide forms by some).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class Flagged(Protocol):
    """One line of ``flagged.csv``: an example that a check points at, or a pair of examples."""

    @property
    def check(self) -> str: ...
    @property
    def split(self) -> str: ...
    @property
    def example(self) -> str: ...
    @property
    def other_split(self) -> str: ...
    @property
    def other(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def score(self) -> float | None: ...


class Moved(Protocol):
    """One line of ``moved.csv``: where an example was given, where it is used, and why."""

    @property
    def example(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def split(self) -> str: ...
    @property
    def why(self) -> str: ...


class Assigned(Moved, Protocol):
    """One line of ``splits.csv``: also the content, and a mark that changes with the label."""

    @property
    def content(self) -> str: ...
    @property
    def mark(self) -> str: ...


def flagged(rows: Iterable[Flagged]) -> str:
    """The text of ``flagged.csv``."""
    return _text(FLAGGED_HEAD, rows)


def splits(rows: Iterable[Assigned]) -> str:
    """The text of ``splits.csv``."""
    return _text(SPLITS_HEAD, rows)


def moved(rows: Iterable[Moved]) -> str:
    """The text of ``moved.csv``: the examples that a repaired split puts elsewhere, or nowhere."""
    return _text(MOVED_HEAD, rows)


def safe_cell(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula: such texts get an apostrophe in front, numbers stay numbers."""
    if value is None:
        return ""
    if isinstance(value, str):
        # Inside a line these two break readers of CSV.
        text = value.replace("\r", "\\r").replace("\0", "\\0")
        return f"'{text}" if value.startswith(_FORMULA) else text
    return value


def _text(head: Sequence[str], rows: Iterable[Any]) -> str:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([safe_cell(getattr(row, name)) for name in head] for row in rows)
    # A name from a file system may hold bytes that are no text; the file is UTF-8 all the same.
    return file.getvalue().encode("utf-8", "replace").decode("utf-8")
