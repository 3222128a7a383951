"""Where each example goes: by the hash of what it belongs to, so that order and additions hardly matter."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

TEST_SHARE = 0.20
VALIDATION_SHARE = 0.15
"""Of what is left for training."""
SLACK = 0.25
"""A class may miss its share of a split by this part of it before anything is moved."""
FEW = 3
"""Examples of a class that a made validation set should hold, where the class has plenty."""


@dataclass(frozen=True)
class Unit:
    """Examples that must stay together: copies, a group, or one example alone."""

    key: str
    """What it hashes by: the group's name, else the smallest content digest."""
    members: tuple[int, ...]
    counts: Mapping[str, int]
    """Examples per class."""

    @property
    def stratum(self) -> str:
        return max(self.counts, key=lambda label: (self.counts[label], label))

    def position(self, purpose: str) -> float:
        """A fixed place in 0..1, the same in every run and on every machine."""
        head = hashlib.sha256(f"touchstone split 1:{purpose}:{self.key}".encode("utf-8", "surrogatepass")).digest()[:8]
        return int.from_bytes(head, "big") / 2**64


def make_units(heads: Sequence[str], labels: Sequence[str]) -> list[Unit]:
    """Units from the head (key) of every example."""
    members: dict[str, list[int]] = defaultdict(list)
    for index, head in enumerate(heads):
        members[head].append(index)
    return [Unit(key, tuple(rows), Counter(labels[i] for i in rows)) for key, rows in sorted(members.items())]


def draw(units: Sequence[Unit], share: float, purpose: str, few: int = 1) -> set[str]:
    """Keys of the units that go to a split of about ``share`` of every class.

    Each unit goes by its own hash; then, class by class, as few units as needed move (the nearest to
    the border first) to keep the class within a quarter of its share. A class always keeps a unit in
    the rest, and gives at least one where it has two.
    """
    strata: dict[str, list[Unit]] = defaultdict(list)
    for unit in units:
        strata[unit.stratum].append(unit)
    taken: set[str] = set()
    for stratum in sorted(strata):
        ordered = sorted(strata[stratum], key=lambda unit: (unit.position(purpose), unit.key))
        taken |= _draw_class(ordered, share, purpose, few)
    return _keep_classes(units, taken)


def _draw_class(ordered: Sequence[Unit], share: float, purpose: str, few: int) -> set[str]:
    """Units of one class, in hash order: a prefix of them."""
    if len(ordered) < 2:
        return set()
    total = sum(len(unit.members) for unit in ordered)
    wanted = max(share * total, min(few, total / 4))
    slack = max(0.75, SLACK * wanted)
    cut = sum(unit.position(purpose) < share for unit in ordered)
    held = sum(len(unit.members) for unit in ordered[:cut])
    while cut < len(ordered) - 1 and held < wanted - slack:
        if abs(held + len(ordered[cut].members) - wanted) >= abs(held - wanted) and cut:
            break
        held += len(ordered[cut].members)
        cut += 1
    while cut > 1 and held > wanted + slack:
        if abs(held - len(ordered[cut - 1].members) - wanted) >= abs(held - wanted):
            break
        cut -= 1
        held -= len(ordered[cut].members)
    return {unit.key for unit in ordered[: min(max(cut, 1), len(ordered) - 1)]}


def _keep_classes(units: Sequence[Unit], taken: set[str]) -> set[str]:
    """Give back units that hold all examples of some class, which happens where groups mix classes."""
    rest: Counter[str] = Counter()
    for unit in units:
        if unit.key not in taken:
            rest.update(unit.counts)
    for unit in sorted(units, key=lambda one: one.key):
        if unit.key in taken and any(not rest[label] for label in unit.counts):
            taken = taken - {unit.key}
            rest.update(unit.counts)
    return taken


def cut_in_time(units: Sequence[Unit], times: Sequence[float], share: float) -> tuple[set[str], set[int]]:
    """The latest units for a split, and examples to leave out because their unit stands before the cut.

    Every example of the split is later than the cut, every other one is not. Where that would leave out
    more than a quarter of the late examples (groups that go on for long), units go whole, by their latest time.

    Returns
    -------
    keys of the units in the split, indices left out
    """
    ordered = sorted(range(len(times)), key=lambda i: times[i])
    if not ordered:
        return set(), set()
    border = times[ordered[min(int(len(ordered) * (1 - share)), len(ordered) - 1)]]
    late = {unit.key for unit in units if all(times[i] >= border for i in unit.members)}
    out = {i for unit in units if unit.key not in late for i in unit.members if times[i] >= border}
    n_late = sum(time >= border for time in times)
    if len(out) <= 0.25 * n_late and n_late < len(times):
        return late, out
    return _whole_units(units, times, share), set()


def _whole_units(units: Sequence[Unit], times: Sequence[float], share: float) -> set[str]:
    by_end = sorted(units, key=lambda unit: (-max(times[i] for i in unit.members), unit.key))
    total, held, taken = sum(len(unit.members) for unit in units), 0, set[str]()
    for unit in by_end[:-1]:
        if held + len(unit.members) / 2 > share * total and taken:
            break
        taken.add(unit.key)
        held += len(unit.members)
    return taken
