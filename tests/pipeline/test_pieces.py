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


def test_what_a_run_beside_this_one_trained_is_taken_over_with_its_cost(tmp_path: Path) -> None:
    lender = Pieces(tmp_path / "a/cache/pieces", Journal(None, Silent()))
    lender.get("adaptation", "top", {"seed": 1}, lambda folder: (folder / "x").write_text("1") and None)
    journal = Journal(None, Silent())
    borrower = Pieces(tmp_path / "b/cache/pieces", journal, [tmp_path / "gone", tmp_path / "a/cache/pieces"])
    piece = borrower.get("adaptation", "top", {"seed": 1}, lambda folder: pytest.fail("made again"))
    assert piece.is_relative_to(tmp_path / "b") and (piece / "x").read_text() == "1"
    assert [stage.name for stage in journal.stages] == ["adaptation"]


@pytest.mark.parametrize(("stage", "seed"), [("latency", 1), ("adaptation", 2)])
def test_what_was_timed_or_rests_on_something_else_is_made_anew(tmp_path: Path, stage: str, seed: int) -> None:
    made: list[Path] = []
    Pieces(tmp_path / "a", Journal(None, Silent())).get(stage, "top", {"seed": 1}, made.append)
    Pieces(tmp_path / "b", Journal(None, Silent()), [tmp_path / "a"]).get(stage, "top", {"seed": seed}, made.append)
    assert len(made) == 2
