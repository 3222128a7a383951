"""The smallest move of examples after which no copy, no group and no moment stands on both sides of a split."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from touchstone.dataset.split import Unit, cut_in_time, make_units

ORDER = ("train", "validation", "test")
AS_GIVEN, TOGETHER, BALANCE, IN_TIME, BETWEEN = (
    "as given",
    "a copy of it, or its group, stood on the other side",
    "moved so that sizes and classes stay as they were",
    "on the other side of the cut in time",
    "left out: its group, or a copy of it, stands on both sides of the cut in time",
)


@dataclass(frozen=True)
class Repair:
    """A new split, example by example, in the order given."""

    splits: tuple[str, ...]
    """Where each example belongs; ``left_out`` where it fits in none."""
    why: tuple[str, ...]
    n_moved: int
    least: int
    """No repair that leaves nothing out and ignores sizes moves fewer."""


def repair(
    heads: Sequence[str], labels: Sequence[str], splits: Sequence[str], times: Sequence[float] | None = None
) -> Repair:
    """Move as few examples as it takes.

    Parameters
    ----------
    heads : what each example belongs to; examples of one head must not be parted
    labels : its class
    splits : where it stands: ``train``, ``validation`` or ``test``
    times : where the order in time counts; then later splits hold later examples
    """
    units = make_units(heads, labels)
    least = sum(len(unit.members) - max(_per_split(unit, splits).values()) for unit in units)
    if times is not None and _out_of_order(splits, times):
        new, why = _cut(units, splits, times)
    else:
        new, why = _gathered(units, labels, splits)
    moved = sum(now != before for now, before in zip(new, splits, strict=True))
    return Repair(tuple(new), tuple(why), moved, least)


def _per_split(unit: Unit, splits: Sequence[str]) -> Counter[str]:
    return Counter(splits[i] for i in unit.members)


def _present(splits: Sequence[str]) -> list[str]:
    there = set(splits)
    return [name for name in ORDER if name in there]


def _gathered(units: Sequence[Unit], labels: Sequence[str], splits: Sequence[str]) -> tuple[list[str], list[str]]:
    """Every parted unit goes where fewest of it move and no class grows; then whole units even out the sizes."""
    names = _present(splits)
    home = {unit.key: splits[unit.members[0]] for unit in units if len(_per_split(unit, splits)) == 1}
    surplus: Counter[tuple[str, str]] = Counter()
    parted = sorted((u for u in units if u.key not in home), key=lambda u: (-len(u.members), u.key))
    for unit in parted:
        surplus.subtract((splits[i], labels[i]) for i in unit.members)
    for unit in parted:
        stands = _per_split(unit, splits)

        def cost(name: str, unit: Unit = unit, stands: Counter[str] = stands) -> int:
            grown = sum(
                max(0, surplus[name, label] + n) - max(0, surplus[name, label]) for label, n in unit.counts.items()
            )
            return len(unit.members) - stands[name] + grown

        home[unit.key] = min(names, key=cost)
        surplus.update({(home[unit.key], label): n for label, n in unit.counts.items()})
    evened = _evened(units, {unit.key for unit in parted}, home, surplus, names)
    new, why = list(splits), [AS_GIVEN] * len(splits)
    for unit in units:
        for i in unit.members:
            if evened[unit.key] != splits[i]:
                new[i] = evened[unit.key]
                why[i] = TOGETHER if evened[unit.key] == home[unit.key] else BALANCE
    return new, why


def _evened(
    units: Sequence[Unit], parted: set[str], home: dict[str, str], surplus: Counter[tuple[str, str]], names: list[str]
) -> dict[str, str]:
    """Whole units of one class move from a split that has too many of it to one that has too few."""
    movable: dict[tuple[str, str], list[Unit]] = defaultdict(list)
    for unit in sorted(units, key=lambda one: (one.position("repair"), one.key)):
        if unit.key not in parted and len(unit.counts) == 1:
            movable[home[unit.key], unit.stratum].append(unit)
    found = dict(home)
    for label in sorted({label for _, label in surplus}):
        while True:
            most, fewest = (pick(names, key=lambda name: surplus[name, label]) for pick in (max, min))
            wanted = min(surplus[most, label], -surplus[fewest, label])
            fitting = [unit for unit in movable[most, label] if len(unit.members) < 2 * wanted]
            if not fitting:
                break
            unit = min(fitting, key=lambda one: abs(len(one.members) - wanted))
            movable[most, label].remove(unit)
            found[unit.key] = fewest
            surplus[most, label] -= len(unit.members)
            surplus[fewest, label] += len(unit.members)
    return found


def _out_of_order(splits: Sequence[str], times: Sequence[float]) -> bool:
    """Whether something of an earlier split is later than something of a later one."""
    latest = -math.inf
    for name in _present(splits):
        inside = [time for where, time in zip(splits, times, strict=True) if where == name and not math.isnan(time)]
        if inside and min(inside) < latest:
            return True
        latest = max([latest, *inside])
    return False


def _cut(units: Sequence[Unit], splits: Sequence[str], times: Sequence[float]) -> tuple[list[str], list[str]]:
    """The latest units form the test set, the latest of the rest the validation set, at the sizes they had."""
    new = ["train"] * len(splits)
    moments = [-math.inf if math.isnan(time) else time for time in times]
    left = sorted(units, key=lambda unit: unit.key)
    sizes = Counter(splits)
    for name in reversed(_present(splits)[1:]):
        rows = sorted(i for unit in left for i in unit.members)
        at = {row: n for n, row in enumerate(rows)}
        renumbered = [Unit(unit.key, tuple(at[i] for i in unit.members), unit.counts) for unit in left]
        late, out = cut_in_time(renumbered, [moments[i] for i in rows], sizes[name] / len(rows))
        for unit in left:
            for i in unit.members:
                new[i] = name if unit.key in late else "left_out" if at[i] in out else new[i]
        left = [unit for unit in left if unit.key not in late]
        left = [Unit(u.key, kept, u.counts) for u in left if (kept := tuple(i for i in u.members if at[i] not in out))]
    words = {"left_out": BETWEEN}
    why = [AS_GIVEN if now == before else words.get(now, IN_TIME) for now, before in zip(new, splits, strict=True)]
    return new, why
