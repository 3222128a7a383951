from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.supply.small_models import COMMIT, vetted, write_model
from touchstone.study.model import IntendedUse
from touchstone.supply import manifest as manifests
from touchstone.supply.licences.model import Outcome
from touchstone.supply.stated import read


def collection(root: Path, **changes: Any) -> Path:
    """Two models in a folder with one manifest over both."""
    entries = []
    for name in ("one", "two"):
        files = manifests.read(write_model(root / "models" / name, value=len(name) + len(entries)))
        entry: dict[str, Any] = {
            "name": name, "dir": f"models/{name}", "repo": "acme/zoo", "commit": COMMIT, "licence": "MIT",
            "training_data": "3,000 photographs of tools", "limitations": "It confuses pliers with tongs.",
            "files": [{"path": f"models/{name}/{e.name}", "bytes": e.size, "sha256": e.sha256} for e in files.files],
        }  # fmt: skip
        entries.append({**entry, **changes})
    (root / "manifest.json").write_text(json.dumps({"format": 1, "entries": entries}))
    return root / "models" / "two"


def test_a_collections_manifest_vouches_and_is_quoted(tmp_path: Path) -> None:
    seen = vetted(collection(tmp_path), tmp_path / "home", IntendedUse(use="commercial"))
    assert [(voucher.file, voucher.state) for voucher in seen.integrity.vouchers] == [
        (f"{tmp_path.name}/manifest.json", "holds")
    ]
    assert (seen.source, seen.revision, seen.provenance.publisher) == ("acme/zoo", COMMIT, "acme")
    assert (seen.licences.license, seen.licences.evidence.kind) == ("MIT", "manifest")
    assert seen.licences.decision.outcome in (Outcome.PERMIT, Outcome.DUTIES)
    assert "photographs" in seen.card.training_data and "pliers" in seen.card.limits


@pytest.mark.parametrize("fault", ["changed", "missing", "extra", "renamed"])
def test_every_change_against_the_manifest_is_found(tmp_path: Path, fault: str) -> None:
    folder = collection(tmp_path)
    weights = folder / "model.safetensors"
    if fault == "changed":
        data = bytearray(weights.read_bytes())
        data[-1] ^= 1
        weights.write_bytes(data)
    elif fault == "missing":
        (folder / "config.json").unlink()
    elif fault == "extra":
        (folder / "vocab.txt").write_text("a\n")
    else:
        weights.rename(folder / "other.safetensors")
    (voucher,) = vetted(folder, tmp_path / "home").integrity.vouchers
    assert voucher.state == "fails"
    assert [one.kind for one in voucher.differences] == [fault]


def test_a_manifest_that_does_not_agree_is_not_quoted(tmp_path: Path) -> None:
    folder = collection(tmp_path)
    (folder / "vocab.txt").write_text("a\n")
    seen = vetted(folder, tmp_path / "home")
    assert (seen.source, seen.licences.license, seen.card.training_data) == (None, None, None)


def test_the_entry_of_another_folder_says_nothing(tmp_path: Path) -> None:
    folder = collection(tmp_path)
    moved = tmp_path / "models" / "three"
    shutil.copytree(folder, moved)
    assert vetted(moved, tmp_path / "home").integrity.vouchers == ()


def test_study_and_manifest_that_disagree_on_the_licence_leave_doubt(tmp_path: Path) -> None:
    seen = vetted(collection(tmp_path), tmp_path / "home", license="GPL-3.0")
    assert seen.licences.decision.outcome is Outcome.REVIEW


def test_another_revision_than_the_studys_fails(tmp_path: Path) -> None:
    (voucher,) = vetted(
        collection(tmp_path), tmp_path / "home", source="acme/zoo", revision="1" * 40
    ).integrity.vouchers
    assert voucher.state == "fails"


@pytest.mark.parametrize("plain", [{}, {"source": 3, "publisher": [], "license": "\ud800"}, {"source": {"repo": {}}}])
def test_odd_facts_are_none(plain: dict[str, Any]) -> None:
    stated = read(plain)
    assert (stated.source, stated.publisher, stated.license) == (None, None, None)


@pytest.mark.parametrize(
    "text", ["[]", "{", '{"entries": 3}', '{"entries": [1, {"dir": 2}, {"dir": "\\u0000", "files": []}]}']
)
def test_a_broken_collection_manifest_vouches_for_nothing(tmp_path: Path, text: str) -> None:
    folder = collection(tmp_path)
    (tmp_path / "manifest.json").write_text(text)
    assert vetted(folder, tmp_path / "home").integrity.vouchers == ()
