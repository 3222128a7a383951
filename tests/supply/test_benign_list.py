from __future__ import annotations

from pathlib import Path

import pytest

from tests.supply.benign_list import FILES
from tests.supply.watch import nothing_runs
from touchstone.study.model import BaseModel
from touchstone.supply.outcome import Kind
from touchstone.supply.vetting import vet_files


@pytest.mark.parametrize("number", FILES, ids=lambda number: f"{number}: {FILES[number][0]}")
def test_nothing_benign_is_called_hostile(tmp_path: Path, number: int) -> None:
    _, want, build = FILES[number]
    folder = tmp_path / "model"
    folder.mkdir()
    build(folder)
    with nothing_runs():
        seen = vet_files(BaseModel("m", folder), tmp_path / "home")
    assert seen.files is not None and seen.files.worst is not None
    worst = seen.files.worst
    assert str(worst.outcome) == want, worst
    assert worst.kind is not Kind.HOSTILE
    if want == "refuse":
        assert worst.kind is Kind.UNSUPPORTED, worst.reason
        assert worst.remedy
    elif want != "hold":
        assert seen.copy is not None
