"""Making the splits that were not given, out of train."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from touchstone.dataset.duplicates import families
from touchstone.dataset.split import FEW, TEST_SHARE, VALIDATION_SHARE, Unit, cut_in_time, draw, make_units


@dataclass
class Placement:
    """Where each example given in train goes, and why."""

    split: list[str]
    why: list[str]
    notes: list[str] = field(default_factory=list)

    def rows(self, split: str) -> list[int]:
        """Indices of the examples of one split."""
        return [i for i, where in enumerate(self.split) if where == split]


def place(
    digests: Sequence[str],
    labels: Sequence[str],
    family: Mapping[str, str],
    groups: Sequence[str] | None,
    times: Sequence[float] | None,
    wanted: Sequence[str],
) -> Placement:
    """Place the examples of train.

    Parameters
    ----------
    digests, labels, groups, times : one item per example
    family : digest -> smallest digest among its copies
    wanted : the splits to make: ``test``, ``validation``, in this order; the rest stays in train
    """
    placed = Placement(["train"] * len(digests), ["given as train"] * len(digests))
    units = make_units(heads(digests, family, groups), labels)
    moments = None if times is None else [-math.inf if math.isnan(time) else time for time in times]
    for purpose in wanted:
        share, few = (TEST_SHARE, 1) if purpose == "test" else (VALIDATION_SHARE, FEW)
        if moments is None:
            chosen, out = draw(units, share, purpose, few), set[int]()
        else:
            chosen, out = _latest(units, moments, share, purpose, placed)
        for unit in units:
            for i in unit.members:
                if unit.key in chosen:
                    placed.split[i], placed.why[i] = purpose, _why(purpose, unit, groups, moments)
                elif i in out:
                    placed.split[i] = "left_out"
                    placed.why[i] = f"as late as {purpose}, but its group or a copy of it stands before"
        units = _remaining(units, chosen, out, labels)
    return placed


def _latest(
    units: list[Unit], moments: Sequence[float], share: float, purpose: str, placed: Placement
) -> tuple[set[str], set[int]]:
    """The latest units, by the times of what is still in train."""
    rows = sorted(i for unit in units for i in unit.members)
    at = {row: n for n, row in enumerate(rows)}
    renumbered = [Unit(unit.key, tuple(at[i] for i in unit.members), unit.counts) for unit in units]
    chosen, out = cut_in_time(renumbered, [moments[i] for i in rows], share)
    if not out and _overlaps(renumbered, [moments[i] for i in rows], chosen):
        what = "holds the groups that end last, not only later examples"
        placed.notes.append(f"groups go on for long, so {purpose} {what}")
    return chosen, {rows[n] for n in out}


def _overlaps(units: Sequence[Unit], moments: Sequence[float], chosen: set[str]) -> bool:
    late = [moments[i] for unit in units if unit.key in chosen for i in unit.members]
    early = [moments[i] for unit in units if unit.key not in chosen for i in unit.members]
    return bool(late and early) and max(early) >= min(late)


def _remaining(units: Sequence[Unit], chosen: set[str], out: set[int], labels: Sequence[str]) -> list[Unit]:
    keys: list[str] = []
    rows: list[int] = []
    for unit in units:
        if unit.key not in chosen:
            rows += [i for i in unit.members if i not in out]
            keys += [unit.key] * (len(rows) - len(keys))
    made = make_units(keys, [labels[i] for i in rows])
    return [Unit(unit.key, tuple(rows[n] for n in unit.members), unit.counts) for unit in made]


def heads(digests: Sequence[str], family: Mapping[str, str], groups: Sequence[str] | None) -> list[str]:
    """The key of what each example belongs to: copies and groups joined; a group's name counts before content."""
    kin = [family.get(digest, digest) for digest in digests]
    if groups is None:
        return kin
    links = [("group " + group, "kin " + one) for group, one in zip(groups, kin, strict=True)]
    head = families(sorted({node for link in links for node in link}), links)
    # "group ..." sorts before "kin ...", so the head is the smallest group name of the family.
    return [head["group " + group] for group in groups]


def _why(purpose: str, unit: Unit, groups: Sequence[str] | None, moments: Sequence[float] | None) -> str:
    if moments is not None:
        return f"made from train: among the latest, for {purpose}"
    if groups is not None:
        return f"made from train: by the hash of its group ({groups[unit.members[0]]}), for {purpose}"
    if len(unit.members) > 1:
        return f"made from train: by the hash of its content, with {len(unit.members) - 1} copies, for {purpose}"
    return f"made from train: by the hash of its content, for {purpose}"
