"""A planted split is repaired, and what was repaired audits clean."""

from __future__ import annotations

import csv
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from tests.dataset.conftest import encoded, picture, sentence
from touchstone.pipeline.audit import audit
from touchstone.study.model import Columns
from touchstone.study.parse import parse
from touchstone.study.paths import study_of_paths

Row = dict[str, Any]


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "home"))


def table(path: Path, rows: Sequence[Row]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def statuses(result: Any, check: str) -> set[str]:
    return {one["status"] for one in result.evidence["findings"] if one["check"] == check}


def lines(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def messages(n: int, first: int = 0) -> list[Row]:
    rng = np.random.default_rng(first)
    return [
        {"text": sentence(first + i), "label": ("yes", "no")[i % 2], "author": f"author{rng.integers(0, n // 4)}"}
        for i in range(n)
    ]


def test_copies_of_texts_are_brought_together(tmp_path: Path) -> None:
    train, test = messages(160), messages(60, 1000)
    test[:12] = [{**row, "text": row["text"].upper() + "!"} for row in train[:12]]
    paths = [table(tmp_path / "train.csv", train), table(tmp_path / "test.csv", test)]
    before = [path.read_bytes() for path in paths]
    found = audit(study_of_paths(paths), out=tmp_path / "out")
    assert "fail" in statuses(found, "data.leakage")
    made = tmp_path / "out" / "repaired"
    again = audit(study_of_paths([made / "train.jsonl", made / "test.jsonl"]), out=tmp_path / "again")
    assert statuses(again, "data.leakage") == {"pass"}
    assert not (tmp_path / "again" / "repaired").exists()
    assert [path.read_bytes() for path in paths] == before
    assert len(lines(made / "train.jsonl")) == 160 and len(lines(made / "test.jsonl")) == 60
    with (made / "moved.csv").open(encoding="utf-8") as file:
        moved = list(csv.DictReader(file))
    assert 12 <= len(moved) <= 24


def test_groups_of_a_study_come_to_one_side(tmp_path: Path) -> None:
    rows = messages(240)
    paths = [table(tmp_path / "train.csv", rows[:180]), table(tmp_path / "test.csv", rows[180:])]
    found = audit(study_of_paths(paths, columns=Columns(group="author")), out=tmp_path / "out")
    assert "fail" in statuses(found, "data.group_leakage")
    named = yaml.safe_load((tmp_path / "out" / "repaired" / "data.yaml").read_text(encoding="utf-8"))
    (tmp_path / "study.yaml").write_text(
        yaml.safe_dump({"touchstone": 1, "name": "mended", "task": "text-classification", **named, "base_models": []}),
        encoding="utf-8",
    )
    again = audit(parse(tmp_path / "study.yaml"))
    assert statuses(again, "data.group_leakage") == {"pass"}
    assert statuses(again, "data.leakage") <= {"pass", "inconclusive"}


def test_pictures_in_two_archives_stay_readable(tmp_path: Path) -> None:
    def packed(name: str, seeds: Sequence[int]) -> Path:
        with zipfile.ZipFile(tmp_path / name, "w") as file:
            for i, seed in enumerate(seeds):
                file.writestr(f"{('cat', 'dog')[i % 2]}/{seed}.png", encoded(picture(seed)))
        return tmp_path / name

    paths = [packed("train.zip", range(60)), packed("test.zip", [*range(0, 6), *range(100, 124)])]
    found = audit(study_of_paths(paths), out=tmp_path / "out")
    assert "fail" in statuses(found, "data.leakage")
    named = yaml.safe_load((tmp_path / "out" / "repaired" / "data.yaml").read_text(encoding="utf-8"))
    (tmp_path / "study.yaml").write_text(
        yaml.safe_dump({"touchstone": 1, "name": "mended", "task": "image-classification", **named, "base_models": []}),
        encoding="utf-8",
    )
    again = audit(parse(tmp_path / "study.yaml"))
    assert statuses(again, "data.leakage") == {"pass"}
    assert not [
        one for one in again.evidence["findings"] if one["check"] == "data.readable" and one["status"] == "fail"
    ]


def test_a_clean_split_is_not_repaired(tmp_path: Path) -> None:
    paths = [table(tmp_path / "train.csv", messages(80)), table(tmp_path / "test.csv", messages(30, 1000))]
    audit(study_of_paths(paths), out=tmp_path / "out")
    assert not (tmp_path / "out" / "repaired").exists()


def test_rows_without_a_group_are_no_group(tmp_path: Path) -> None:
    train, test = messages(80), messages(30, 1000)
    for rows in (train, test):
        rows[:] = [{**row, "author": ""} for row in rows]
    paths = [table(tmp_path / "train.csv", train), table(tmp_path / "test.csv", test)]
    found = audit(study_of_paths(paths, columns=Columns(group="author")), out=tmp_path / "out")
    assert statuses(found, "data.group_leakage") == {"pass"}
