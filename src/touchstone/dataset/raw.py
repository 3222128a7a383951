"""What a reader hands on: examples with their labels as words, nothing decoded yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from touchstone.dataset.model import Unreadable


@dataclass
class Raw:
    """One source as read. All lists are of equal length."""

    split: str
    names: list[str] = field(default_factory=list)
    inputs: list[Any] = field(default_factory=list)
    """Places of pictures, texts, or rows."""
    labels: list[str | None] = field(default_factory=list)
    groups: list[str] | None = None
    times: list[float] | None = None
    columns: dict[str, list[str]] = field(default_factory=dict)
    unreadable: list[Unreadable] = field(default_factory=list)
    guesses: list[str] = field(default_factory=list)
    labelled: bool = True

    def set_aside(self, name: str, kind: str, reason: str) -> None:
        """Note an example that is not handed on."""
        self.unreadable.append(Unreadable(self.split, name, kind, reason))

    def keep(self, rows: Sequence[int]) -> None:
        """Keep only these examples, in this order."""
        self.names = [self.names[i] for i in rows]
        self.inputs = [self.inputs[i] for i in rows]
        self.labels = [self.labels[i] for i in rows]
        self.groups = None if self.groups is None else [self.groups[i] for i in rows]
        self.times = None if self.times is None else [self.times[i] for i in rows]
        self.columns = {name: [values[i] for i in rows] for name, values in self.columns.items()}
