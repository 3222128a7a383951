"""Where the model goes wrong: confusion, classes and slices worst first, and the mistakes it was surest of."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from touchstone.report import numerals
from touchstone.report.axis import Axis, round_axis
from touchstone.report.contest import Bar, Chart, bar
from touchstone.report.gallery import ConfusedPair, Gallery, Measured
from touchstone.report.phrases import metric_name
from touchstone.report.wording import capital, clip

MOST_CELLS = 12
"""Classes up to which a grid can be read, on a phone too."""
MOST_PAIRS = 10
MOST_CLASSES = 20
MOST_SLICES = 30
MOST_MISTAKES = 24
MOST_PICTURE_BYTES = 1_500_000
"""Of all pictures together; the page stays small enough to send by mail."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the grid: how deep its colour is (0..1), the share of the true class as text, the count behind it."""

    depth: float
    text: str
    title: str
    diagonal: bool


@dataclass(frozen=True, slots=True)
class Grid:
    """The confusion grid; rows are true classes."""

    names: Sequence[str]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One class: recall as a bar, precision and F1 as text."""

    recall: Bar
    precision: str
    f1: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One wrong prediction as it is shown; ``picture`` is a data URI made here or empty."""

    name: str
    true: str
    predicted: str
    confidence: str
    picture: str
    text: str


def grid(gallery: Gallery) -> Grid | None:
    """The confusion matrix in shares of the true class; None where there are too many classes to read it."""
    k = len(gallery.confusion)
    if not 2 <= k <= MOST_CELLS or k != len(gallery.classes):
        return None
    names = [clip(name, 40) for name in gallery.classes]
    rows = []
    for i, counts in enumerate(gallery.confusion):
        total = float(sum(counts)) or 1.0
        rows.append([_cell(float(count), total, names[i], names[j], i == j) for j, count in enumerate(counts)])
    return Grid(names, rows)


def _cell(count: float, total: float, true: str, predicted: str, diagonal: bool) -> Cell:
    share = count / total
    text = "" if count <= 0 else "<1" if share < 0.005 else f"{share * 100:.0f}"
    title = f"{count:g} of {total:g} of {true} " + ("were right" if diagonal else f"were taken for {predicted}")
    return Cell(_depth(share), text, title, diagonal)


def _depth(share: float) -> float:
    """Colour for a share; the middle is left out, since neither dark nor light figures could be read on it."""
    share = min(1.0, max(0.0, share))
    return round(0.85 + 0.3 * (share - 0.5) if share > 0.5 else 0.9 * share, 3)


def pairs(gallery: Gallery) -> list[tuple[ConfusedPair, float]]:
    """The most confused pairs, each with its count's share of the greatest count."""
    found = list(gallery.confused_pairs) or _from_matrix(gallery)
    found = [pair for pair in found if pair.count > 0][:MOST_PAIRS]
    most = max((pair.count for pair in found), default=1)
    return [
        (ConfusedPair(clip(p.true, 60), clip(p.predicted, 60), p.count, p.of), round(100 * p.count / most, 1))
        for p in found
    ]


def _from_matrix(gallery: Gallery) -> list[ConfusedPair]:
    if not len(gallery.confusion) or len(gallery.confusion) != len(gallery.classes):
        return []
    import numpy as np

    counts = np.asarray(gallery.confusion, dtype=float)
    wrong = counts.copy()
    np.fill_diagonal(wrong, 0.0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:MOST_PAIRS]
    places = [divmod(int(place), counts.shape[1]) for place in order]
    sums = counts.sum(axis=1)
    return [ConfusedPair(gallery.classes[i], gallery.classes[j], float(wrong[i, j]), float(sums[i])) for i, j in places]


def classes(gallery: Gallery) -> tuple[Axis, list[ClassRow], int]:
    """Classes with the lowest recall first, and how many more there are."""
    axis = Axis(0.0, 1.0, (0.0, 0.25, 0.5, 0.75, 1.0), 2)

    def worst(item: Any) -> tuple[float, str]:
        value = item.recall.value
        return (value if numerals.is_number(value) else 2.0, str(item.name))

    ordered = sorted(gallery.per_class, key=worst)
    rows = [
        ClassRow(
            bar(axis, clip(item.name, 60), f"{item.support:,} test examples", item.recall.value, _ends(item.recall)),
            measured(item.precision),
            measured(item.f1),
        )
        for item in ordered[:MOST_CLASSES]
    ]
    return axis, rows, len(ordered) - len(rows)


def slices(gallery: Gallery) -> list[Chart]:
    """Slices and shift sets by their score, worst first, one chart per kind and metric."""
    charts = []
    for kind, metric in sorted(
        {(item.kind, item.metric) for item in gallery.slices}, key=lambda key: (key[0] != "slice", key)
    ):
        items = [item for item in gallery.slices if (item.kind, item.metric) == (kind, metric)]
        items.sort(key=lambda item: (item.score.value if numerals.is_number(item.score.value) else 2.0, item.name))
        axis = round_axis(
            [end for item in items for end in (item.score.value, item.score.low, item.score.high)], most=1.0
        )
        bars = [
            bar(
                axis,
                clip(item.name, 80),
                _slice_note(item.n, item.note),
                item.score.value,
                _ends(item.score),
                extra=_gap(item.gap),
            )
            for item in items[:MOST_SLICES]
        ]
        title = "Slices" if kind == "slice" else "Data from elsewhere or later"
        caption = (
            f"{metric_name(metric)} with 95 % interval, worst first. The last column is how far it lies below the rest."
        )
        charts.append(
            Chart(
                title,
                capital(caption),
                axis,
                bars,
                head=("part of the data", metric_name(metric), "below the rest"),
                more=len(items) - len(bars),
            )
        )
    return charts


def _slice_note(n: int, note: str) -> str:
    return f"{n:,} examples" + (f" · {clip(note, 60)}" if note else "")


def _gap(gap: Measured | None) -> str:
    if gap is None or not numerals.is_number(gap.value):
        return ""
    ends = _ends(gap)
    return numerals.signed(gap.value) + (f" ({numerals.signed(ends[0])} to {numerals.signed(ends[1])})" if ends else "")


def measured(item: Measured) -> str:
    """A value and its interval as text."""
    ends = _ends(item)
    return numerals.score(item.value) + (f" ({numerals.between(ends)})" if ends else "")


def _ends(item: Measured) -> tuple[float, float] | None:
    return numerals.interval([item.low, item.high])


def worst(gallery: Gallery) -> list[Shown]:
    """The wrong predictions to show; pictures as long as there is room for them."""
    shown, room = [], MOST_PICTURE_BYTES
    for item in gallery.mistakes[:MOST_MISTAKES]:
        picture = data_uri(item.picture) if item.picture and len(item.picture) <= room else ""
        room -= len(item.picture or b"") if picture else 0
        shown.append(
            Shown(
                clip(item.name, 80),
                clip(item.true, 60),
                clip(item.predicted, 60),
                numerals.percent(item.confidence),
                picture,
                clip(item.text or "", 320),
            )
        )
    return shown


def data_uri(picture: bytes) -> str:
    """A PNG or JPEG as a data URI; empty for anything else, whatever it is called."""
    kinds = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg"}
    kind = next((kind for mark, kind in kinds.items() if picture.startswith(mark)), None)
    return f"data:image/{kind};base64,{base64.b64encode(picture).decode('ascii')}" if kind else ""
