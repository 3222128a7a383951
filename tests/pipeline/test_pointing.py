from __future__ import annotations

from pathlib import Path

import pytest

from tests.dataset.conftest import encoded, picture
from touchstone.pipeline.audit import audit
from touchstone.study.paths import study_of_paths


def test_an_audit_shows_copies_side_by_side_and_what_the_repair_moves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "home"))
    for split, seeds in (("train", range(60)), ("test", [*range(4), *range(100, 130)])):
        for i, seed in enumerate(seeds):
            folder = tmp_path / split / ("cat", "dog")[i % 2]
            folder.mkdir(parents=True, exist_ok=True)
            shrunk = picture(seed, (96, 80)).resize((48, 40)) if split == "test" else picture(seed, (96, 80))
            (folder / f"{seed}.png").write_bytes(encoded(shrunk))
    audit(study_of_paths([tmp_path / "train", tmp_path / "test"]), out=tmp_path / "out")
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "Copies on both sides of a split" in page and "Examples that the repaired split moves" in page
    assert page.count("data:image/jpeg") >= 8
    assert (tmp_path / "out" / "flagged.csv").read_text(encoding="utf-8").count("data.leakage") == 4
