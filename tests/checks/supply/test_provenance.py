from __future__ import annotations

from pathlib import Path

import pytest

from tests.checks.supply.papers_desk import NOWHERE, one
from tests.supply.small_models import COMMIT, known_text, vetted, write_model
from tests.supply.test_integrity import sign
from touchstone.checks.supply.provenance import Provenance
from touchstone.core.finding import Severity, Status
from touchstone.study.model import IntendedUse

USES = ("research", "internal", "commercial", "redistribution")


def found(folder: Path, home: Path, use: str = "research", **facts: str):  # type: ignore[no-untyped-def]
    return one(Provenance(), vetted(folder, home, IntendedUse(use=use), **facts), use)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("use", "status"),
    [
        ("research", Status.INCONCLUSIVE),
        ("internal", Status.INCONCLUSIVE),
        ("commercial", Status.FAIL),
        ("redistribution", Status.FAIL),
    ],
)
def test_a_local_folder_that_names_no_source(tmp_path: Path, use: str, status: Status) -> None:
    finding = found(write_model(tmp_path / "m"), tmp_path / "home", use)
    assert (finding.status, finding.severity) == (status, Severity.MAJOR)


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("revision", [None, "main", "v1.0", COMMIT[:12]])
def test_trips_on_a_source_without_a_pinned_revision(tmp_path: Path, use: str, revision: str | None) -> None:
    facts = {"source": "acme/tools"} | ({"revision": revision} if revision else {})
    assert found(write_model(tmp_path / "m"), tmp_path / "home", use, **facts).status is Status.FAIL


@pytest.mark.parametrize("use", USES)
def test_passes_on_a_pinned_source(tmp_path: Path, use: str) -> None:
    finding = found(
        write_model(tmp_path / "m"), tmp_path / "home", use, source="https://github.com/acme/tools", revision=COMMIT
    )
    assert finding.status is Status.PASS
    assert (finding.details["level"], finding.details["publisher"]) == ("T1", "acme")
    assert finding.details["revision_checked"] is False


def test_trips_on_a_changed_publisher(tmp_path: Path) -> None:
    folder, home = write_model(tmp_path / "m"), tmp_path / "home"
    facts = {"source": "acme/tools", "revision": COMMIT}
    assert found(folder, home, publisher="acme", **facts).status is Status.PASS
    finding = found(folder, home, publisher="someone else", **facts)
    assert finding.status is Status.FAIL
    assert "someone else" in finding.statement


def test_a_signature_lifts_the_level(tmp_path: Path) -> None:
    folder, home = write_model(tmp_path / "m", license=known_text("MIT")), tmp_path / "home"
    sign(folder, home)
    assert found(folder, home, "commercial", source="acme/tools", revision=COMMIT).details["level"] == "T3"


def test_says_when_nothing_was_there() -> None:
    assert one(Provenance(), NOWHERE).status is Status.INCONCLUSIVE
