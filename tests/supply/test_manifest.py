from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest

from tests.supply.small_models import write_model
from touchstone.supply import manifest as manifests
from touchstone.supply.manifest import Entry, Manifest


def test_lists_every_file_hidden_ones_too(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m", card="# x")
    (folder / ".gitattributes").write_text("*.bin filter=lfs")
    (folder / "sub").mkdir()
    (folder / "sub" / "notes.txt").write_text("hello")
    found = manifests.read(folder)
    assert [e.name for e in found.files] == [
        ".gitattributes",
        "README.md",
        "config.json",
        "model.safetensors",
        "sub/notes.txt",
    ]
    assert found.files[-1].sha256 == hashlib.sha256(b"hello").hexdigest()


def test_moving_a_model_does_not_change_its_digest_one_byte_does(tmp_path: Path) -> None:
    here, there = write_model(tmp_path / "a"), write_model(tmp_path / "far" / "b")
    assert manifests.read(here).root == manifests.read(there).root
    changed = write_model(tmp_path / "c", value=0.25)
    assert manifests.read(changed).root != manifests.read(here).root


@pytest.mark.parametrize("workers", [1, 2, 7])
def test_the_count_of_workers_changes_nothing(tmp_path: Path, workers: int) -> None:
    folder = write_model(tmp_path / "m", card="# x", license="mit")
    assert manifests.read(folder, workers).root == manifests.read(folder, 1).root


def test_order_of_entries_does_not_matter() -> None:
    entries = [Entry(name, 1, "0" * 64) for name in ("b", "a", "ä", "Z")]
    assert Manifest.of(entries) == Manifest.of(reversed(entries))
    assert [e.name for e in Manifest.of(entries).files] == ["Z", "a", "b", "ä"]


def test_round_trip_through_plain_data(tmp_path: Path) -> None:
    found = manifests.read(write_model(tmp_path / "m"))
    assert manifests.from_data(json.loads(json.dumps(found.as_data()))) == found


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"files": [1]},
        {"files": [{"name": "a", "size": 1, "sha256": "zz"}]},
        {"files": [{"name": "a", "size": "1", "sha256": "0" * 64}]},
        {"files": [{"name": "a", "size": 1, "sha256": "0" * 64}] * 2},
        {"files": [{"name": "a", "size": 1, "sha256": "0" * 64}], "root": "sha256:00"},
    ],
)
def test_a_broken_manifest_is_refused(broken: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        manifests.from_data(broken)


def test_links_and_pipes_are_listed_and_never_opened(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m")
    (tmp_path / "secret").write_text("secret")
    (folder / "link").symlink_to(tmp_path / "secret")
    os.mkfifo(folder / "pipe")
    found = {e.name: e for e in manifests.read(folder).files}
    assert found["link"].kind == found["pipe"].kind == manifests.SPECIAL
    assert found["link"].sha256 != hashlib.sha256(b"secret").hexdigest()


def test_a_name_that_is_no_text_is_listed(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m")
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff\xfe.txt")).write_text("x")
    found = manifests.read(folder)
    assert "\\xff\\xfe.txt" in [e.name for e in found.files]
    assert found.root.startswith("sha256:")
