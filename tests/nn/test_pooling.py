"""Text models pool by the mean, in memory and written out as layers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from torch.nn import functional as F

from tests.nn.tiny import TEXT_FAMILIES, sentences, shared, write_base
from touchstone.nn.base_model import Base, open_base
from touchstone.nn.families import TEXT, backbone, classifier, head
from touchstone.nn.feature_graph import FeatureGraph
from touchstone.nn.folding import folded
from touchstone.nn.preprocess import preprocessor

CLASSES = ("red", "green", "blue")


def _last_tokens(base: Base, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    import transformers

    model = transformers.AutoModel.from_pretrained(base.path).eval()
    hidden: torch.Tensor = model(**batch).last_hidden_state
    return hidden


@pytest.mark.parametrize("family", [name for name in TEXT_FAMILIES if name != "mpnet"])
def test_penultimate_is_the_normalised_mean_of_the_tokens_that_are_no_padding(family: str) -> None:
    base = shared(family)
    batch = preprocessor(base)(sentences(6))
    with torch.no_grad():
        penultimate = FeatureGraph(classifier(base, CLASSES))(batch["input_ids"], batch["attention_mask"])[-1]
        hidden = _last_tokens(base, batch)
    kept = batch["attention_mask"].unsqueeze(-1)
    mean = (hidden * kept).sum(1) / kept.sum(1)
    assert (penultimate - F.layer_norm(mean, mean.shape[-1:], eps=1e-12)).abs().max() < 1e-3


def test_mpnet_weighs_tokens_by_place_but_never_looks_at_padding() -> None:
    base = shared("mpnet")
    model = FeatureGraph(classifier(base, CLASSES))
    prepare = preprocessor(base)
    short, long = sentences(1)[0], " ".join(["cat"] * 20)
    alone, beside = prepare([short]), prepare([short, long])
    with torch.no_grad():
        first = model(alone["input_ids"], alone["attention_mask"])[-1][0]
        second = model(beside["input_ids"], beside["attention_mask"])[-1][0]
    assert (first - second).abs().max() < 1e-4


@pytest.mark.parametrize("pooling", ["mean", "cls"])
@pytest.mark.parametrize("family", TEXT_FAMILIES)
def test_the_written_out_model_gives_the_same_probabilities(family: str, pooling: str, tmp_path: Path) -> None:
    folder = write_base(tmp_path / family, family)
    if pooling == "cls":
        (folder / "1_Pooling").mkdir()
        (folder / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode_cls_token": True}))
        modules = [{"type": "x.Transformer", "path": ""}, {"type": "x.Pooling", "path": "1_Pooling"}]
        (folder / "modules.json").write_text(json.dumps(modules))
    base = open_base(folder, family, TEXT)
    assert base.pooling == pooling
    model = classifier(base, CLASSES)
    torch.manual_seed(1)
    torch.nn.init.normal_(head(model).weight, std=0.5)
    batch = preprocessor(base)(sentences(8))
    plain = folded(model)
    with torch.no_grad():
        ours, theirs = (network(**batch).logits.softmax(-1) for network in (model, plain))
    assert (ours - theirs).abs().max() < 1e-3
    assert ours.std(0).max() > 0.001  # the texts are told apart at all


def test_pooling_adds_no_parameters() -> None:
    base = shared("bert")
    model = classifier(base, CLASSES)
    assert all("layer.2" not in name for name, _ in backbone(model).named_parameters())
