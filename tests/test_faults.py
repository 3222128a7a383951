"""The benchmark of planted faults: its families are whole, and grading counts what the checks say."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks.faults.family import STRENGTHS, families
from benchmarks.faults.grading import grade
from benchmarks.faults.page import page

from touchstone.core import catalogue

EVERY = families()


@pytest.mark.parametrize("name", EVERY)
def test_a_family_is_whole(name: str) -> None:
    family = EVERY[name]
    assert family.check in catalogue.rows()
    assert tuple(family.plants) == tuple(family.says) == STRENGTHS
    assert family.hard


def test_grading_tells_planted_from_clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path))
    family = EVERY["two_labels"]
    found = grade("two_labels", family, 2, seed=0)
    assert [(one.kind, one.failed) for one in found[:4]] == [("weak", 2), ("medium", 2), ("strong", 2), ("clean", 0)]
    assert found[3].ends[1] > 0.8  # two studies prove little, and the interval says so
    text = page({"two_labels": found}, {"two_labels": family}, 2)
    assert "| `data.duplicates` | one text with two labels, weak: 1 of 500 | 2 of 2 |" in text
