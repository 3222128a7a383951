from __future__ import annotations

from pathlib import Path

import pytest

from tests.supply.hostile_list import FILES
from tests.supply.watch import nothing_runs
from touchstone.study.model import BaseModel
from touchstone.supply.outcome import Kind, Outcome
from touchstone.supply.vetting import vet_files

UNSUPPORTED = {25, 58, 59, 60}
MALFORMED = {22, 23, 24, 41, 52, 53, 55, 56}


@pytest.mark.parametrize("number", FILES, ids=lambda number: f"{number}: {FILES[number][0]}")
def test_every_file_of_the_list_meets_its_outcome_and_runs_nothing(tmp_path: Path, number: int) -> None:
    _, want, build = FILES[number]
    folder, home = tmp_path / "model", tmp_path / "home"
    folder.mkdir()
    build(folder)
    before = sorted(path.name for path in tmp_path.rglob("*"))
    with nothing_runs():
        seen = vet_files(BaseModel("m", folder), home, keep=False)
    assert sorted(path.name for path in tmp_path.rglob("*")) == before, "nothing is written"
    assert seen.files is not None and str(seen.files.outcome) == want, seen.files.worst
    worst = seen.files.worst
    assert worst is not None
    if want == "refuse":
        assert worst.reason and worst.remedy and worst.rule
        wanted = Kind.UNSUPPORTED if number in UNSUPPORTED else Kind.MALFORMED if number in MALFORMED else Kind.HOSTILE
        assert worst.kind is wanted, (worst.kind, worst.reason)


def test_no_working_copy_is_made_of_a_refused_model(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    FILES[1][2](folder)
    assert vet_files(BaseModel("m", folder), tmp_path / "home").copy is None
    assert not (tmp_path / "home").exists()


def test_what_is_held_stays_out_of_the_working_copy(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    FILES[57][2](folder)
    (folder / "config.json").write_text('{"model_type": "bert"}')
    seen = vet_files(BaseModel("m", folder), tmp_path / "home")
    assert seen.files is not None and seen.files.outcome is Outcome.HOLD
    assert seen.copy is not None and [entry.name for entry in seen.copy.manifest.files] == ["config.json"]
