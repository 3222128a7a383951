"""``touchstone vet`` from outside."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.supply.hostile_list import FILES
from tests.supply.opcodes import zipped
from tests.supply.small_models import CARD, known_text, write_model


def vet(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command in a fresh interpreter."""
    command = [sys.executable, "-m", "touchstone", "vet", *arguments]
    environment = os.environ | {"TOUCHSTONE_HOME": str(home)}
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=environment)


def evidence(done: subprocess.CompletedProcess[str]) -> Any:
    return json.loads(done.stdout)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_model(tmp_path / "m", card=CARD, license=known_text("Apache-2.0"))


def test_a_sound_model_ships_with_one_json_object_on_standard_output(model: Path, tmp_path: Path) -> None:
    done = vet(tmp_path / "home", str(model), "--json")
    assert done.returncode == 0
    found = evidence(done)
    assert found["verdict"] == "ship"
    assert {f["check"] for f in found["findings"]} == {
        "supply.files", "supply.integrity", "supply.provenance", "supply.license", "supply.documentation", "supply.backdoor",
    }  # fmt: skip
    assert {f["subject"] for f in found["findings"]} == {str(model)}
    assert (found["comparison"], found["bases"], found["chosen"]) == ([], [], None)


def test_a_hostile_file_rejects_with_status_3(model: Path, tmp_path: Path) -> None:
    FILES[1][2](model)
    done = vet(tmp_path / "home", str(model), "--json")
    assert done.returncode == 3
    assert evidence(done)["reasons"] == ["supply.files"]


def test_a_model_without_papers_is_held_with_status_4(tmp_path: Path) -> None:
    done = vet(tmp_path / "home", str(write_model(tmp_path / "bare")), "--json", "--use", "internal")
    assert done.returncode == 4
    assert evidence(done)["reasons"] == ["supply.license"]


def test_words_go_to_people_and_carry_no_terminal_codes_of_the_models(model: Path, tmp_path: Path) -> None:
    (model / "evil\x1b[31m.py").write_text("x = 1\n")
    done = vet(tmp_path / "home", str(model))
    assert done.returncode == 4
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize("arguments", [["nowhere/at/all"], ["m", "--use", "profit"], []])
def test_what_cannot_be_carried_out_is_status_2(model: Path, tmp_path: Path, arguments: list[str]) -> None:
    done = vet(tmp_path / "home", *(str(model) if part == "m" else part for part in arguments))
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr


def test_a_zip_and_a_single_file_are_vetted_like_a_folder(model: Path, tmp_path: Path) -> None:
    packed = tmp_path / "m.zip"
    packed.write_bytes(zipped({f"m/{path.name}": path.read_bytes() for path in model.iterdir()}, deflated=True))
    found = evidence(vet(tmp_path / "home", str(packed), "--json"))
    states = {f["check"]: f["status"] for f in found["findings"]}
    assert (found["verdict"], states["supply.license"], states["supply.documentation"]) == ("ship", "pass", "pass")
    single = evidence(vet(tmp_path / "home", str(model / "model.safetensors"), "--json"))
    assert {f["check"]: f["status"] for f in single["findings"]}["supply.files"] == "pass"


def test_the_self_test_passes_here(tmp_path: Path) -> None:
    done = vet(tmp_path / "home", "--self-test")
    assert done.returncode == 0, done.stdout
    assert "nothing was executed" in done.stdout
