"""Examples and datasets: what a reader makes, and what every later stage reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from touchstone.dataset.duplicates import Near

UNLABELLED = -1


class Inputs(Protocol):
    """The inputs of examples, opened one at a time: a PIL image (RGB, EXIF-rotated) or a text."""

    def __len__(self) -> int: ...
    def __getitem__(self, index: int) -> Any: ...
    def take(self, indices: NDArray[np.int64]) -> Inputs: ...


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An example that was set aside: where it stood and why."""

    split: str
    example: str
    kind: str
    """corrupt | empty | unlabelled | missing | too_large | class_not_in_training | class_seen_once"""
    reason: str


@dataclass(frozen=True)
class Examples:
    """Some examples in a fixed order.

    ``names`` are paths or row numbers (from 0) as given; ``labels`` are class indices, -1 where unknown or
    sealed; ``digests`` are content digests (hex) of the decoded input, equal for equal content;
    ``groups`` and ``times`` are None where no such column is declared; ``columns`` holds further columns of
    the table as text, for slices.
    """

    task: str
    names: tuple[str, ...]
    inputs: Inputs
    labels: NDArray[np.int64]
    digests: tuple[str, ...]
    groups: tuple[str, ...] | None = None
    times: NDArray[np.float64] | None = None
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.names)

    def take(self, indices: Sequence[int] | NDArray[np.int64]) -> Examples:
        """The examples at ``indices``, in that order."""
        picked = np.asarray(indices, dtype=np.int64)

        def pick(values: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(values[i] for i in picked)

        return replace(
            self,
            names=pick(self.names),
            inputs=self.inputs.take(picked),
            labels=self.labels[picked],
            digests=pick(self.digests),
            groups=None if self.groups is None else pick(self.groups),
            times=None if self.times is None else self.times[picked],
            columns={name: pick(values) for name, values in self.columns.items()},
        )

    def without_labels(self) -> Examples:
        """The same examples with every label hidden."""
        return replace(self, labels=np.full(len(self), UNLABELLED, dtype=np.int64))


@dataclass(frozen=True)
class Assignment:
    """One line of splits.csv: where an example went and why."""

    example: str
    source: str
    """The split it was given in (train, validation, test)."""
    split: str
    """The split it is used in; ``left_out`` where it is in none."""
    why: str
    content: str = ""
    """Digest of the decoded input, by which it is found again under another name; empty where it could not be read."""
    mark: str = ""
    """Changes with the label, and does not show it: the labels of a test set are sealed."""


@dataclass(frozen=True)
class Dataset:
    """A study's data, read and split. The test labels are not here: they are behind the seal."""

    task: str
    classes: tuple[str, ...]
    train: Examples
    validation: Examples
    test: Examples
    """Labels hidden."""
    shift: Mapping[str, Examples]
    """Labels hidden."""
    unlabelled: Examples | None
    seal: Any
    """The :class:`touchstone.dataset.seal.Seal` that holds the labels of ``test`` and ``shift``."""
    assignments: tuple[Assignment, ...]
    unreadable: tuple[Unreadable, ...]
    given: Mapping[str, Examples]
    """The splits as they were given, before any repair, labelled except for test and shift."""
    n_read: int
    """Examples looked at, readable or not."""
    made_here: frozenset[str]
    """Names of the splits that were made here (validation, test)."""
    guesses: tuple[str, ...] = ()
    """What was guessed about columns, in sentences."""
    digest: str = ""
    """Digest of all content, labels, groups and splits."""
    left_out: Examples | None = None
    """Given test examples that were left out of evaluation (copies stand in training), labels hidden;
    the seal holds their labels under ``left_out``."""
    near: tuple[Near, ...] = ()
    """Near copies among all content, by digest."""
    audited: bool = False
    """Whether the data are only looked at: nothing is trained, chosen or measured on them."""
    answers: NDArray[np.int64] | None = None
    """Labels of the test set as given, in an audit alone, where nothing is trained or chosen: what leaks cost is
    measured with them."""
