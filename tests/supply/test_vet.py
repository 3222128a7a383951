from __future__ import annotations

from pathlib import Path

import pytest

from tests.checks.supply.papers_desk import asked
from tests.supply.small_models import CARD, COMMIT, OTHER_COMMIT, known_text, vetted, write_model
from touchstone.checks.supply.documentation import Documentation
from touchstone.checks.supply.integrity import Integrity
from touchstone.checks.supply.license import License
from touchstone.checks.supply.provenance import Provenance
from touchstone.core.evidence import Evidence
from touchstone.core.finding import Verdict
from touchstone.study.model import IntendedUse
from touchstone.supply.licences import notice
from touchstone.supply.licences.model import Outcome as Ruled
from touchstone.supply.outcome import Outcome
from touchstone.supply.provenance import Level
from touchstone.supply.vet import documents_of

COMMERCIAL = IntendedUse(use="commercial")


def test_refused_files_are_not_pinned_but_still_held_against_a_pin(tmp_path: Path) -> None:
    folder, home = write_model(tmp_path / "m"), tmp_path / "home"
    assert vetted(folder, home, outcome=Outcome.REFUSE).integrity.pinned is None
    assert vetted(folder, home).integrity.pinned.state == "first use"
    (folder / "config.json").write_text("{}")
    assert vetted(folder, home, outcome=Outcome.REFUSE).integrity.pinned.state == "moved"


def test_levels_rise_with_what_can_be_shown(tmp_path: Path) -> None:
    folder, home = write_model(tmp_path / "m", license=known_text("MIT")), tmp_path / "home"
    assert vetted(folder, home).provenance.level is Level.BYTES
    facts = {"source": "acme/tools", "revision": COMMIT}
    assert vetted(folder, home, **facts).provenance.level is Level.PINNED
    assert vetted(folder, home, **facts).provenance.publisher == "acme"
    (home / "publishers.txt").write_text("# trusted here\nAcme\n")
    assert vetted(folder, home, **facts).provenance.level is Level.PUBLISHER
    moved = vetted(folder, home, source="acme/tools", revision=OTHER_COMMIT)
    assert moved.provenance.level is Level.BYTES
    assert moved.integrity.pinned.of("revision")


def test_the_line_of_ancestors_goes_through_models_vetted_before(tmp_path: Path) -> None:
    home = tmp_path / "home"
    bases = {"great": ("cc-by-nc-4.0", None), "grand": ("mit", "acme/great"), "parent": ("apache-2.0", "acme/grand")}
    for number, (name, (license, base)) in enumerate(bases.items()):
        card = f"---\nlicense: {license}\n" + (f"base_model: {base}\n" if base else "") + "---\n# x"
        vetted(write_model(tmp_path / name, card=card, value=number), home, source=f"acme/{name}", revision=COMMIT)
    child = write_model(tmp_path / "child", card="---\nlicense: mit\nbase_model: acme/parent\n---\n# x", value=9)
    decision = vetted(child, home, COMMERCIAL).licences.decision
    assert decision.outcome is Ruled.DENY
    assert [ruling.component.name for ruling in decision.rulings] == [
        "child",
        "acme/parent",
        "acme/grand",
        "acme/great",
    ]
    assert vetted(child, home).licences.decision.outcome is Ruled.PERMIT


def test_an_ancestor_that_was_never_vetted_needs_review(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m", card="---\nlicense: mit\nbase_model: meta-llama/Llama-3.1-8B\n---\n# x")
    assert vetted(folder, tmp_path / "home").licences.decision.outcome is Ruled.REVIEW


@pytest.mark.parametrize(("use", "outcome"), [("research", Ruled.PERMIT), ("commercial", Ruled.REVIEW)])
def test_training_data_for_research_behind_permissive_weights_are_doubtful_in_commercial_use(
    tmp_path: Path, use: str, outcome: Ruled
) -> None:
    folder = write_model(tmp_path / "m", card="---\nlicense: apache-2.0\ndatasets: [imagenet-1k]\n---\n# x")
    assert vetted(folder, tmp_path / "home", IntendedUse(use=use)).licences.decision.outcome is outcome  # type: ignore[arg-type]


def test_the_studys_data_are_ruled_on_apart(tmp_path: Path) -> None:
    folder, home = write_model(tmp_path / "m", license=known_text("MIT")), tmp_path / "home"
    assert vetted(folder, home).licences.data is None
    assert vetted(folder, home, data_license="").licences.data.outcome is Ruled.REVIEW
    assert vetted(folder, home, COMMERCIAL, data_license="CC BY-NC-SA 4.0").licences.data.outcome is Ruled.REVIEW
    assert vetted(folder, home, COMMERCIAL, data_license="CC BY 4.0").licences.data.outcome is Ruled.DUTIES


def test_the_notice_bundle_holds_texts_and_duties(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m", card=CARD, license=known_text("Apache-2.0"))
    (folder / "NOTICE").write_text("Tools by Acme")
    seen = vetted(folder, tmp_path / "home", IntendedUse(use="redistribution"))
    files = notice.bundle(seen.licences, documents_of(seen), base="m", source="acme/tools")
    assert set(files) == {"NOTICE", "licenses/LICENSE"}
    assert "Tools by Acme" in files["NOTICE"]
    assert "Apache-2.0, section 4(a)" in files["NOTICE"]


def test_where_the_model_has_no_text_the_known_one_is_shipped(tmp_path: Path) -> None:
    seen = vetted(write_model(tmp_path / "m"), tmp_path / "home", IntendedUse(use="redistribution"), license="mit")
    files = notice.bundle(seen.licences, documents_of(seen), base="m", source=None)
    assert files["licenses/MIT.txt"] == known_text("MIT")
    assert seen.licences.gaps


def test_what_was_not_at_hand_stays_unknown(tmp_path: Path) -> None:
    from dataclasses import replace

    from touchstone.study.model import BaseModel
    from touchstone.supply.vet import Request, complete

    seen = vetted(write_model(tmp_path / "m"), tmp_path / "home")
    absent = replace(
        seen, files=None, path=None, manifest=None, integrity=None, licences=None, provenance=None, card=None
    )
    model = BaseModel("a/b", None, "a/b", COMMIT)
    assert complete(absent, Request(model, IntendedUse(), tmp_path / "home")).integrity is None


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("README.md", b'---\nlicense: "\\ud800"\nbase_model: ["\\udfff", 1, null, {a: b}]\n---\n'),
        ("README.md", b"\xff\xfe\x00"),
        ("LICENSE", b"\x00" * 1000),
        ("config.json", b"[" * 100_000),
        ("config.json", b'{"architectures": ["\\ud800"], "model_type": 1}'),
        ("manifest.json", b'{"files": [{"name": "\\ud800", "size": 1, "sha256": ""}]}'),
        ("manifest.json", b'{"files": [{"name": "x", "size": 1, "sha256": ""}], "source": "\\ud800", "commit": 3}'),
        ("SHA256SUMS", b"\xff" * 64 + b"  a"),
        ("model.sig", b'{"mediaType": "\\ud800", "dsseEnvelope": {}}'),
        ("model.sig", b"\xff"),
    ],
)
def test_bad_papers_are_findings_that_can_be_written_down(tmp_path: Path, name: str, data: bytes) -> None:
    folder = write_model(tmp_path / "m", card=CARD)
    (folder / name).write_bytes(data)
    seen = vetted(folder, tmp_path / "home")
    findings = tuple(
        finding for check in (Integrity(), Provenance(), License(), Documentation()) for finding in asked(check, [seen])
    )
    Evidence("m", "sha256:0", Verdict.HOLD, (), findings).as_json().encode()
