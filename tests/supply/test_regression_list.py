from __future__ import annotations

from pathlib import Path

import pytest

from tests.supply.regression_list import FILES
from tests.supply.watch import nothing_runs
from touchstone.study.model import BaseModel
from touchstone.supply.outcome import Outcome
from touchstone.supply.vetting import vet_files


@pytest.mark.parametrize("index", range(len(FILES)), ids=lambda index: FILES[index][0])
def test_every_kind_is_refused_or_held_and_runs_nothing(tmp_path: Path, index: int) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    FILES[index][1](folder)
    with nothing_runs():
        seen = vet_files(BaseModel("m", folder), tmp_path / "home")
    assert seen.files is not None and seen.files.worst is not None
    worst = seen.files.worst
    assert worst.outcome in (Outcome.REFUSE, Outcome.HOLD), worst
    assert worst.reason and worst.remedy and worst.rule
    assert seen.copy is None or not seen.copy.manifest.files


def test_there_are_as_many_as_there_were_advisories_and_more() -> None:
    assert len(FILES) >= 96 and len({what for what, _ in FILES}) == len(FILES)
