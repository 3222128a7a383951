"""Choosing how to run a network: fast, but never other features."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.nn.tiny import IMAGE_FAMILIES, TEXT_FAMILIES, pictures, sentences, shared
from touchstone.core.progress import Silent
from touchstone.nn import engine_choice
from touchstone.nn.engine import Engine, fuse_normalisation, make_engine
from touchstone.nn.engine_choice import LEAST_COSINE, open_engine, recorded
from touchstone.nn.families import IMAGE, original
from touchstone.nn.feature_graph import FeatureGraph
from touchstone.nn.onnx_graph import NotExportable, session
from touchstone.nn.preprocess import Batch, preprocessor

QUIET: Any = Silent()


def _graph(family: str, n: int = 6) -> tuple[FeatureGraph, Batch]:
    base = shared(family)
    batch = preprocessor(base)(pictures(n) if base.task == IMAGE else sentences(n))
    return FeatureGraph(original(base)[0]), batch


def test_the_choice_is_written_down_and_kept(tmp_path: Path) -> None:
    graph, batch = _graph("mobilenet_v1")
    chosen, record = open_engine(
        graph, batch, architecture="a", weights="w", home=tmp_path, expected=100, progress=QUIET
    )
    assert recorded("a", "w", tmp_path, 100) == record and chosen.name == record.chosen
    assert recorded("a", "w", tmp_path, 100_000) is None and recorded("b", "w", tmp_path, 100) is None
    assert "onnxruntime" in record.left_out
    assert all(record.cosines[name] >= LEAST_COSINE for name in record.cosines if name not in record.left_out)


def test_an_engine_with_other_features_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = make_engine

    def spoiled(name: str, *others: object) -> Engine:
        made = real(name, *others)  # type: ignore[arg-type]
        if name == "eager":
            return made
        return Engine(name, lambda batch: [np.abs(part) + 1 for part in made(batch)])

    monkeypatch.setattr(engine_choice, "make_engine", spoiled)
    graph, batch = _graph("bert")
    chosen, record = open_engine(
        graph, batch, architecture="a", weights="w", home=tmp_path, expected=100, progress=QUIET
    )
    assert chosen.name == "eager" and "differ" in record.left_out["bf16"]


def test_another_base_of_the_architecture_takes_over_the_choice_only_where_it_agrees(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph, batch = _graph("bert")
    shared_path = engine_choice._record_path("a", "", tmp_path, 100)
    shared_path.parent.mkdir(parents=True)
    shared_path.write_text('{"chosen": "bf16", "seconds_per_example": {}, "cosines": {}, "left_out": {}}')
    given: dict[str, Any] = {"architecture": "a", "home": tmp_path, "expected": 100, "progress": QUIET}
    assert open_engine(graph, batch, weights="one", **given)[0].name == "bf16"
    monkeypatch.setattr(engine_choice, "LEAST_COSINE", 1.1)
    chosen, record = open_engine(graph, batch, weights="two", **given)
    assert chosen.name == record.chosen == "eager" and "differ" in record.left_out["bf16"]
    assert open_engine(graph, batch, weights="one", **given)[0].name == "bf16"


@pytest.mark.parametrize("family", ["mobilenet_v1", "mobilenet_v2", "resnet"])
def test_folding_normalisation_changes_nothing(family: str) -> None:
    graph, batch = _graph(family)
    with torch.no_grad():
        before = graph(*batch.values())
        fuse_normalisation(graph)
        after = graph(*batch.values())
    assert not any(isinstance(part, torch.nn.BatchNorm2d) for part in graph.modules())
    assert all(torch.allclose(a, b, rtol=1e-3, atol=1e-4) for a, b in zip(before, after, strict=True))


@pytest.mark.parametrize("family", ["mobilenet_v1", pytest.param("bert", marks=pytest.mark.slow)])
def test_one_export_serves_other_weights_and_other_heads(family: str, tmp_path: Path) -> None:
    graph, batch = _graph(family)
    fuse_normalisation(graph)
    stored = tmp_path / "graph.onnx"
    session(graph, batch, stored, 1)
    assert stored.stat().st_size < 500_000
    written = stored.read_bytes()
    with torch.no_grad():
        for parameter in graph.parameters():
            parameter.mul_(1.1)
        other = {name: tensor[:5] for name, tensor in batch.items()}
        expected = graph(*other.values())
    opened = session(graph, batch, stored, 1)
    found = opened.run(None, {name: tensor.numpy() for name, tensor in other.items()})
    assert stored.read_bytes() == written
    for ours, theirs in zip(found, expected, strict=True):
        assert np.allclose(ours, theirs.numpy(), rtol=1e-3, atol=1e-4)


def test_a_network_that_cannot_be_exported_is_said_so(tmp_path: Path) -> None:
    graph, batch = _graph("vit")
    (tmp_path / "graph.onnx").write_bytes(b"no graph at all")
    with pytest.raises(NotExportable):
        session(graph, batch, tmp_path / "graph.onnx", 1)


@pytest.mark.slow
@pytest.mark.parametrize("family", [*IMAGE_FAMILIES, *TEXT_FAMILIES])
def test_every_family_runs_in_onnx_runtime(family: str, tmp_path: Path) -> None:
    graph, batch = _graph(family)
    fuse_normalisation(graph)
    opened = session(graph, batch, tmp_path / "graph.onnx", 1)
    with torch.no_grad():
        expected = graph(*batch.values())
    found = opened.run(None, {name: tensor.numpy() for name, tensor in batch.items()})
    for ours, theirs in zip(found, expected, strict=True):
        assert np.allclose(ours, theirs.numpy(), rtol=2e-3, atol=1e-3)
