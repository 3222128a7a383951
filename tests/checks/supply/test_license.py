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


LIMITED = "---\nlicense: {}\n---\n# Birds\n\nSorts birds.\n\nNote: not for commercial use; research only.\n"


@pytest.mark.parametrize(
    "says", ["Note: not for commercial use; research only", "Commercial use is strictly prohibited", "For research purposes only",
             "It may only be used for non-commercial research", "The weights come under CC BY-NC 4.0",
             "For commercial use, please contact us"],
)  # fmt: skip
def test_trips_on_a_card_whose_sentences_contradict_the_licence_it_names(tmp_path: Path, says: str) -> None:
    card = f"---\nlicense: mit\n---\n# Birds\n\nSorts birds well. {says}.\n"
    folder = write_model(tmp_path / "m", card=card)
    finding = found(folder, IntendedUse(use="commercial", delivery="saas"))
    assert (finding.status, finding.severity) == (Status.INCONCLUSIVE, Severity.BLOCKER)
    assert f'README.md names mit, but also says: "{says}"' in finding.statement
    assert "which of the two holds" in str(finding.remedy)


def test_such_a_sentence_weighs_beside_a_licence_text_too_and_leaves_research_free(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m", card=LIMITED.format("mit"), license=known_text("MIT"))
    finding = found(folder, IntendedUse(use="redistribution"))
    assert finding.status is Status.INCONCLUSIVE and "LICENSE says MIT, but README.md says" in finding.statement
    assert found(folder, IntendedUse(use="research")).status is Status.PASS


@pytest.mark.parametrize(
    "says", ["Free for research and commercial use.", "The photographs are for non-commercial research only.",
             "Use is not limited to non-commercial purposes.", "We only evaluated it in research settings.",
             "See `LICENSE`.", "```\nnot for commercial use\n```", "Commercial use is allowed.",
             "It was trained on a collection under CC BY-NC 4.0."],
)  # fmt: skip
def test_stays_silent_on_sentences_that_take_nothing_away(tmp_path: Path, says: str) -> None:
    folder = write_model(tmp_path / "m", card=f"---\nlicense: mit\n---\n# Birds\n\n{says}\n")
    assert found(folder, IntendedUse(use="commercial", delivery="saas")).status is Status.PASS


def test_a_licence_that_keeps_commerce_out_agrees_with_such_a_sentence(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m", card=LIMITED.format("cc-by-nc-4.0"))
    finding = found(folder, IntendedUse(use="commercial", delivery="saas"))
    assert finding.status is Status.FAIL and "section 1(i)" in finding.statement


def test_names_both_sides_where_the_licence_text_is_not_known(tmp_path: Path) -> None:
    text = "Creative Commons\n\nThis work is licensed under CC BY-NC 4.0. NonCommercial use only."
    card = "---\nlicense: mit\n---\n# Birds\n\nSorts birds.\n"
    finding = found(write_model(tmp_path / "m", card=card, license=text), IntendedUse(use="commercial"))
    assert finding.status is Status.INCONCLUSIVE
    assert (
        'LICENSE is no licence text that the table knows and says: "This work is licensed under CC BY-NC 4.0"'
        in finding.statement
    )
    assert "the card says mit" in finding.statement and "No licence is known" not in finding.statement


def test_says_once_that_no_licence_is_known_and_what_the_card_says_of_terms(tmp_path: Path) -> None:
    finding = of(tmp_path / "m", "research", None)
    assert finding.statement == "No licence is known, so research use needs legal review."
    card = "# Birds\n\nThis model is licensed under CC BY-NC 4.0.\n"
    finding = found(write_model(tmp_path / "n", card=card), IntendedUse(use="research"))
    assert finding.status is Status.INCONCLUSIVE
    assert 'names no licence, but it says: "This model is licensed under CC BY-NC 4.0"' in finding.statement


def test_an_open_question_is_told_as_one(tmp_path: Path) -> None:
    finding = of(tmp_path / "m", "commercial", "openrail")
    assert (
        "may apply, and the study does not say enough to settle it: the use restrictions forbid certain"
        in finding.statement
    )


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
