from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.supply.small_models import CARD, known_text, vetted, write_model
from tests.supply.test_signing import key_file
from touchstone.core.errors import InputError
from touchstone.core.evidence import Chosen, Evidence
from touchstone.core.finding import Verdict
from touchstone.pipeline import vetting
from touchstone.pipeline.outputs import _notices
from touchstone.pipeline.result import Result
from touchstone.pipeline.self_test import self_test
from touchstone.study.model import IntendedUse


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def clean(folder: Path) -> Path:
    return write_model(folder, card=CARD, license=known_text("Apache-2.0"))


def statuses(result: Result) -> dict[str, str]:
    return {finding["check"]: finding["status"] for finding in result.evidence["findings"]}


def test_states_all_of_supply_and_ships_a_clean_model_for_research(tmp_path: Path) -> None:
    result = vetting.vet(str(clean(tmp_path / "m")))
    assert statuses(result) == {
        "supply.files": "pass", "supply.integrity": "pass", "supply.provenance": "inconclusive",
        "supply.license": "pass", "supply.documentation": "pass", "supply.backdoor": "inconclusive",
    }  # fmt: skip
    assert result.evidence["verdict"] == "ship"
    assert [key for key in ("comparison", "bases") if result.evidence[key]] == []


def test_a_flipped_byte_rejects_until_it_is_trusted(tmp_path: Path) -> None:
    folder = clean(tmp_path / "m")
    vetting.vet(str(folder))
    write_model(folder, card=CARD, license=known_text("Apache-2.0"), value=0.25)
    found = vetting.vet(str(folder))
    assert (found.evidence["verdict"], found.evidence["reasons"]) == ("reject", ["supply.integrity"])
    assert vetting.vet(str(folder), trust=True).evidence["verdict"] == "ship"


def test_the_output_folder_holds_everything_and_evidence(tmp_path: Path) -> None:
    result = vetting.vet(str(clean(tmp_path / "m")), use="redistribution", out=tmp_path / "out")
    names = {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert names == {
        "evidence.json",
        "manifest.json",
        "bom.json",
        "findings.sarif",
        "junit.xml",
        "notice/NOTICE",
        "notice/licenses/LICENSE",
    }
    assert json.loads((tmp_path / "out" / "evidence.json").read_text()) == result.evidence


def test_a_written_manifest_vouches_when_put_beside_the_model(tmp_path: Path) -> None:
    folder = clean(tmp_path / "m")
    vetting.vet(str(folder), out=tmp_path / "out")
    (tmp_path / "out" / "manifest.json").rename(folder / "manifest.json")
    assert statuses(vetting.vet(str(folder)))["supply.integrity"] == "pass"
    (folder / "config.json").write_text('{"model_type": "bert"}')
    assert statuses(vetting.vet(str(folder), trust=True))["supply.integrity"] == "fail"


def test_signing_makes_a_signature_that_holds(tmp_path: Path) -> None:
    folder = clean(tmp_path / "m")
    result = vetting.vet(str(folder), sign=key_file(tmp_path))
    (found,) = [f for f in result.evidence["findings"] if f["check"] == "supply.integrity"]
    assert "trusted key" in found["statement"]
    assert (folder / "model.sig").is_file()


def test_what_cannot_be_carried_out_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("mine")
    model = str(clean(tmp_path / "m"))
    for call in (
        lambda: vetting.vet(str(tmp_path / "nowhere")),
        lambda: vetting.vet(model, use="profit"),
        lambda: vetting.vet(model, out=tmp_path / "full"),
    ):
        with pytest.raises(InputError) as caught:
            call()
        assert len(caught.value.faults) == 1


def test_the_self_test_passes_here() -> None:
    trials = self_test()
    assert [trial.name for trial in trials if not trial.passed] == []
    assert len(trials) == 6


def test_a_run_ships_the_notices_of_the_base_that_it_chose(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "base", license=known_text("Apache-2.0"))
    other = write_model(tmp_path / "other", license=known_text("MIT"), value=0.25)
    seen = [vetted(each, tmp_path / "home", IntendedUse(use="redistribution")) for each in (folder, other)]
    run = SimpleNamespace(context=SimpleNamespace(vetted=seen))
    files = _notices(run, _evidence("base"))
    assert set(files) == {"NOTICE", "licenses/LICENSE"}
    assert "Apache License" in files["licenses/LICENSE"] and "adapted from base" in files["NOTICE"]
    assert files["NOTICE"].count("section 4") >= 2, "what is owed, and how to meet it"
    assert _notices(run, _evidence(None)) == {}


def _evidence(base: str | None) -> Evidence:
    return Evidence("s", "sha256:0", Verdict.SHIP, (), (), chosen=Chosen("probe", base, "model/") if base else None)
