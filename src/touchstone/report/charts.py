"""The line charts of a page: reliability, training, learning, response times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup

from touchstone.report import drawing, numerals
from touchstone.report.axis import round_axis
from touchstone.report.drawing import ACCENT, BAND, INK, MUTED
from touchstone.report.gallery import Gallery, LatencyTimes, LearningCurve, TrainingCurve
from touchstone.report.phrases import base_name, candidate_name, metric_name
from touchstone.report.wording import capital, clip, counted

MOST_PANELS = 9
_MOST_POINTS = 240


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawn chart with the words around it."""

    title: str
    drawing: Markup
    caption: str


def reliability(gallery: Gallery) -> Picture | None:
    """Stated confidence against the share that was right, with the interval of every group."""
    bins = sorted(gallery.reliability, key=lambda item: item.confidence)
    if not bins:
        return None
    with drawing.figure("reliability", rows=2, height=4.2, ratios=(3.4, 1)) as (made, (main, counts)):
        main.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
        banded = [item for item in bins if item.band_low is not None and item.band_high is not None]
        if banded:
            lows, highs = [item.band_low or 0.0 for item in banded], [item.band_high or 0.0 for item in banded]
            main.vlines([item.confidence for item in banded], lows, highs, color=BAND, linewidth=5)
        main.plot(
            [item.confidence for item in bins],
            [item.accuracy for item in bins],
            color=ACCENT,
            marker="o",
            markersize=5,
            linewidth=1.6,
        )
        main.set(xlim=(0, 1), ylim=(0, 1.02), ylabel="share that was right")
        counts.bar([item.confidence for item in bins], [item.count for item in bins], width=0.025, color=ACCENT)
        counts.set(xlabel="stated confidence", ylabel="examples")
        counts.locator_params(axis="y", nbins=2)
        picture = drawing.svg(made, "reliability", "Share of right answers against stated confidence")
    caption = "On the dashed line, 80 % confidence is right 80 times in 100. Below it the model is too sure of itself."
    band = " Bars are 95 % intervals: one that touches the dashed line cannot be told from honest." if banded else ""
    return Picture("Stated confidence against what was right", picture, caption + band)


def trainings(gallery: Gallery) -> list[Picture]:
    """One panel per candidate: training and validation loss of every seed, and validation accuracy below."""
    ordered = sorted(gallery.curves, key=lambda curve: (curve.candidate, curve.seed))
    by_candidate = [(name, list(curves)) for name, curves in groupby(ordered, key=lambda curve: curve.candidate)]
    first = {curve.candidate: place for place, curve in reversed(list(enumerate(gallery.curves)))}
    by_candidate.sort(key=lambda item: first[item[0]])
    # One scale for all panels, so that they can be compared by eye.
    losses = [
        loss
        for curve in ordered
        for loss in (*curve.train_losses, *curve.validation_losses)
        if numerals.is_number(loss)
    ]
    worst = sorted(losses)[int(0.98 * (len(losses) - 1))] * 1.08 if losses else 1.0
    lowest = min((a for curve in ordered for a in curve.validation_accuracies if numerals.is_number(a)), default=0.0)
    drawn = [
        _training(f"training{place}", name, curves, worst or 1.0, lowest)
        for place, (name, curves) in enumerate(by_candidate[:MOST_PANELS])
    ]
    return [picture for picture in drawn if picture]


def _training(id: str, name: str, curves: Sequence[TrainingCurve], worst: float, lowest: float) -> Picture | None:
    shows_accuracy = any(len(curve.validation_accuracies) for curve in curves)
    if not any(len(curve.train_losses) or len(curve.validation_losses) for curve in curves) and not shows_accuracy:
        return None
    with drawing.figure(id, rows=2 if shows_accuracy else 1, height=3.8 if shows_accuracy else 2.7) as (made, panels):
        for curve in curves:
            _line(panels[0], curve.steps, curve.train_losses, MUTED, "--")
            _line(panels[0], curve.steps, curve.validation_losses, ACCENT, "-")
            if shows_accuracy:
                _line(panels[1], curve.steps, curve.validation_accuracies, ACCENT, "-")
        panels[0].set(ylabel="loss")
        panels[0].set_ylim(0, worst)
        if shows_accuracy:
            panels[1].set(ylabel="accuracy", ylim=(max(0.0, lowest - 0.03), 1.0))
        panels[-1].set(xlabel="training step")
        picture = drawing.svg(made, id, "Loss and accuracy during training")
    base = base_name(name.partition("@")[2])
    return Picture(candidate_name(name) + (f" · {base}" if base else ""), picture, counted(len(curves), "training"))


def _line(axes: object, steps: Sequence[float], values: Sequence[float], colour: str, style: str) -> None:
    points = [(x, y) for x, y in zip(steps, values, strict=False) if numerals.is_number(y)]
    if points:
        every = max(1, len(points) // _MOST_POINTS)
        kept = points[::every] + ([points[-1]] if (len(points) - 1) % every else [])
        marker = "o" if len(kept) == 1 else None
        axes.plot(*zip(*kept, strict=True), color=colour, linestyle=style, linewidth=1.5, alpha=0.85, marker=marker)  # type: ignore[attr-defined]


def learning(gallery: Gallery) -> list[Picture]:
    """How the score grows with the number of training examples, one panel per candidate."""
    shown = gallery.learning[:MOST_PANELS]
    ends = [
        end
        for curve in shown
        for p in curve.points
        for end in (p.score.value, p.score.low, p.score.high)
        if numerals.is_number(end)
    ]
    scale = round_axis(ends)
    drawn = [_learning(f"learning{place}", curve, (scale.low, scale.high)) for place, curve in enumerate(shown)]
    return [picture for picture in drawn if picture]


def _learning(id: str, curve: LearningCurve, scale: tuple[float, float]) -> Picture | None:
    points = sorted((p for p in curve.points if numerals.is_number(p.score.value) and p.n > 0), key=lambda p: p.n)
    if not points:
        return None
    sizes = [point.n for point in points]
    with drawing.figure(id) as (made, (axes,)):
        banded = [p for p in points if p.score.low is not None and p.score.high is not None]
        if banded:
            axes.fill_between(
                [p.n for p in banded],
                [p.score.low or 0.0 for p in banded],
                [p.score.high or 0.0 for p in banded],
                color=BAND,
                linewidth=0,
            )
        axes.plot(
            sizes, [point.score.value or 0.0 for point in points], color=ACCENT, marker="o", markersize=4, linewidth=1.6
        )
        axes.set_xscale("log")
        axes.set_xticks(_spread(sizes), [f"{n:,}" for n in _spread(sizes)])
        axes.minorticks_off()
        axes.set(xlabel="training examples", ylabel="score", ylim=scale)
        picture = drawing.svg(made, id, "Score against the number of training examples")
    caption = f"{metric_name(curve.metric)}; the band is the 95 % interval" if banded else metric_name(curve.metric)
    return Picture(candidate_name(curve.candidate), picture, capital(caption))


def _spread(sizes: Sequence[int]) -> list[int]:
    """At most five sizes, the ends among them."""
    if len(sizes) <= 5:
        return list(sizes)
    return [sizes[round(i * (len(sizes) - 1) / 4)] for i in range(5)]


def latency(times: LatencyTimes | None) -> Picture | None:
    """How long single calls took, with the median and the 99th percentile marked."""
    known = sorted(float(value) for value in (times.milliseconds if times else ()) if numerals.is_number(float(value)))
    if times is None or len(known) < 2:
        return None
    median, late = known[(len(known) - 1) // 2], known[min(len(known) - 1, int(0.99 * len(known)))]
    # The rarest calls would squeeze the rest into one bar; what lies past the scale is told in the caption.
    end = late * 1.25
    with drawing.figure("latency", height=2.6) as (made, (axes,)):
        axes.hist([value for value in known if value <= end], bins=40, color=ACCENT)
        for place in (median, late):
            axes.axvline(place, color=INK, linewidth=1, linestyle=(0, (4, 3)))
        axes.set(xlabel="milliseconds per call", ylabel="calls")
        axes.grid(visible=False, axis="x")
        picture = drawing.svg(made, "latency", "Histogram of response times")
    machine = f" on {clip(times.machine, 80)}" if times.machine else ""
    threads = f", {counted(times.threads, 'thread')}" if times.threads and "thread" not in machine else ""
    past = sum(value > end for value in known)
    beyond = (
        f" {counted(past, 'call')} took longer than the scale shows (up to {numerals.milliseconds(known[-1])})."
        if past
        else ""
    )
    caption = (
        f"{counted(len(known), 'single call')}{machine}{threads}. Marked: median {numerals.milliseconds(median)} and "
        f"99th percentile {numerals.milliseconds(late)}.{beyond}"
    )
    return Picture("Response time", picture, caption)
