from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

from tests.supply.small_models import CARD, write_model
from touchstone.supply import documents
from touchstone.supply import manifest as manifests
from touchstone.supply.manifest import Entry, Manifest


def test_papers_are_found_by_name(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m", card=CARD, license="text")
    (folder / "licenses").mkdir()
    (folder / "licenses" / "LICENSE-MIT.txt").write_text("mit")
    (folder / "NOTICE").write_text("Acme")
    (folder / "license.py").write_text("import os")
    found = documents.read(folder, manifests.read(folder))
    assert set(found.licences) == {"LICENSE", "licenses/LICENSE-MIT.txt"}
    assert found.notice == "Acme"
    assert found.card == ("README.md", CARD)
    assert "license.py" not in found.texts


def test_what_changed_since_it_was_hashed_is_not_read(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m", card=CARD)
    seen = manifests.read(folder)
    (folder / "README.md").write_text("swapped")
    assert documents.read(folder, seen).card is None


def test_a_card_that_is_a_link_is_read_as_what_was_vetted_under_its_name(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m")
    (folder / "CARD.md").write_text(CARD)
    (folder / "README.md").symlink_to("CARD.md")
    vetted = Manifest.of([Entry("README.md", len(CARD), hashlib.sha256(CARD.encode()).hexdigest())])
    assert documents.read(folder, vetted).card == ("README.md", CARD)
    (folder / "README.md").unlink()
    (folder / "README.md").symlink_to("config.json")
    assert documents.read(folder, vetted).card is None


def test_links_huge_files_and_bytes_that_are_no_text_are_not_read(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m")
    (tmp_path / "secret").write_text("secret")
    (folder / "LICENSE").symlink_to(tmp_path / "secret")
    (folder / "README.md").write_text("x" * (documents.MAXIMUM_BYTES + 1))
    (folder / "NOTICE").write_bytes(b"\xff\xfe\x00")
    assert set(documents.read(folder, manifests.read(folder)).texts) == {"config.json"}


def test_papers_in_a_zip_are_read_under_its_one_top_folder(tmp_path: Path) -> None:
    path = tmp_path / "m.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tools/README.md", CARD)
        archive.writestr("tools/LICENSE", "MIT")
    entries = [Entry(f"m.zip/tools/{name}", len(data), hashlib.sha256(data).hexdigest())
               for name, data in (("README.md", CARD.encode()), ("LICENSE", b"swapped"))]  # fmt: skip
    found = documents.read(path, Manifest.of([*entries, *manifests.read(path).files]))
    assert found.card == ("README.md", CARD)
    assert found.licences == {}
    path.write_bytes(b"PK\x03\x04 no zip")
    assert documents.read(path, Manifest.of(entries)).texts == {}
