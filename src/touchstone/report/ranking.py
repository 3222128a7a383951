"""The order of the base models, as a chart."""

from __future__ import annotations

from touchstone.report import numerals
from touchstone.report.axis import round_axis
from touchstone.report.contest import Bar, Chart, bar
from touchstone.report.gallery import Measured, RankedCandidate
from touchstone.report.reading import Reading, records
from touchstone.report.wording import clip

_MOST_BASES = 30
_MOST_NOTES = 3
_CAPTION = (
    "How well a new last layer on the untouched base does on training data it was not fitted to. "
    "Dots are values, lines 95 % intervals."
)
_TWIN = " The hollow dot is the random twin: the same network with random weights, without any knowledge."


def chart(reading: Reading) -> Chart | None:
    """Base models in order, each with its random twin where that was measured."""
    bases = list(reading.gallery.ranking) or _from_evidence(reading)
    if not bases:
        return None
    bases.sort(key=lambda item: (item.rank, item.base))
    measured = [item.score for item in bases] + [item.twin for item in bases if item.twin]
    axis = round_axis([end for score in measured for end in (score.value, score.low, score.high)], most=1.0)
    bars: list[Bar] = []
    for item in bases[:_MOST_BASES]:
        pair = [item.score.low, item.score.high]
        twin = item.twin.value if item.twin else None
        bars.append(
            bar(
                axis,
                f"{item.rank}.\u00a0{clip(item.base, 80)}",
                _note(item),
                item.score.value,
                pair,
                accent=item.chosen,
                ghost=axis.place(twin),
                extra=numerals.score(twin) if numerals.is_number(twin) else "",
            )
        )
    return Chart(
        title="Base models in order",
        caption=_CAPTION + (_TWIN if any(item.twin for item in bases) else ""),
        axis=axis,
        bars=bars,
        head=("base model", "score", "random twin" if any(item.extra for item in bars) else ""),
        more=max(0, len(bases) - _MOST_BASES),
    )


def _note(item: RankedCandidate) -> str:
    parts = []
    if item.tied and item.rank > 1:
        parts.append("not told apart from the best")
    if item.best_block:
        parts.append(f"best features: {clip(item.best_block, 40)}")
    if numerals.is_number(item.seconds_per_example):
        parts.append(f"{item.seconds_per_example * 1000:.1f} ms per example")
    return " · ".join([*parts, *(clip(note, 180) for note in item.notes[:_MOST_NOTES])])


def _from_evidence(reading: Reading) -> list[RankedCandidate]:
    found = []
    for row in records(reading.evidence.get("bases")):
        low, high = numerals.interval(row.get("interval")) or (None, None)
        score = row.get("score")
        found.append(
            RankedCandidate(
                str(row.get("base")),
                int(row.get("rank") or 0),
                Measured(score if numerals.is_number(score) else None, low, high),
                chosen=bool(row.get("chosen")),
            )
        )
    return found
