"""What is given away: a folder that transformers alone loads, with the same predictions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.nn.tiny import IMAGE_FAMILIES, TEXT_FAMILIES, examples, shared
from touchstone.core.errors import ReloadError
from touchstone.nn.base_model import Base
from touchstone.nn.export import compare, export, reload_proof
from touchstone.nn.families import classifier, head
from touchstone.nn.predictor import Predictor
from touchstone.nn.preprocess import preprocessor

CLASSES = ("red <b>", "green", "grün")


def _trained(base: Base) -> torch.nn.Module:
    model = classifier(base, CLASSES, seed=5)
    with torch.random.fork_rng():
        torch.manual_seed(5)
        torch.nn.init.normal_(head(model).weight, std=0.3)
    return model


def _expected(base: Base, model: Any, n: int) -> np.ndarray[Any, Any]:
    batch = preprocessor(base)(list(examples(base.task, n).inputs))  # type: ignore[call-overload]
    with torch.no_grad():
        rows: np.ndarray[Any, Any] = model(**batch).logits.double().softmax(-1).numpy()
    return rows


@pytest.mark.parametrize("family", [*IMAGE_FAMILIES, *TEXT_FAMILIES])
def test_the_exported_folder_predicts_as_the_model_did(family: str, tmp_path: Path) -> None:
    base = shared(family)
    model = _trained(base)
    export(model, base, tmp_path / "model", CLASSES)
    predictor = Predictor.load(tmp_path / "model")
    assert predictor.classes == CLASSES and predictor.task == base.task
    found = predictor.probabilities(list(examples(base.task, 6).inputs))  # type: ignore[call-overload]
    assert np.abs(found - _expected(base, model, 6)).max() < 1e-3
    assert np.allclose(found.sum(1), 1, atol=1e-6)


@pytest.mark.parametrize("family", [pytest.param("mobilenet_v2", marks=pytest.mark.slow), "mpnet"])
def test_the_reload_proof_passes_on_a_true_export(family: str, tmp_path: Path) -> None:
    base = shared(family)
    model = _trained(base)
    export(model, base, tmp_path / "model", CLASSES)
    expected = _expected(base, model, 8)
    assert reload_proof(tmp_path / "model", examples(base.task, 8), expected, base.task) < 1e-3


def test_a_probability_that_moved_or_a_class_that_is_lacking_is_no_proof() -> None:
    rows = np.array([[0.7, 0.2, 0.1], [0.1, 0.5, 0.4]])
    assert compare(Path("model"), rows + 1e-5, rows) < 1e-4
    with pytest.raises(ReloadError, match=r"differs by 0\.3"):
        compare(Path("model"), rows + np.array([[0.3, -0.3, 0.0], [0, 0, 0]]), rows)
    with pytest.raises(ReloadError, match=r"2 of 2 clear predictions"):
        compare(Path("model"), rows[:, [1, 0, 2]], rows)
    with pytest.raises(ReloadError, match="2 classes"):
        compare(Path("model"), rows[:, :2], rows)
    with pytest.raises(ReloadError):
        compare(Path("model"), rows * np.nan, rows)


@pytest.mark.slow
def test_the_reload_proof_fails_where_the_folder_does_not_load(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    with pytest.raises(ReloadError, match="cannot load it"):
        reload_proof(tmp_path / "model", examples("text-classification", 2), np.ones((2, 3)) / 3, "text-classification")


def test_the_folder_holds_safetensors_labels_and_preparation_but_no_path_of_this_machine(tmp_path: Path) -> None:
    base = shared("bert")
    export(_trained(base), base, tmp_path / "model", CLASSES)
    names = {path.name for path in (tmp_path / "model").iterdir()}
    assert {"model.safetensors", "config.json", "tokenizer.json"} <= names
    assert not any(name.endswith((".bin", ".pt")) for name in names)
    config = json.loads((tmp_path / "model" / "config.json").read_text())
    assert config["id2label"] == {"0": "red <b>", "1": "green", "2": "grün"} and config["label2id"]["grün"] == 2
    assert str(base.path) not in (tmp_path / "model" / "config.json").read_text()
    assert json.loads((tmp_path / "model" / "tokenizer_config.json").read_text())["model_max_length"] == base.max_length


def test_a_second_export_replaces_the_first(tmp_path: Path) -> None:
    base = shared("vit")
    export(_trained(base), base, tmp_path / "model", CLASSES)
    (tmp_path / "model" / "stale.txt").write_text("old")
    export(_trained(base), base, tmp_path / "model", CLASSES)
    assert not (tmp_path / "model" / "stale.txt").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
