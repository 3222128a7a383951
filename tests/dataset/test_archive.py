from __future__ import annotations

import pickle
import zipfile
from pathlib import Path

import pytest

from touchstone.core.errors import DatasetError
from touchstone.dataset.archive import Archive
from touchstone.dataset.picture import PictureError


def packed(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def test_reads_members_and_skips_litter(tmp_path: Path) -> None:
    path = packed(
        tmp_path / "a.zip", {"cat/1.png": b"x", "__MACOSX/cat/._1.png": b"y", "cat/.DS_Store": b"", "Thumbs.db": b""}
    )
    archive = Archive(path)
    assert archive.members == ("cat/1.png",)
    assert archive.read("cat/1.png") == b"x"


def test_finds_a_member_below_one_top_folder_and_with_dots(tmp_path: Path) -> None:
    archive = Archive(packed(tmp_path / "a.zip", {"pics/cat/1.png": b"x", "pics/dog/2.png": b"y"}))
    assert archive.find("./cat/1.png") == "pics/cat/1.png"
    assert archive.find("cat\\1.png") == "pics/cat/1.png"
    assert archive.find("cat/3.png") is None


@pytest.mark.parametrize("name", ["../evil.png", "/etc/evil.png", "a/../../evil.png", "C:/evil.png"])
def test_a_member_that_points_outside_is_never_read(tmp_path: Path, name: str) -> None:
    archive = Archive(packed(tmp_path / "a.zip", {name: b"x"}))
    with pytest.raises(PictureError, match="leaves the archive"):
        archive.read(name)


def test_a_zip_bomb_is_refused(tmp_path: Path) -> None:
    archive = Archive(packed(tmp_path / "a.zip", {"bomb.png": b"\0" * 30_000_000}))
    with pytest.raises(PictureError, match="thousandfold"):
        archive.read("bomb.png")


def test_a_damaged_member_is_corrupt(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", {"1.png": b"some honest content"}, zipfile.ZIP_STORED)
    path.write_bytes(path.read_bytes().replace(b"honest", b"hXnest"))
    with pytest.raises(PictureError, match="damaged"):
        Archive(path).read("1.png")


def test_what_is_no_zip_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"no zip")
    with pytest.raises(DatasetError, match="not a zip"):
        Archive(tmp_path / "a.zip")


def test_survives_being_sent_to_another_process(tmp_path: Path) -> None:
    archive = Archive(packed(tmp_path / "a.zip", {"1.png": b"x"}))
    assert pickle.loads(pickle.dumps(archive)).read("1.png") == b"x"
