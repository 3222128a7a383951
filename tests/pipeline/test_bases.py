"""Vetting before a run: what fails a blocker never reaches loading code, and only the chosen base decides."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline.conftest import draw_shapes, save_base
from tests.supply.opcodes import calling, text
from touchstone.core.progress import Silent
from touchstone.pipeline.ranking import rank
from touchstone.pipeline.run import run
from touchstone.study.parse import parse

STUDY = """\
touchstone: 1
name: shapes
intended_use: {purpose: tell shapes apart, use: research, owner: tests}
task: image-classification
data: {train: data}
base_models: [%s]
"""
MIT = "license: MIT, source: acme/shapes, revision: 104342d2d3480b3e66203073dac24f4e2dbb4c41"
GOOD, BAD = "bases/good", "bases/bad"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("vetted-study")
    draw_shapes(root / "data", 20)
    save_base(root / GOOD, 1)
    return root


@pytest.fixture
def place(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A study's folder with a good base and a copy of it to be spoiled."""
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "home"))
    shutil.copytree(made, tmp_path / "study")
    shutil.copytree(made / GOOD, tmp_path / "study" / BAD)
    return tmp_path / "study"


def study(place: Path, *bases: str) -> Any:
    listed = ", ".join(f"{{path: {base}, {MIT}}}" for base in bases)
    (place / "study.yaml").write_text(STUDY % listed)
    return parse(place / "study.yaml")


def of(result: Any, check: str) -> dict[str, Any]:
    return {f["subject"]: f for f in result.evidence["findings"] if f["check"] == check}


def poison(place: Path) -> Path:
    """A pickle that would write a file where it is opened."""
    marker = place / "marker"
    command = calling("os", "system", text(f"touch {marker}"))
    (place / BAD / "pytorch_model.bin").write_bytes(command)
    return marker


def test_a_study_whose_only_base_is_hostile_is_rejected_before_anything_is_opened(place: Path) -> None:
    marker = poison(place)
    result = run(study(place, BAD), out=place / "out")
    assert (result.evidence["verdict"], result.evidence["reasons"]) == ("reject", ["supply.files"])
    finding = of(result, "supply.files")[BAD]
    assert (finding["status"], finding["severity"]) == ("fail", "blocker")
    assert (finding["details"]["kind"], finding["details"]["file"]) == ("hostile", "pytorch_model.bin")
    assert not marker.exists()
    assert not (place.parent / "home" / "vetted").exists()
    assert (result.evidence["bases"], result.evidence["chosen"]) == ([], None)
    assert (place / "out" / "report.html").is_file()


def test_beside_a_good_base_a_hostile_one_is_dropped_and_does_not_decide(place: Path) -> None:
    poison(place)
    result = rank(study(place, GOOD, BAD))
    assert [base["base"] for base in result.evidence["bases"]] == [GOOD]
    finding = of(result, "supply.files")[BAD]
    assert (finding["status"], finding["severity"]) == ("fail", "minor")
    assert finding["details"]["severity_unmended"] == "blocker"
    assert "supply.files" not in result.evidence["reasons"]
    assert of(result, "supply.license")[GOOD]["status"] == "pass"


def test_a_base_that_changed_since_first_use_is_dropped(place: Path) -> None:
    rank(study(place, GOOD, BAD))
    config = place / BAD / "config.json"
    config.write_text(config.read_text().replace("\n", "\n\n", 1))
    result = rank(study(place, GOOD, BAD))
    assert [base["base"] for base in result.evidence["bases"]] == [GOOD]
    assert of(result, "supply.integrity")[BAD]["status"] == "fail"


class Heard(Silent):
    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, line: str) -> None:
        self.said.append(line)


def test_a_base_without_weights_is_refused_under_the_name_it_has_in_the_study(place: Path) -> None:
    (place / BAD / "model.safetensors").unlink()
    heard = Heard()
    rank(study(place, GOOD, BAD), progress=heard)
    (refused,) = [line for line in heard.said if line.startswith("refused")]
    assert refused.startswith(f"refused: {BAD}: no model.safetensors")


def test_weights_in_a_pickle_are_converted_and_serve(place: Path) -> None:
    import torch
    from safetensors.torch import load_file

    weights = place / BAD / "model.safetensors"
    torch.save(load_file(weights), place / BAD / "pytorch_model.bin")
    weights.unlink()
    result = rank(study(place, BAD))
    assert [base["base"] for base in result.evidence["bases"]] == [BAD]
    assert of(result, "supply.files")[BAD]["status"] == "pass"


def test_a_licence_that_forbids_the_use_stops_the_only_base(place: Path) -> None:
    (place / GOOD / "LICENSE").write_text("SPDX-License-Identifier: CC-BY-NC-4.0\n")
    path = place / "study.yaml"
    study(place, GOOD)
    path.write_text(path.read_text().replace("use: research", "use: commercial").replace("license: MIT, ", ""))
    result = rank(parse(path))
    assert (result.evidence["verdict"], result.evidence["reasons"][0]) == ("reject", "supply.license")
    assert result.evidence["bases"] == []


def test_a_hostile_adapted_model_is_not_opened_by_assess(place: Path) -> None:
    from touchstone.pipeline.assess import assess

    marker = poison(place)
    study(place, GOOD)
    path = place / "study.yaml"
    path.write_text(path.read_text() + f"adapted: {{path: {BAD}, base: {GOOD}}}\n")
    result = assess(parse(path), out=place / "out")
    assert (result.evidence["verdict"], result.evidence["reasons"]) == ("reject", ["supply.files"])
    assert of(result, "supply.files")[BAD]["status"] == "fail"
    assert of(result, "supply.files")[GOOD]["status"] == "pass"
    assert set(of(result, "supply.license")) == {GOOD, "data"}
    assert not marker.exists()


def test_a_finished_run_lists_its_materials(place: Path) -> None:
    import json

    poison(place)
    run(study(place, BAD), out=place / "out")
    assert json.loads((place / "out" / "bom.json").read_text())["bomFormat"] == "CycloneDX"
