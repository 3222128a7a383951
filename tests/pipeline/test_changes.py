"""The changelog between two runs: examples by content, models, scores and findings."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline.small_run import SLICES, evidence, finished
from touchstone.core.errors import InputError
from touchstone.dataset.model import Assignment
from touchstone.pipeline.changes import Change, as_markdown, changes
from touchstone.report.tables import splits


def run(folder: Path, *examples: tuple[str, str, str, str], **more: Any) -> Path:
    """A run on examples of name, split, content and label."""
    made = finished(folder, **more)
    rows = [Assignment(name, "train", split, "", content, content + label) for name, split, content, label in examples]
    (made / "splits.csv").write_text(splits(rows), encoding="utf-8")
    return made


def test_examples_are_told_apart_by_content_and_not_by_name(tmp_path: Path) -> None:
    old = run(
        tmp_path / "a",
        ("1", "train", "x", "cat"),
        ("2", "train", "y", "cat"),
        ("3", "train", "z", "dog"),
        ("4", "test", "w", "dog"),
    )
    new = run(
        tmp_path / "b",
        ("9", "train", "x", "cat"),
        ("2", "train", "y", "dog"),
        ("4", "train", "w", "dog"),
        ("5", "test", "v", "cat"),
    )
    data = changes(old, new).data
    assert (data.added, data.removed, data.relabelled, data.same) == (("test: 5",), ("train: 3",), ("train: 2",), 1)
    assert data.moved == (Change("4", "test", "train"),)


def test_of_copies_those_that_are_more_or_fewer_are_told(tmp_path: Path) -> None:
    old = run(tmp_path / "a", ("1", "train", "x", "cat"))
    new = run(tmp_path / "b", ("1", "train", "x", "cat"), ("2", "train", "x", "cat"))
    assert changes(old, new).data.added == ("train: 2",)
    assert changes(new, old).data.removed == ("train: 2",)


def test_a_run_has_not_changed_from_itself(tmp_path: Path) -> None:
    one = run(tmp_path / "a", ("1", "train", "x", "cat"))
    found = changes(one, one)
    assert (found.plan, found.models, found.scores, found.findings, found.data.same) == ((), (), (), (), 1)
    assert found.one_test_set


def test_plan_model_scores_and_findings_are_told(tmp_path: Path) -> None:
    old = run(tmp_path / "a", use="research")
    new = run(tmp_path / "b", use="research", failed=[SLICES], base="sha256:" + "cd" * 32, policy="team")
    (new / "model" / "config.json").write_text('{"model_type": "vit"}')
    row = {
        "candidate": "probe@base",
        "kind": "adapted",
        "base": "base",
        "split": "test",
        "metric": "accuracy",
        "interval": [0.7, 0.9],
    }
    for folder, value in ((old, 0.8), (new, 0.85)):
        (folder / "evidence.json").write_text(json.dumps({**evidence(folder), "comparison": [{**row, "value": value}]}))
    found = changes(old, new)
    assert Change("policy", "default", "team") in found.plan
    assert Change("architecture", None, "vit") in found.models
    assert found.scores[0].what == "accuracy on test"
    assert Change("evaluate.slices of camera=east", None, "fail (major)") in found.findings
    assert "accuracy on test | 0.800 (0.700 to 0.900) | 0.850 (0.700 to 0.900)" in as_markdown(found)


def test_hostile_names_break_no_page(tmp_path: Path) -> None:
    old = run(tmp_path / "a")
    new = run(tmp_path / "b", ("=cmd|'/C calc'!A0\n# <script>", "train", "x", "cat"))
    assert "<script>" not in as_markdown(changes(old, new))


def test_a_run_of_an_older_version_says_so(tmp_path: Path) -> None:
    old = run(tmp_path / "a", ("1", "train", "x", "cat"))
    rows = list(csv.DictReader((old / "splits.csv").read_text().splitlines()))
    with (old / "splits.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, ["example", "source", "split", "why"], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    with pytest.raises(InputError, match="older version"):
        changes(old, old)


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no finished run"):
        changes(tmp_path, tmp_path)
    one = finished(tmp_path / "s")
    with pytest.raises(InputError, match=r"splits\.csv"):
        changes(one, one)
