"""Which registry is meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from touchstone.core.errors import RegistryError
from touchstone.registry import place as places
from touchstone.registry.place import file_system, find


def test_a_project_s_own_registry_is_found_from_any_folder_below(tmp_path: Path) -> None:
    deep = tmp_path / "project" / "a" / "b"
    deep.mkdir(parents=True)
    (tmp_path / "project" / ".touchstone").mkdir()
    assert find(None, deep, tmp_path / "home").path == tmp_path / "project" / ".touchstone" / "registry.db"


def test_without_one_the_user_s_is_taken(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    found = find(None, tmp_path / "a", tmp_path / "home")
    assert (found.path, found.checkpoints) == (tmp_path / "home" / "registry.db", tmp_path / "home" / "checkpoints")


def test_a_password_is_never_shown(tmp_path: Path) -> None:
    found = find("postgresql://ann:secret@db.example/registry", tmp_path, tmp_path)
    assert str(found) == "postgresql+psycopg://db.example/registry"
    assert found.path is None


def test_other_servers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="mysql:// is no kind of registry"):
        find("mysql://x/y", tmp_path, tmp_path)


MOUNTS = """\
/dev/a / ext4 rw 0 0
server:/x /net nfs4 rw 0 0
/dev/b /net/local\\040disk ext4 rw 0 0
//s/y /odd cifs rw 0 0
/dev/c /odd ext4 rw 0 0
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/home/ann/r.db", "ext4"), ("/net/r.db", "nfs4"), ("/net/local disk/r.db", "ext4"), ("/network/r.db", "ext4"), ("/odd/r.db", "ext4")],
)  # fmt: skip
def test_the_innermost_and_latest_mount_tells_the_file_system(tmp_path: Path, path: str, kind: str) -> None:
    (tmp_path / "mounts").write_text(MOUNTS)
    assert file_system(Path(path), tmp_path / "mounts") == kind


def test_a_network_file_system_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = file_system(tmp_path)
    monkeypatch.setattr(places, "_OVER_A_NETWORK", frozenset({here}))
    with pytest.raises(RegistryError, match="network file system"):
        find(str(tmp_path / "r.db"), tmp_path, tmp_path)
