"""Files appear whole or not at all."""

from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from touchstone.core import atomic


def _fail_halfway(writing: AbstractContextManager[Path], text: str) -> None:
    """Write some, then break off."""
    with writing as temporary:
        (temporary / "two" if temporary.is_dir() else temporary).write_text(text)
        raise RuntimeError


def test_a_failed_write_leaves_the_old_file_and_no_leftover(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    atomic.write_text(target, "old")
    with pytest.raises(RuntimeError):
        _fail_halfway(atomic.writing(target), "half")
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_a_folder_takes_the_place_of_the_old_one_only_when_whole(tmp_path: Path) -> None:
    target = tmp_path / "model"
    with atomic.writing_folder(target) as folder:
        (folder / "one").write_text("1")
    with pytest.raises(RuntimeError):
        _fail_halfway(atomic.writing_folder(target), "half")
    assert sorted(path.name for path in target.iterdir()) == ["one"]
    with atomic.writing_folder(target) as folder:
        (folder / "three").write_text("3")
    assert sorted(path.name for path in target.iterdir()) == ["three"]
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_leftovers_of_a_killed_process_are_removed(tmp_path: Path) -> None:
    (tmp_path / ".a.txt.123abc.partial").write_text("half")
    (tmp_path / ".model.123abc.partial").mkdir()
    (tmp_path / "kept").write_text("whole")
    atomic.remove_leftovers(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
