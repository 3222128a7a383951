from __future__ import annotations

import pickle
import threading
from pathlib import Path

import numpy as np
import pytest

from touchstone.dataset.seal import Seal

LABELS = {"test": np.array([0, 1, 1])}


def seal(home: Path, digest: str = "sha256:aa") -> Seal:
    return Seal(home, digest, LABELS)


def test_opening_is_counted_once_per_key_and_across_runs(tmp_path: Path) -> None:
    first = seal(tmp_path)
    assert first.openings() == 0
    assert first.open("study-1")["test"].tolist() == [0, 1, 1]
    first.open("study-1")
    assert seal(tmp_path).openings() == 1
    seal(tmp_path).open("study-2")
    assert seal(tmp_path).openings() == 2
    assert seal(tmp_path, "sha256:bb").openings() == 0


def test_another_model_between_openings_is_told(tmp_path: Path) -> None:
    seal(tmp_path).open("one", "model-a")
    assert not seal(tmp_path).changed_model("two", "model-a")
    seal(tmp_path).open("two", "model-b")
    assert seal(tmp_path).changed_model("two", "model-b")
    assert not seal(tmp_path).changed_model("one", "model-a")


def test_labels_handed_out_are_copies(tmp_path: Path) -> None:
    one = seal(tmp_path)
    one.open("a")["test"][:] = 9
    assert one.open("a")["test"].tolist() == [0, 1, 1]


def test_a_seal_shows_and_copies_no_labels(tmp_path: Path) -> None:
    one = seal(tmp_path)
    assert not [name for name, value in vars(one).items() if isinstance(value, (dict, np.ndarray))]
    with pytest.raises(TypeError, match="not copied"):
        pickle.dumps(one)


def test_a_damaged_record_still_counts(tmp_path: Path) -> None:
    seal(tmp_path).open("a")
    (record,) = (tmp_path / "openings").rglob("*.json")
    record.write_text("{")
    assert seal(tmp_path).openings() == 1


def test_many_at_once_are_all_counted(tmp_path: Path) -> None:
    threads = [threading.Thread(target=seal(tmp_path).open, args=(f"study-{i % 8}",)) for i in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seal(tmp_path).openings() == 8
    assert not list((tmp_path / "openings").rglob("*.partial"))
