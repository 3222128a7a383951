from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.checks.supply.papers_desk import asked
from tests.report import hostile_runs, told_runs
from tests.supply.small_models import CARD, COMMIT, known_text, vetted, write_model
from touchstone.checks.supply.documentation import Documentation
from touchstone.checks.supply.integrity import Integrity
from touchstone.checks.supply.license import License
from touchstone.checks.supply.provenance import Provenance
from touchstone.core.evidence import Evidence
from touchstone.core.finding import Verdict
from touchstone.report import bom

VERSIONS = ("1.6", "1.7")
pytest.importorskip("cyclonedx", reason="the validator of CycloneDX comes with the test extra")


def faults(text: str, version: str) -> list[str]:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    found = JsonStrictValidator(SchemaVersion.from_version(version)).validate_str(text)
    return [] if found is None else [str(found)[:2000]]


def vetting(folder: Path, **facts: str) -> tuple[dict[str, Any], dict[str, Any]]:
    seen = vetted(folder, folder.parent / "home", **facts)
    findings = [f for check in (Integrity(), Provenance(), License(), Documentation()) for f in asked(check, [seen])]
    evidence = Evidence("m", "sha256:0", Verdict.HOLD, (), tuple(findings))
    return json.loads(evidence.as_json()), {"name": "m", "base_models": [{"path": seen.written}]}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "run", [told_runs.ship, told_runs.hold, told_runs.reject, hostile_runs.hostile], ids=lambda run: run.__name__
)
def test_every_run_gives_a_valid_document(run: Any, version: Any) -> None:
    told = run()
    assert faults(bom.render(told.evidence, told.study, version=version), version) == []


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("license", ["Apache-2.0", "MIT OR Apache-2.0", "llama3.1", "nobody knows", "CC BY 4.0", None])
def test_vetting_gives_a_valid_document(tmp_path: Path, license: str | None, version: Any) -> None:
    folder = write_model(tmp_path / "m", card=CARD if license is None else "# x\n\nbase")
    evidence, study = vetting(folder, **({"license": license} if license else {}))
    assert faults(bom.render(evidence, study, version=version, timestamp="2026-11-21T04:00:00Z"), version) == []


def test_the_validator_would_see_a_fault() -> None:
    told = told_runs.ship()
    broken = bom.bom(told.evidence, told.study)
    broken["components"][0]["invented"] = 1
    assert faults(json.dumps(broken), "1.6")


def test_a_base_is_told_with_files_licence_source_and_card(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m", card=CARD, license=known_text("Apache-2.0"))
    evidence, study = vetting(folder, source="https://github.com/acme/tools", revision=COMMIT, publisher="acme")
    (base,) = bom.bom(evidence, study)["components"]
    assert base["version"] == COMMIT
    assert base["publisher"] == "acme"
    assert base["licenses"] == [{"license": {"id": "Apache-2.0", "acknowledgement": "concluded"}}]
    assert base["externalReferences"] == [{"type": "distribution", "url": "https://github.com/acme/tools"}]
    assert {file["name"] for file in base["components"]} == {"LICENSE", "README.md", "config.json", "model.safetensors"}
    assert "dark" in base["modelCard"]["considerations"]["technicalLimitations"][0]


def test_what_is_not_known_is_absent_and_named_as_a_gap(tmp_path: Path) -> None:
    evidence, study = vetting(write_model(tmp_path / "m"))
    made = bom.bom(evidence, study)
    assert "licenses" not in made["components"][0]
    assert "timestamp" not in made["metadata"]
    gaps = [one["value"] for one in made["metadata"]["properties"] if one["name"] == "touchstone:gap"]
    assert any(gap.startswith("licence of") for gap in gaps)
    assert any(gap.startswith("training data of") for gap in gaps)


def test_a_hub_model_has_a_package_url() -> None:
    name = f"acme/tools@{COMMIT}"
    made = bom.bom({"findings": []}, {"base_models": [name]})
    assert made["components"][0]["purl"] == f"pkg:huggingface/acme/tools@{COMMIT}"


def test_the_digests_that_the_lock_file_pins_are_told() -> None:
    made = bom.bom(
        told_runs.ship().evidence, told_runs.ship().study, {"data": "sha256:d", "test": None, "model": "sha256:m"}
    )
    told = {one["name"]: one["value"] for one in made["metadata"]["properties"]}
    assert (told["touchstone:data-digest"], told["touchstone:model-digest"]) == ("sha256:d", "sha256:m")
    assert "touchstone:test-digest" not in told


def test_equal_inputs_give_equal_bytes() -> None:
    assert bom.render(told_runs.ship().evidence, told_runs.ship().study) == bom.render(
        told_runs.ship().evidence, told_runs.ship().study
    )


@pytest.mark.parametrize(("stated", "license"), [
    ("CC0-1.0", {"id": "CC0-1.0"}), ("cc-by-4.0", {"id": "CC-BY-4.0"}), ("CDLA-permissive-2.0", {"id": "CDLA-Permissive-2.0"}),
    ("odbl-1.0", {"id": "ODbL-1.0"}), ("gpl-3.0-ONLY", {"id": "GPL-3.0-only"}), ("ours alone", {"name": "ours alone"}),
])  # fmt: skip
def test_a_licence_of_the_data_that_spdx_knows_is_an_id(stated: str, license: dict[str, str]) -> None:
    told = told_runs.ship()
    told.study["data"] |= {"license": stated, "test": "data/test"}
    made = bom.bom(told.evidence, told.study)
    parts = {part["name"]: part for part in made["components"] if part["type"] == "data"}
    assert list(parts) == ["training data", "test data", "shift set evening"]
    assert parts["training data"]["licenses"] == [{"license": license | {"acknowledgement": "declared"}}]
    assert parts["test data"]["licenses"] == parts["training data"]["licenses"]
    assert "licenses" not in parts["shift set evening"]
    assert faults(json.dumps(made), "1.6") == []


def test_what_will_not_ship_is_no_limit_of_the_result() -> None:
    told = told_runs.ship()
    aside = told_runs.finding(
        "compare.majority", "hot@b", "fail", "learnt nothing", severity="info", for_information="x"
    )
    told.evidence["findings"].append(aside)
    assert "learnt nothing" not in json.dumps(bom.bom(told.evidence, told.study)["metadata"]["component"])
