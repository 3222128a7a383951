"""A gallery goes to its file and comes back."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest

from tests.report import told_runs
from touchstone.report.gallery import Gallery, LatencyTimes, ReliabilityBin
from touchstone.report.gallery_file import from_json, to_json


def listed(value: Any) -> Any:
    """Lists for tuples, so that two galleries can be compared."""
    if isinstance(value, dict):
        return {key: listed(item) for key, item in value.items()}
    return [listed(item) for item in value] if isinstance(value, list | tuple) else value


@pytest.mark.parametrize("make", [told_runs.ship, told_runs.hold, told_runs.reject])
def test_comes_back_as_it_was_pictures_too(make: Any) -> None:
    gallery = make().gallery
    back = from_json(to_json(gallery))
    assert listed(asdict(back)) == listed(asdict(gallery))
    assert to_json(back) == to_json(gallery)


def test_arrays_and_numbers_that_are_not_finite_are_taken() -> None:
    gallery = Gallery(
        confusion=np.eye(2),
        latency=LatencyTimes(np.array([1.0, np.nan])),
        reliability=(ReliabilityBin(0.5, 0.5, np.int64(3)),),
    )
    back = from_json(to_json(gallery))
    assert back.confusion == ((1.0, 0.0), (0.0, 1.0))
    assert back.latency is not None and back.latency.milliseconds == (1.0, None)


def test_a_part_that_a_later_version_adds_is_left_out() -> None:
    assert from_json(json.dumps({"classes": ["a"], "hologram": {"x": 1}})) == Gallery(classes=("a",))
