"""Whole verbs on a study whose base is a model in timm's layout. All but the first need timm (make test-timm)."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.nn.tiny_timm import needs_timm, write_timm
from tests.pipeline.conftest import STUDY, draw_shapes, save_base
from touchstone.cli.main import main
from touchstone.core.errors import ModelExtraError
from touchstone.nn.predictor import Predictor
from touchstone.pipeline.assess import assess
from touchstone.pipeline.ranking import rank
from touchstone.pipeline.run import run
from touchstone.pipeline.vetting import vet
from touchstone.study.parse import parse

quiet = pytest.mark.filterwarnings("ignore")  # of timm's own modules


def _study(folder: Path, *bases: str) -> Path:
    named = ", ".join(f"bases/{name}" for name in bases)
    (folder / "study.yaml").write_text(STUDY.replace("bases/one, bases/two", named).replace("seeds: 2", "seeds: 1"))
    return folder / "study.yaml"


def test_without_timm_one_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import torch
    from safetensors.torch import save_file

    draw_shapes(tmp_path / "data", 12)
    base = tmp_path / "bases" / "mine"
    base.mkdir(parents=True)
    save_file({"fc.weight": torch.zeros(2, 2)}, base / "model.safetensors")
    config = {"architecture": "resnet18", "num_classes": 2, "pretrained_cfg": {"input_size": [3, 64, 64]}}
    (base / "config.json").write_text(json.dumps(config))
    monkeypatch.setitem(sys.modules, "timm", None)
    study = _study(tmp_path, "mine")
    for verb in ("run", "rank"):
        monkeypatch.setattr(sys, "argv", ["touchstone", verb, str(study), "--out", str(tmp_path / verb)])
        with pytest.raises(SystemExit) as left:
            main()
        said = " ".join(capsys.readouterr().err.split())
        assert left.value.code == 2 and said.count("pip install 'touchstone-ml[timm]'") == 1
    with pytest.raises(ModelExtraError, match=r"touchstone-ml\[timm\]"):
        rank(parse(study))


@needs_timm
@quiet
@pytest.mark.slow
def test_a_study_on_a_timm_base_ends_with_a_verdict_and_what_it_ships_can_be_assessed(tmp_path: Path) -> None:
    draw_shapes(tmp_path / "data", 16)
    write_timm(tmp_path / "bases" / "mine", "resnet10t", side=32)
    study = _study(tmp_path, "mine")
    result = run(parse(study), out=tmp_path / "run")
    assert result.evidence["verdict"] in ("ship", "hold", "reject")
    rungs = {row["candidate"] for row in result.evidence["comparison"]}
    assert {"majority", "non-transfer", "scratch", "linear-probe"} <= rungs
    assert Predictor.load(tmp_path / "run" / "model").classes == ("cross", "disc", "square")
    study.write_text(study.read_text() + "adapted: {path: run/model, base: bases/mine}\n")
    assessed = assess(parse(study), out=tmp_path / "assessed")
    rows = [row for row in assessed.evidence["comparison"] if row["candidate"].startswith("adapted")]
    assert rows and assessed.evidence["verdict"] in ("ship", "hold", "reject")


@needs_timm
@quiet
def test_bases_of_timm_and_of_transformers_are_ranked_together(tmp_path: Path) -> None:
    draw_shapes(tmp_path / "data", 12)
    write_timm(tmp_path / "bases" / "timm", "vit_tiny_patch16_224")
    save_base(tmp_path / "bases" / "plain", 1)
    ranked = rank(parse(_study(tmp_path, "timm", "plain"))).evidence["bases"]
    assert {row["base"] for row in ranked} == {"bases/timm", "bases/plain"}


@needs_timm
@quiet
def test_vetting_takes_its_files_and_names_its_library(tmp_path: Path) -> None:
    write_timm(tmp_path / "base", "resnet10t")
    found = {each["check"]: each for each in vet(str(tmp_path / "base")).evidence["findings"]}
    assert found["supply.files"]["status"] == "pass"
