"""Copies that stand on both sides of a split."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from touchstone.dataset.duplicates import Near
from touchstone.dataset.model import Examples

COPY_WORDS = {"exact": "copy", "near": "near copy", "mirror": "mirrored copy", "turned": "turned copy",
              "reworded": "reworded copy"}  # fmt: skip

ORDER = ("train", "validation", "test")


@dataclass(frozen=True, slots=True)
class Crossing:
    """One example of a later split and its closest copy in an earlier one."""

    first_split: str
    first: str
    """Name in the earlier split (train before validation before test before shift sets)."""
    second_split: str
    second: str
    """Name in the later split."""
    kind: str
    """exact | near | mirror | turned | reworded"""
    score: float
    """Likeness in 0..1; 1 for an exact copy."""
    second_index: int
    """Position of ``second`` in its split."""


def find_crossings(given: Mapping[str, Examples], near: Sequence[Near] = ()) -> tuple[Crossing, ...]:
    """For every pair of splits, each example of the later one that has a copy in the earlier one.

    Parameters
    ----------
    given : splits by name
    near : near copies by digest, as ``Dataset.near`` holds them; exact copies are found from digests alone
    """
    neighbours: dict[str, list[tuple[float, str, str]]] = defaultdict(list)
    for pair in near:
        neighbours[pair.a].append((-pair.score, pair.b, pair.kind))
        neighbours[pair.b].append((-pair.score, pair.a, pair.kind))
    names = [name for name in ORDER if name in given] + sorted(name for name in given if name not in ORDER)
    found: list[Crossing] = []
    for first, second in combinations(names, 2):
        found.extend(_between(first, given[first], second, given[second], neighbours))
    return tuple(found)


def _between(
    first: str, earlier: Examples, second: str, later: Examples, neighbours: Mapping[str, list[tuple[float, str, str]]]
) -> list[Crossing]:
    where: dict[str, str] = {}
    for name, digest in zip(earlier.names, earlier.digests, strict=True):
        where.setdefault(digest, name)
    found = []
    for index, (name, digest) in enumerate(zip(later.names, later.digests, strict=True)):
        if digest in where:
            found.append(Crossing(first, where[digest], second, name, "exact", 1.0, index))
            continue
        close = sorted(item for item in neighbours.get(digest, ()) if item[1] in where)
        if close:
            score, other, kind = close[0]
            found.append(Crossing(first, where[other], second, name, kind, -score, index))
    return found
