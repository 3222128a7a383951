from __future__ import annotations

from pathlib import Path

import pytest

from tests.checks.supply.papers_desk import NOWHERE, one
from tests.supply.hostile_list import FILES
from tests.supply.small_models import write_model
from touchstone.checks.supply.files import Files
from touchstone.core.finding import Finding, Severity, Status
from touchstone.study.model import BaseModel
from touchstone.supply.vetting import vet_files


def found(folder: Path) -> Finding:
    return one(Files(), vet_files(BaseModel("m", folder), folder.parent / "home", keep=False))


def test_passes_a_model_of_data(tmp_path: Path) -> None:
    finding = found(write_model(tmp_path / "m"))
    assert (finding.status, finding.value, finding.n) == (Status.PASS, 0.0, 2)


@pytest.mark.parametrize(("number", "kind"), [(1, "hostile"), (24, "malformed"), (59, "unsupported")])
def test_a_refused_file_is_a_blocker_with_kind_and_file(tmp_path: Path, number: int, kind: str) -> None:
    folder = write_model(tmp_path / "m")
    FILES[number][2](folder)
    finding = found(folder)
    assert (finding.status, finding.severity, finding.details["kind"]) == (Status.FAIL, Severity.BLOCKER, kind)
    assert finding.details["file"] in finding.statement
    assert finding.remedy


def test_a_held_file_is_inconclusive(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m")
    (folder / "helper.py").write_text("x = 1\n")
    finding = found(folder)
    assert (finding.status, finding.details["file"]) == (Status.INCONCLUSIVE, "helper.py")


def test_a_hostile_file_speaks_before_a_held_one(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m")
    (folder / "a.py").write_text("x = 1\n")
    FILES[1][2](folder)
    finding = found(folder)
    assert finding.status is Status.FAIL
    assert "1 more file not accepted" in finding.statement


def test_an_empty_folder_fails(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    finding = found(tmp_path / "m")
    assert (finding.status, finding.details["kind"]) == (Status.FAIL, "malformed")


def test_files_that_could_not_be_had_are_inconclusive() -> None:
    assert one(Files(), NOWHERE).status is Status.INCONCLUSIVE
