from __future__ import annotations

from pathlib import Path

import pytest

from tests.checks.supply.papers_desk import NOWHERE, asked, one
from tests.supply.small_models import known_text, vetted, write_model
from touchstone.checks.supply.license import License
from touchstone.core.finding import Finding, Severity, Status
from touchstone.study.model import IntendedUse, Organisation

USES = ("research", "internal", "commercial", "redistribution")


def found(folder: Path, use: IntendedUse, **facts: str) -> Finding:
    return one(License(), vetted(folder, folder.parent / "home", use, **facts), use.use)


def of(folder: Path, use: str, license: str | None) -> Finding:
    return found(write_model(folder), IntendedUse(use=use), **({"license": license} if license else {}))  # type: ignore[arg-type]


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("license", [None, "other", "see paper", "llama", "Apache-2.0 (stated from general knowledge)"])
def test_unknown_terms_are_inconclusive_in_every_use(tmp_path: Path, use: str, license: str | None) -> None:
    finding = of(tmp_path / "m", use, license)
    assert (finding.status, finding.severity) == (Status.INCONCLUSIVE, Severity.BLOCKER)
    assert "legal" in str(finding.remedy)


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("license", ["Apache-2.0", "mit", "BSD-2-Clause"])
def test_permissive_terms_pass_with_what_they_ask_for(tmp_path: Path, use: str, license: str) -> None:
    finding = of(tmp_path / "m", use, license)
    assert finding.status is Status.PASS
    if use == "redistribution":
        assert finding.details["obligations"]
        assert "LICENSE" in str(finding.remedy)


def test_trips_on_terms_that_forbid_the_use_and_names_clause_and_section(tmp_path: Path) -> None:
    finding = of(tmp_path / "m", "commercial", "CC-BY-NC-4.0")
    assert (finding.status, finding.severity) == (Status.FAIL, Severity.BLOCKER)
    assert "section 1(i)" in finding.statement
    assert of(tmp_path / "n", "research", "CC-BY-NC-4.0").status is Status.PASS


@pytest.mark.parametrize("license", ["creativeml-openrail-m", "openrail", "llama3.1", "gemma"])
@pytest.mark.parametrize(
    ("use", "status"),
    [
        ("research", Status.PASS),
        ("internal", Status.PASS),
        ("commercial", Status.INCONCLUSIVE),
        ("redistribution", Status.INCONCLUSIVE),
    ],
)
def test_use_restricted_terms_wait_beyond_the_house(tmp_path: Path, license: str, use: str, status: Status) -> None:
    finding = of(tmp_path / "m", use, license)
    assert finding.status is status
    if status is Status.PASS:
        assert finding.details["obligations"]


@pytest.mark.parametrize("license", ["creativeml-openrail-m", "llama3.1", "gemma"])
@pytest.mark.parametrize(
    ("fields", "status"), [((), Status.PASS), (("retail",), Status.PASS), (("medical",), Status.FAIL)]
)
def test_fields_and_organisation_settle_them(
    tmp_path: Path, license: str, fields: tuple[str, ...], status: Status
) -> None:
    use = IntendedUse(use="commercial", delivery="saas", organisation=Organisation("DE", 20_000), fields=fields)
    assert found(write_model(tmp_path / "m"), use, license=license).status is status


def test_sources_that_disagree_are_inconclusive(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m", license=known_text("MIT"))
    finding = found(folder, IntendedUse(use="commercial"), license="Apache-2.0")
    assert finding.status is Status.INCONCLUSIVE
    assert "LICENSE says MIT, the study says Apache-2.0" in finding.statement


def test_terms_that_changed_with_the_model_are_inconclusive_until_trusted(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m", license=known_text("Apache-2.0"))
    assert found(folder, IntendedUse()).status is Status.PASS
    (folder / "LICENSE").write_text(known_text("MIT"))
    finding = found(folder, IntendedUse())
    assert finding.status is Status.INCONCLUSIVE
    assert "was Apache-2.0 and is now MIT" in finding.statement


@pytest.mark.parametrize(
    ("use", "license", "status", "severity"),
    [
        ("research", "CC BY-NC-SA 4.0", Status.PASS, Severity.BLOCKER),
        ("commercial", "CC BY-NC-SA 4.0", Status.INCONCLUSIVE, Severity.BLOCKER),
        ("commercial", "CC-BY-4.0", Status.PASS, Severity.BLOCKER),
        ("research", "", Status.INCONCLUSIVE, Severity.MINOR),
        ("commercial", "", Status.INCONCLUSIVE, Severity.BLOCKER),
        ("research", "NO EXPLICIT LICENCE", Status.INCONCLUSIVE, Severity.BLOCKER),
    ],
)
def test_the_studys_data_have_a_finding_of_their_own(
    tmp_path: Path, use: str, license: str, status: Status, severity: Severity
) -> None:
    folders = [write_model(tmp_path / name) for name in ("a", "b")]
    intended = IntendedUse(use=use)  # type: ignore[arg-type]
    seen = [vetted(folder, tmp_path / "home", intended, data_license=license, license="mit") for folder in folders]
    findings = asked(License(), seen, use)
    assert [finding.subject for finding in findings] == ["a", "b", "data"]
    assert (findings[-1].status, findings[-1].severity) == (status, severity)


def test_says_when_nothing_was_there() -> None:
    assert one(License(), NOWHERE).status is Status.INCONCLUSIVE
