from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from tests.dataset.conftest import encoded, picture
from touchstone.dataset.inputs import FilePlace, NoPlace
from touchstone.dataset.picture import PictureError, decode, fingerprint
from touchstone.dataset.recall import Recall


def test_gives_back_what_was_found_and_forgets_it_when_a_file_changes(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(encoded(picture(1)))
    places = [FilePlace(path), NoPlace("missing", "no such file")]
    assert Recall(tmp_path, places).load() is None
    seen = fingerprint(decode(path.read_bytes()))
    Recall(tmp_path, places).save([seen, PictureError("missing", "no such file")])
    kept = Recall(tmp_path, places).load()
    assert kept is not None
    first, second = kept
    assert not isinstance(first, PictureError)
    assert (first.digest, first.hash, first.mirror_hash) == (seen.digest, seen.hash, seen.mirror_hash)
    assert np.array_equal(first.thumb, seen.thumb)
    assert isinstance(second, PictureError)
    assert (second.kind, second.reason) == ("missing", "no such file")
    os.utime(path, ns=(1, 1))
    assert Recall(tmp_path, places).load() is None


def test_a_damaged_file_is_forgotten(tmp_path: Path) -> None:
    places = [NoPlace("missing", "gone")]
    recall = Recall(tmp_path, places)
    recall.save([PictureError("missing", "gone")])
    for damage in (b"", b"PK\x03\x04 nonsense", recall.path.read_bytes()[:50]):
        recall.path.write_bytes(damage)
        assert recall.load() is None
