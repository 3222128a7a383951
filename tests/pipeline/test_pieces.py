"""Finished pieces are reused, unfinished ones leave nothing."""

from pathlib import Path

import pytest

from touchstone.core.progress import Silent
from touchstone.pipeline.journal import Journal
from touchstone.pipeline.pieces import Pieces


def test_a_piece_is_made_once_and_its_cost_is_carried(tmp_path: Path) -> None:
    made = []

    def make(folder: Path) -> None:
        made.append(folder)
        (folder / "x").write_text("1")

    first = Pieces(tmp_path / "pieces", Journal(None, Silent())).get("train", "probe", {"seed": 1}, make)
    journal = Journal(None, Silent())
    again = Pieces(tmp_path / "pieces", journal).get("train", "probe", {"seed": 1}, make)
    assert first == again and len(made) == 1
    assert (again / "x").read_text() == "1"
    assert [stage.name for stage in journal.stages] == ["train"]


def test_another_dependency_is_another_piece(tmp_path: Path) -> None:
    pieces = Pieces(tmp_path, Journal(None, Silent()))
    assert pieces.get("s", "a", {"seed": 1}, lambda f: None) != pieces.get("s", "a", {"seed": 2}, lambda f: None)


def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "x").write_text("half")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        Pieces(tmp_path, Journal(None, Silent())).get("s", "a", {}, fail)
    assert list(tmp_path.iterdir()) == []
