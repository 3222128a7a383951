"""Better than what: every candidate with its interval, and the chosen one's paired differences to the references."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from touchstone.report import held, numerals
from touchstone.report.axis import Axis, round_axis
from touchstone.report.phrases import SMALLER_IS_BETTER, UNBOUNDED, base_name, candidate_name, metric_name, recipe_words
from touchstone.report.reading import TEST, Reading, mapping
from touchstone.report.wording import capital, clip

_MOST_ROWS = 40


@dataclass(frozen=True, slots=True)
class Bar:
    """A value and its interval as places on an axis (per cent), with the text beside it."""

    name: str
    note: str
    value: str
    spread: str
    at: float | None
    start: float | None
    end: float | None
    accent: bool = False
    tone: str = ""
    extra: str = ""
    off: str = ""
    """``left`` or ``right`` where the value lies beyond the scale."""
    ghost: float | None = None
    """Place of a second, hollow dot: what the value is held against."""


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars on one axis."""

    title: str
    caption: str
    axis: Axis
    bars: Sequence[Bar]
    zero: float | None = None
    head: tuple[str, str, str] = ("", "", "")
    left: str = ""
    right: str = ""
    more: int = 0


def bar(axis: Axis, name: str, note: str, value: Any, ends: Any, **more: Any) -> Bar:
    """A bar from a value and its interval."""
    pair = numerals.interval(ends)
    start, end = (axis.place(pair[0]), axis.place(pair[1])) if pair else (None, None)
    return Bar(
        name,
        note,
        numerals.score(value),
        numerals.between(ends),
        axis.place(value),
        start,
        end,
        off=off(axis, value),
        **more,
    )


def off(axis: Axis, value: Any) -> str:
    """On which side of the scale a value lies beyond it."""
    if not numerals.is_number(value):
        return ""
    return "left" if value < axis.low - 1e-9 else "right" if value > axis.high + 1e-9 else ""


def scores(reading: Reading, split: str = TEST) -> Chart | None:
    """All candidates and references by the primary metric, best first."""
    rows = [row for row in reading.rows(split, reading.metric) if numerals.is_number(row.get("value"))]
    if not rows:
        return None
    metric = str(reading.metric)
    sign = -1 if metric in SMALLER_IS_BETTER else 1
    rows.sort(key=lambda row: (-sign * row["value"], str(row.get("candidate"))))
    axis = _close_axis(
        [[row["value"], *(numerals.interval(row.get("interval")) or ())] for row in rows],
        [row.get("candidate") == "majority" for row in rows],
        most=None if metric in UNBOUNDED else 1.0,
    )
    # The column beside the bars says what the check of each candidate found, on the split that it looked at.
    of_probe = {str(f.get("subject")): f for f in reading.of_check(held.CHECKS["linear-probe"]) if split == TEST}
    bars = [
        bar(
            axis,
            _name(row),
            _note(row, reading.study),
            row["value"],
            row.get("interval"),
            accent=reading.is_chosen(row),
            extra=_against_probe(row, of_probe.get(str(row.get("candidate")), {})),
        )
        for row in rows[:_MOST_ROWS]
    ]
    where = "the sealed test set" if split == TEST else f"shift set {clip(split)}"
    better = "smaller is better" if sign < 0 else "larger is better"
    return Chart(
        title=f"{capital(metric_name(metric))} on {where}",
        caption=f"Dots are values, lines are 95 % intervals; {better}.{_scale_note(axis, bars)}",
        axis=axis,
        bars=bars,
        head=("candidate", metric_name(metric), "against linear probe" if any(item.extra for item in bars) else ""),
        more=len(rows) - len(bars),
    )


def gains(reading: Reading) -> Chart | None:
    """The chosen candidate minus each reference, on the same examples; to the right is better."""
    row = reading.chosen_row(reading.metric)
    if row is None:
        return None
    found = held.against(reading)
    if not found:
        return None
    found.sort(key=lambda one: -one.value)
    axis = _close_axis(
        [[one.value, *(one.spread or ())] for one in found],
        [one.reference == held.GUESSING for one in found],
        include=[0.0],
    )
    bars = [_gain(axis, one) for one in found[:_MOST_ROWS]]
    return Chart(
        title="What it gains over each reference",
        caption="The chosen model minus the reference, on the same test examples. Right of the zero line it is better; "
        f"a line that crosses zero means that the data cannot tell them apart.{_scale_note(axis, bars)}",
        axis=axis,
        bars=bars,
        zero=axis.place(0.0),
        head=("reference", "gain", ""),
        left="worse",
        right="better",
        more=len(found) - len(bars),
    )


def _gain(axis: Axis, one: held.Held) -> Bar:
    """A gain as the check on it found it: green only where the check passes."""
    pair = one.spread
    tone, word = "", "cannot be told apart"
    if one.why_not:
        word = f"ahead, does not count: {one.why_not}"
    elif one.ahead == "better" or one.status == "pass":
        tone, word = "good", "better"
    elif one.ahead == "worse":
        tone, word = "bad", "worse"
    elif one.status == "fail":
        tone, word = "bad", "not better"
    spread = f"{numerals.signed(pair[0])} to {numerals.signed(pair[1])}" if pair else numerals.DASH
    start, end = (axis.place(pair[0]), axis.place(pair[1])) if pair else (None, None)
    return Bar(
        candidate_name(one.reference),
        word,
        numerals.signed(one.value),
        spread,
        axis.place(one.value),
        start,
        end,
        tone=tone,
        off=off(axis, one.value),
    )


def _close_axis(groups: Sequence[Sequence[float]], humble: Sequence[bool], **bounds: Any) -> Axis:
    """A scale for all values; where majority guessing lies so far off that the rest would shrink to a dot, one for the rest."""
    whole = round_axis([value for group in groups for value in group], **bounds)
    rest = round_axis(
        [value for group, is_humble in zip(groups, humble, strict=True) if not is_humble for value in group], **bounds
    )
    if all(humble) or (rest.high - rest.low) * 1.8 >= whole.high - whole.low:
        return whole
    return rest


def _scale_note(axis: Axis, bars: Sequence[Bar]) -> str:
    beyond = " An arrow stands for a value beyond the scale." if any(item.off for item in bars) else ""
    if axis.low > 0 and any(item.at is not None for item in bars):
        return f" Mind the scale: it starts at {axis.labels()[0][1]}.{beyond}"
    return beyond


def _name(row: Mapping[str, Any]) -> str:
    return candidate_name(str(row.get("candidate")))


def _note(row: Mapping[str, Any], study: Mapping[str, Any]) -> str:
    kind = "reference" if row.get("kind") == "reference" else "adapted"
    parts = [kind, base_name(row.get("base")), recipe_words(str(row.get("candidate")), study)]
    return " · ".join(part for part in parts if part)


def _against_probe(row: Mapping[str, Any], finding: Mapping[str, Any]) -> str:
    metric, own = str(row.get("metric")), numerals.interval(finding.get("interval"))
    # The check turns a difference so that plus is better; this column tells plain differences.
    same = mapping(finding.get("details")).get("metric") == metric and metric not in SMALLER_IS_BETTER
    if same and own is not None and numerals.is_number(finding.get("value")):
        return f"{numerals.signed(finding['value'])} ({numerals.signed(own[0])} to {numerals.signed(own[1])})"
    versus = mapping(mapping(row.get("versus")).get("linear-probe"))
    if not numerals.is_number(versus.get("difference")):
        return ""
    ends = numerals.interval(versus.get("interval"))
    spread = f" ({numerals.signed(ends[0])} to {numerals.signed(ends[1])})" if ends else ""
    return f"{numerals.signed(versus['difference'])}{spread}"


def metric_table(reading: Reading, split: str = TEST) -> tuple[list[str], list[tuple[str, bool, list[str]]]]:
    """Every metric of every candidate on a split: metric names, then (candidate, chosen, values with intervals)."""
    rows = [row for row in reading.comparison if row.get("split") == split]
    metrics = list(dict.fromkeys(str(row.get("metric")) for row in rows))
    table: dict[str, dict[str, str]] = {}
    chosen = set()
    for row in rows:
        name = _name(row) + (
            f" · {base_name(row['base'])}" if row.get("base") and row.get("kind") != "reference" else ""
        )
        spread = numerals.between(row.get("interval"))
        text = numerals.score(row.get("value")) + (f" ({spread})" if spread != numerals.DASH else "")
        table.setdefault(name, {})[str(row.get("metric"))] = text
        if reading.is_chosen(row):
            chosen.add(name)
    shown = list(table.items())[:_MOST_ROWS]
    return [metric_name(metric) for metric in metrics], [
        (name, name in chosen, [cells.get(metric, numerals.DASH) for metric in metrics]) for name, cells in shown
    ]
