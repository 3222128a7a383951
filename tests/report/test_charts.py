"""Charts: stable bytes, ids of their own, and honest scales."""

from __future__ import annotations

import re

import numpy as np
import pytest

from tests.report import told_runs
from touchstone.report import charts, contest, mistakes, ranking
from touchstone.report.gallery import (
    Gallery,
    LatencyTimes,
    LearningCurve,
    LearningPoint,
    Measured,
    ReliabilityBin,
    TrainingCurve,
)
from touchstone.report.reading import Reading


def test_a_chart_is_the_same_bytes_each_time_and_follows_the_page_s_colours() -> None:
    gallery = told_runs.hold().gallery
    first, second = charts.reliability(gallery), charts.reliability(gallery)
    assert first is not None and second is not None
    assert first.drawing == second.drawing
    assert "var(--accent)" in first.drawing
    assert not re.search(r"#0[1-6]0[1-6]0[1-6]", first.drawing)
    assert "<text" in first.drawing and "xlink" not in first.drawing


def test_settings_of_the_caller_s_own_plots_stay_as_they_are() -> None:
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    charts.reliability(told_runs.hold().gallery)
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize("gallery", [
    Gallery(reliability=(ReliabilityBin(1.0, 1.0, 5),)),
    Gallery(curves=(TrainingCurve("c", 0, (0,), (float("nan"),), (0.5,)),)),
    Gallery(curves=(TrainingCurve("c", 0, (0, 1), (), (), (1.0, 1.0)),)),
    Gallery(curves=(TrainingCurve("c", 0, (0, 1), (0.0, 0.0), (0.0, 0.0)),)),
    Gallery(learning=(LearningCurve("c", (LearningPoint(10, Measured(0.5)),)),)),
    Gallery(latency=LatencyTimes((5.0,) * 10)),
])  # fmt: skip
def test_little_data_is_drawn_without_complaint(gallery: Gallery) -> None:
    found = [
        charts.reliability(gallery),
        *charts.trainings(gallery),
        *charts.learning(gallery),
        charts.latency(gallery.latency),
    ]
    assert sum(picture is not None for picture in found) == 1


def test_rare_slow_calls_are_told_instead_of_squeezing_the_rest() -> None:
    picture = charts.latency(LatencyTimes([10.0] * 500 + [11.0] * 495 + [900.0] * 5))
    assert picture is not None
    assert "5 calls took longer than the scale shows (up to 900.0 ms)" in picture.caption


def test_guessing_far_below_the_rest_is_an_arrow_and_the_scale_serves_the_rest() -> None:
    run = told_runs.ship()
    chart = contest.scores(Reading(run.evidence, run.gallery, run.study))
    assert chart is not None
    assert [bar.off for bar in chart.bars] == [""] * 5 + ["left"]
    assert chart.axis.low == 0.6 and "Mind the scale: it starts at 0.6." in chart.caption


def test_smaller_is_better_puts_the_smallest_first_and_turns_gains() -> None:
    rows = [
        told_runs.row(name, "reference", None, "log_loss", value, 0.05)
        for name, value in (("a", 0.9), ("b", 0.4), ("c", 0.6))
    ]
    rows[1]["versus"] = {"a": {"difference": -0.5, "interval": [-0.6, -0.4]}}
    reading = Reading({"comparison": rows, "chosen": {"candidate": "b", "base": None}}, Gallery(), {})
    chart, gains = contest.scores(reading), contest.gains(reading)
    assert chart is not None and [bar.name for bar in chart.bars] == ["b", "c", "a"]
    assert "smaller is better" in chart.caption
    assert gains is not None and (gains.bars[0].value, gains.bars[0].note) == ("+0.500", "better")


def test_the_most_confused_pairs_come_from_the_matrix_in_order() -> None:
    confusion = np.array([[5, 3, 0], [0, 9, 1], [7, 0, 2]])
    found = mistakes.pairs(Gallery(classes=("a", "b", "c"), confusion=confusion))
    assert [(pair.true, pair.predicted, pair.count, pair.of) for pair, _ in found] == [
        ("c", "a", 7, 9),
        ("a", "b", 3, 8),
        ("b", "c", 1, 10),
    ]
    assert [length for _, length in found] == [100.0, 42.9, 14.3]


def test_a_grid_of_many_classes_gives_way_to_pairs() -> None:
    k = mistakes.MOST_CELLS + 1
    gallery = Gallery(classes=tuple(map(str, range(k))), confusion=np.ones((k, k)).tolist())
    assert mistakes.grid(gallery) is None
    assert len(mistakes.pairs(gallery)) == mistakes.MOST_PAIRS


def test_a_class_that_never_occurs_leaves_its_row_empty() -> None:
    grid = mistakes.grid(Gallery(classes=("a", "b"), confusion=[[4, 1], [0, 0]]))
    assert grid is not None
    assert [[cell.text for cell in row] for row in grid.rows] == [["80", "20"], ["", ""]]


def test_the_ranking_stands_on_the_evidence_alone() -> None:
    run = told_runs.hold()
    chart = ranking.chart(Reading(run.evidence, Gallery(), {}))
    assert chart is not None
    assert [bar.name for bar in chart.bars] == ["1.\u00a0models/resnet18", "2.\u00a0models/mobilenetv2"]
    assert chart.bars[0].accent
