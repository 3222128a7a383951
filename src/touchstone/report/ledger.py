"""What went in and what it took: splits and classes, the fairness ledger, time and energy per stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from touchstone.report import numerals
from touchstone.report.gallery import Gallery, SplitSize, StageCost
from touchstone.report.phrases import base_name, candidate_name
from touchstone.report.reading import Reading, mapping
from touchstone.report.wording import clip

MOST_CLASSES = 24
_MOST_ROWS = 40


@dataclass(frozen=True, slots=True)
class Share:
    """A name, a number as text, and its bar's length in per cent of the longest."""

    name: str
    text: str
    length: float


@dataclass(frozen=True, slots=True)
class Table:
    """A plain table."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]


def splits(gallery: Gallery) -> Table | None:
    """Sizes of the splits."""
    if not gallery.splits:
        return None
    grouped = any(split.groups is not None for split in gallery.splits)
    head = ["split", "examples", "smallest class", "largest class", *(["groups"] if grouped else []), "made by"]
    return Table(head, [_split(split, grouped) for split in gallery.splits[:_MOST_ROWS]])


def _split(split: SplitSize, grouped: bool) -> list[str]:
    counts = split.class_counts
    ends = [numerals.count(min(counts)), numerals.count(max(counts))] if len(counts) else [numerals.DASH] * 2
    groups = [numerals.count(split.groups)] if grouped else []
    return [clip(split.name, 40), numerals.count(split.n), *ends, *groups, "Touchstone" if split.made_here else "given"]


def classes(gallery: Gallery) -> tuple[list[Share], int]:
    """Examples per class over all splits, most first; with many classes the largest and the smallest."""
    counted = [split.class_counts for split in gallery.splits if len(split.class_counts) == len(gallery.classes)]
    if not counted or not gallery.classes:
        return [], 0
    totals = [sum(int(counts[i]) for counts in counted) for i in range(len(gallery.classes))]
    order = sorted(range(len(totals)), key=lambda i: (-totals[i], gallery.classes[i]))
    hidden = len(order) - MOST_CLASSES
    if hidden > 0:
        order = order[: MOST_CLASSES // 2] + order[-MOST_CLASSES // 2 :]
    longest = max(totals) or 1
    rows = [
        Share(clip(gallery.classes[i], 60), numerals.count(totals[i]), round(100 * totals[i] / longest, 1))
        for i in order
    ]
    return rows, max(0, hidden)


def efforts(gallery: Gallery) -> Table | None:
    """What each side was allowed to try."""
    if not gallery.ledger:
        return None
    head = ["side", "settings tried", "examples seen", "time", "trained weights", "chosen on", "augmentation"]
    rows = []
    for row in gallery.ledger[:_MOST_ROWS]:
        base = base_name(row.candidate.partition("@")[2])
        rows.append([
            candidate_name(row.candidate) + (f" · {base}" if base else ""),
            numerals.count(row.configs_tried), numerals.large(row.examples_seen), numerals.duration(row.seconds),
            numerals.large(row.trainable_parameters), clip(row.selected_on, 60),
            clip(", ".join(row.augmentations) or "none", 120) + (f"; {clip(row.note, 160)}" if row.note else ""),
        ])  # fmt: skip
    return Table(head, rows)


def stages(reading: Reading) -> list[Share]:
    """Time, and energy where known, of every stage of the run."""
    found = _stages(reading)
    longest = max((stage.seconds for stage in found), default=0) or 1
    return [
        Share(
            clip(stage.name, 60),
            numerals.duration(stage.seconds)
            + (f", {numerals.energy(stage.energy_wh)}" if stage.energy_wh is not None else ""),
            round(100 * stage.seconds / longest, 1),
        )
        for stage in found[:_MOST_ROWS]
    ]


def overlap(reading: Reading) -> bool:
    """Whether the stages took visibly longer together than the run by the clock."""
    whole = mapping(reading.evidence.get("cost")).get("seconds")
    together = sum(stage.seconds for stage in _stages(reading))
    return numerals.is_number(whole) and together > 1.02 * float(whole)


def _stages(reading: Reading) -> list[StageCost]:
    found = list(reading.gallery.stages)
    if found:
        return found
    told = mapping(mapping(reading.evidence.get("cost")).get("stages"))
    return [StageCost(str(name), float(seconds)) for name, seconds in told.items() if numerals.is_number(seconds)]


def bill(reading: Reading) -> list[tuple[str, str]]:
    """The totals of the run."""
    cost = mapping(reading.evidence.get("cost"))
    facts = [
        ("Time", numerals.duration(cost["seconds"]) if cost.get("seconds") else ""),
        (
            "Examples through a backbone",
            numerals.large(cost["examples_through_backbone"]) if cost.get("examples_through_backbone") else "",
        ),
        ("Energy", numerals.energy(cost.get("energy_wh")) if numerals.is_number(cost.get("energy_wh")) else ""),
        ("Carbon", f"{cost['carbon_g']:.2g} g CO₂e" if numerals.is_number(cost.get("carbon_g")) else ""),
    ]
    return [(label, text) for label, text in facts if text]
