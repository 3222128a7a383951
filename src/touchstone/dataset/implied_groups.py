"""Groups that nobody declared: columns and parts of file names whose values come back a few times each."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from touchstone.dataset.columns import GROUPS, TIMES
from touchstone.dataset.model import Examples

FEWEST, FEWEST_GROUPS = 40, 10
LEAST_REPEATED, LEAST_SHARED = 0.6, 0.05
"""Share of examples whose value comes back, and of the second side's whose value stands on the first."""
MOST_OFTEN = 50
"""Examples of one value beyond which it is a kind or a place rather than a subject; a tenth of all where that is more."""
LEAST_LEFT = 0.85
"""Share of an example's class, on average, that must be left without its group: else a class is missed, not a subject."""
MOST = 6
_IDENTIFIER = re.compile(r"(^|[_\W])(id|no|nr|number|code|key|uuid|hash)s?$", re.IGNORECASE)
_PARTS = re.compile(r"[_\-. +]+")
_FILE = re.compile(r"\.[A-Za-z0-9]{2,5}$")


@dataclass(frozen=True)
class Implied:
    """A way to group the examples of two splits."""

    told: str
    """In words: ``the column `patient```."""
    column: str | None
    """None where it is a part of the file names."""
    first: tuple[str, ...]
    second: tuple[str, ...]

    @cached_property
    def shared(self) -> set[str]:
        """Values on both sides; an empty one is no group."""
        return (set(self.first) & set(self.second)) - {""}


def implied_groups(first: Examples, second: Examples) -> list[Implied]:
    """The likeliest groupings of two splits that cross them, at most six, columns with usual names first.

    A grouping counts where ten values or more come back 2 to 50 times each and stand on both sides. Of tables only
    columns named like an identifier are asked, as all the others are what a model is meant to learn from; and what
    names a class or a kind of it (the product, the character) is no subject.
    """
    found: list[Implied] = []
    seen: set[tuple[int, ...]] = set()
    for one in (*_columns(first, second), *_names(first, second)):
        if not _plausible(one) or _parts_classes(one, first):
            continue
        partition = _partition((*one.first, *one.second))
        if partition not in seen:
            seen.add(partition)
            found.append(one)
    return found[:MOST]


def _columns(first: Examples, second: Examples) -> Iterator[Implied]:
    both = [name for name in first.columns if name in second.columns and name.lower() not in TIMES]
    usual = [name for name in both if name.lower() in GROUPS]
    named = [name for name in both if name not in usual and _IDENTIFIER.search(name)]
    rest = [] if first.task == "tabular-classification" else [n for n in both if n not in usual and n not in named]
    for name in (*usual, *named, *rest):
        yield Implied(f"the column `{name}`", name, first.columns[name], second.columns[name])


def _names(first: Examples, second: Examples) -> Iterator[Implied]:
    names = (*first.names, *second.names)
    if not names or sum(bool(_FILE.search(name)) for name in names) < 0.9 * len(names):
        return
    for told, part in (
        ("the file names up to their last mark (`_`, `-`, `.` or a space)", _stem),
        ("the beginning of the file names", lambda name: _token(name, 0)),
        ("the second part of the file names", lambda name: _token(name, 1)),
        ("the folder that files stand in", lambda name: PurePosixPath(name).parent.as_posix()),
    ):
        yield Implied(told, None, tuple(map(part, first.names)), tuple(map(part, second.names)))


def _stem(name: str) -> str:
    parts = _PARTS.split(PurePosixPath(name).stem)
    return "_".join(parts[:-1])


def _token(name: str, place: int) -> str:
    parts = _PARTS.split(PurePosixPath(name).stem)
    return parts[place] if place < len(parts) - 1 else ""


def _plausible(one: Implied) -> bool:
    values = [value for value in (*one.first, *one.second) if value]
    if len(values) < FEWEST or not one.second:
        return False
    counts = Counter(values)
    most = max(MOST_OFTEN, len(values) // 10)
    repeated = {value for value, count in counts.items() if 2 <= count <= most}
    among = sum(counts[value] for value in repeated)
    crossing = sum(value in one.shared for value in one.second)
    return (
        len(repeated) >= FEWEST_GROUPS
        and among >= LEAST_REPEATED * (len(one.first) + len(one.second))
        and crossing >= LEAST_SHARED * len(one.second)
    )


def _parts_classes(one: Implied, first: Examples) -> bool:
    """Whether to hold a value out would take much of its class away: then it names kinds of a class, not subjects."""
    labels = first.labels.tolist()
    of_class, of_both = Counter(labels), Counter(zip(one.first, labels, strict=True))
    left = [
        1 - of_both[value, label] / of_class[label] for value, label in zip(one.first, labels, strict=True) if value
    ]
    return sum(left) < LEAST_LEFT * len(left)


def _partition(values: Sequence[str]) -> tuple[int, ...]:
    """Which examples belong together, whatever their group is called."""
    numbers: dict[str, int] = {}
    return tuple(numbers.setdefault(value, len(numbers)) for value in values)
