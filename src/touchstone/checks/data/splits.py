"""Which splits must not share anything, before and after the run's repairs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from touchstone.core.finding import Severity
from touchstone.dataset.model import Dataset, Examples

REPAIR = "`touchstone audit DATA... --out DIR` writes a split that is mended so to DIR/repaired"
"""What remedies of faults between given splits end with."""


@dataclass(frozen=True)
class Pair:
    """Two splits that must be independent.

    ``given`` are the splits as they were given, None where the second was made here; ``used`` as they are used.
    """

    first: str
    second: str
    given: tuple[Examples, Examples] | None
    used: tuple[Examples, ...]
    """The first split (with what was made from it) and, last, the second."""

    @property
    def subject(self) -> str:
        return f"{self.first}~{self.second}"

    @property
    def decides(self) -> bool:
        """Whether requirements and comparisons rest on the second split; the others inform or help to choose."""
        return self.second == "test" and self.first == "train"

    @property
    def made_here(self) -> bool:
        return self.given is None

    def gravest(self, severity: Severity) -> Severity:
        """The severity of a fault between these splits: only what touches the test scores can block."""
        return severity if self.decides or severity is not Severity.BLOCKER else Severity.MAJOR


def pairs(data: Dataset) -> Iterator[Pair]:
    """Training against everything that is measured on, and validation against the test set."""
    for name, examples in (("validation", data.validation), ("test", data.test), *data.shift.items()):
        if len(examples) == 0 and name not in data.given:
            continue
        # a validation set that was cut out of the training data trains the shipped model as much as the rest
        also = name != "validation" and "validation" in data.made_here and len(data.validation) > 0
        first = (data.train, data.validation) if also else (data.train,)
        yield Pair("train", name, _given(data, "train", name), (*first, examples))
    if "validation" in data.given and len(data.validation):
        yield Pair("validation", "test", _given(data, "validation", "test"), (data.validation, data.test))


def _given(data: Dataset, first: str, second: str) -> tuple[Examples, Examples] | None:
    if second in data.made_here or first not in data.given or second not in data.given:
        return None
    return data.given[first], data.given[second]
