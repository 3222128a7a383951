"""What checks of the data point at, for the eye: pairs side by side, suspect labels, give-aways, moved examples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from touchstone.report.gallery import Gallery, Looked
from touchstone.report.mistakes import data_uri
from touchstone.report.wording import capital, clip

MOST_PICTURE_BYTES = 1_500_000
TITLES = {
    "data.leakage": ("Copies on both sides of a split", "The same thing stands in what was learnt and in what is measured on."),
    "data.duplicates": ("Repeated examples", "They count double, in training and in scores."),
    "data.label_noise": ("Labels that look wrong", "A held-out probe and the neighbours agree on another class. Half of such lists is right: look first."),
    "data.label_proxy": ("What gives the label away", "Examples that carry the sign from which a class can be told without looking at the rest."),
    "moved": ("Examples that the repaired split moves", "So that no copy, group or later time stands on both sides, and sizes and classes stay."),
}  # fmt: skip
"""Title and caption of each part, in the order in which they are shown."""


@dataclass(frozen=True, slots=True)
class Side:
    """One example as it is shown; ``picture`` is a data URI made here or empty."""

    place: str
    label: str
    picture: str
    text: str


@dataclass(frozen=True, slots=True)
class Item:
    """What is said, and one example or two."""

    said: str
    sides: Sequence[Side]


@dataclass(frozen=True, slots=True)
class Part:
    """All that one check points at."""

    title: str
    caption: str
    items: Sequence[Item]
    paired: bool


def parts(gallery: Gallery) -> list[Part]:
    """One part per check that points at anything; pictures as long as there is room for them."""
    room = MOST_PICTURE_BYTES
    found = []
    for check, (title, caption) in TITLES.items():
        items = []
        for one in gallery.pointed:
            if one.check != check:
                continue
            looked = [side for side in (one.first, one.second) if side is not None]
            weight = sum(len(side.picture or b"") for side in looked)
            items.append(Item(capital(clip(one.said, 160)), [_side(side, weight <= room) for side in looked]))
            room -= weight if weight <= room else 0
        if items:
            found.append(Part(title, caption, items, any(len(item.sides) > 1 for item in items)))
    return found


def _side(one: Looked, fits: bool) -> Side:
    picture = data_uri(one.picture) if one.picture and fits else ""
    return Side(f"{clip(one.split, 40)}: {clip(one.name, 80)}", clip(one.label, 60), picture, clip(one.text or "", 320))
