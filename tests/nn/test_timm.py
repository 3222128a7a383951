"""Models in timm's layout as bases: opened, measured, cut, adapted, given away. Needs timm (make test-timm)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from tests.nn.learnable import QUIET, data, tune
from tests.nn.tiny import examples, pictures
from tests.nn.tiny_timm import ARCHITECTURES, FEW, change, needs_timm, shared_timm, write_timm
from touchstone.core.errors import ModelFilesError
from touchstone.core.recipe import Lora, Recipe
from touchstone.nn import bank
from touchstone.nn.base_model import Base, open_base
from touchstone.nn.export import export, reload_proof
from touchstone.nn.families import (
    IMAGE,
    blocks,
    can_be_slim,
    classifier,
    executed_below,
    head,
    head_parameters,
    original,
    parameter_depths,
)  # fmt: skip
from touchstone.nn.feature_graph import FeatureGraph
from touchstone.nn.onnx_graph import session
from touchstone.nn.predictor import Predictor
from touchstone.nn.preprocess import Batch, preprocessor
from touchstone.nn.split import HIDDEN, SplitModel
from touchstone.nn.train import load_tuned
from touchstone.nn.work import work_of
from touchstone.supply.timm_config import TIMM

pytestmark = [needs_timm, pytest.mark.filterwarnings("ignore")]  # of timm's own modules
CLASSES = ("red <b>", "green", "grün")
EVERY = pytest.mark.parametrize("architecture", ARCHITECTURES)
SOME = pytest.mark.parametrize("architecture", FEW)


def _batch(base: Base, n: int = 3) -> Batch:
    return preprocessor(base)(pictures(n))


@EVERY
def test_it_opens_and_gives_what_timm_gives(architecture: str) -> None:
    import timm

    base = shared_timm(architecture)
    ours, has_head = original(base)
    theirs = timm.create_model(architecture, num_classes=4, **ARCHITECTURES[architecture]).eval()
    theirs.load_state_dict(load_file(base.path / "model.safetensors"))
    batch = _batch(base)
    with torch.no_grad():
        found, expected = ours(**batch).logits, theirs(batch["pixel_values"])
    assert base.family == TIMM and has_head and float(expected.std()) > 0.1
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


@EVERY
def test_blocks_run_in_the_order_in_which_they_are_listed(architecture: str) -> None:
    base = shared_timm(architecture)
    model = classifier(base, CLASSES)
    seen: list[str] = []
    for name, part in blocks(model):
        part.register_forward_hook(lambda part, inputs, output, name=name: seen.append(name))
    with torch.no_grad():
        model(**_batch(base))
    assert tuple(seen) == base.blocks and base.blocks[0] == "stem" and len(base.blocks) > 2


@EVERY
def test_every_parameter_belongs_to_one_block_or_the_head(architecture: str) -> None:
    model = classifier(shared_timm(architecture), CLASSES)
    depths, n_blocks = parameter_depths(model), len(blocks(model))
    assert set(depths.values()) == set(range(n_blocks + 1))
    of_head = {id(parameter) for parameter in head_parameters(model)}
    assert [parameter.shape[0] for parameter in head_parameters(model)] == [3, 3]
    assert {name for name, parameter in model.named_parameters() if id(parameter) in of_head} == {
        name for name, depth in depths.items() if depth == n_blocks
    }
    for index, (_, part) in enumerate(blocks(model)):
        inside = {id(parameter) for parameter in part.parameters()}
        assert all(depths[name] == index for name, parameter in model.named_parameters() if id(parameter) in inside)
    below = {name for name, depth in depths.items() if depth < n_blocks}
    run = executed_below(model, n_blocks)
    assert {f"{path}.{name}" for path, part in run for name, _ in part.named_parameters()} <= below


@EVERY
def test_upper_of_lower_is_the_whole_model_at_every_boundary(architecture: str) -> None:
    base = shared_timm(architecture)
    model, batch = classifier(base, CLASSES), _batch(base)
    nn.init.normal_(head(model).weight)
    with torch.no_grad():
        whole = model(**batch).logits
        other = model(**preprocessor(base)(pictures(3, seed=8))).logits
        assert not torch.allclose(whole, other, rtol=1e-2)
        for boundary in range(1, len(blocks(model)) + 1):
            split = SplitModel(model, boundary, batch)
            parts = split.upper({HIDDEN: split.lower(batch)[0]})
            torch.testing.assert_close(parts, whole, rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(model(**batch).logits, whole, rtol=0, atol=0)


@SOME
def test_the_upper_part_does_not_run_the_lower_blocks(architecture: str) -> None:
    base = shared_timm(architecture)
    model, batch = classifier(base, CLASSES), _batch(base)
    split = SplitModel(model, 2, batch)
    hidden = split.lower(batch)[0]
    with torch.no_grad():
        for _, part in executed_below(model, 2):
            for parameter in part.parameters():
                parameter.fill_(float("nan"))
        assert torch.isfinite(split.upper({HIDDEN: hidden})).all()


@EVERY
def test_one_pass_gives_the_features_of_every_block(architecture: str) -> None:
    base = shared_timm(architecture)
    graph = FeatureGraph(classifier(base, CLASSES))
    with torch.no_grad():
        found = dict(zip(graph.names, graph(_batch(base)["pixel_values"]), strict=True))
    assert tuple(found) == (*base.blocks, "penultimate")
    assert all(value.shape[0] == 3 and value.dim() == 2 and torch.isfinite(value).all() for value in found.values())
    assert found["penultimate"].shape[1] == head(graph.model).in_features


def test_blocks_that_give_channels_last_are_averaged_over_space() -> None:
    base = shared_timm("swin_tiny_patch4_window7_224")
    graph = FeatureGraph(classifier(base, CLASSES))
    with torch.no_grad():
        widths = [value.shape[1] for value in graph(_batch(base)["pixel_values"])]
    assert widths == [16, 16, 16, 32, 32, 32]


def test_features_of_base_and_twin_come_from_the_bank(tmp_path: Path) -> None:
    base = shared_timm("resnet10t")
    some = examples(IMAGE, 12)
    own = bank.features(base, some, home=tmp_path, progress=QUIET)
    twin = bank.features(base, some, home=tmp_path, progress=QUIET, twin=True)
    again = bank.features(base, some, home=tmp_path, progress=QUIET)
    assert own.computed == twin.computed == 12 and again.computed == 0
    assert own.logits is not None and own.logits.shape == (12, 4) and twin.logits is None
    spread = np.asarray(twin.penultimate, np.float64).std(axis=0)
    assert np.isfinite(spread).all() and spread.mean() > 1e-3


@SOME
def test_the_graph_runs_in_onnx_with_the_same_features(architecture: str, tmp_path: Path) -> None:
    base = shared_timm(architecture)
    graph = FeatureGraph(classifier(base, CLASSES)).eval()
    batch = _batch(base)
    opened = session(graph, batch, tmp_path / "graph.onnx", 1)
    with torch.no_grad():
        expected = graph(batch["pixel_values"])
    for ours, theirs in zip(opened.run(None, {"pixel_values": batch["pixel_values"].numpy()}), expected, strict=True):
        assert np.allclose(ours, theirs.numpy(), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe("full", layers="all", learning_rate=1e-2, epochs=6, batch_size=8, user=True),
        Recipe("top", layers=1, learning_rate=1e-2, epochs=6, batch_size=8, user=True),
        Recipe("head", layers="head", learning_rate=1e-2, epochs=6, batch_size=8, user=True),
        Recipe("low-rank", layers="all", learning_rate=1e-2, epochs=6, batch_size=8, lora=Lora(rank=2), user=True),
    ],
    ids=lambda recipe: recipe.name,
)
@SOME
def test_it_is_adapted_and_given_away_and_gives_the_same_predictions(
    architecture: str, recipe: Recipe, tmp_path: Path
) -> None:
    base, given = shared_timm(architecture), data(IMAGE, 32)
    tuned = tune(base, tmp_path, recipe, given)
    losses = tuned.log.validation_losses
    assert losses[-1] < losses[0] and tuned.cached == (recipe.name in ("top", "head"))
    model = load_tuned(base, tuned.folder)
    export(model, base, tmp_path / "model", given.classes)
    predictor = Predictor.load(tmp_path / "model")
    found = predictor.probabilities(list(given.validation.inputs))  # type: ignore[call-overload]
    assert predictor.classes == given.classes
    assert np.abs(found - tuned.validation_probabilities).max() < 2e-3


@SOME
def test_transformers_and_timm_alone_repeat_the_predictions_in_a_fresh_process(
    architecture: str, tmp_path: Path
) -> None:
    base = shared_timm(architecture)
    model = classifier(base, CLASSES, seed=5)
    nn.init.normal_(head(model).weight, std=0.3)
    export(model, base, tmp_path / "model", CLASSES)
    some = examples(IMAGE, 8)
    with torch.no_grad():
        batch = preprocessor(base)(list(some.inputs))  # type: ignore[call-overload]
        expected = model(**batch).logits.double().softmax(-1).numpy()
    assert reload_proof(tmp_path / "model", some, expected, IMAGE) < 1e-3
    config = json.loads((tmp_path / "model" / "config.json").read_text())
    assert config["label_names"] == list(CLASSES) and config["model_type"] == TIMM
    assert str(base.path) not in json.dumps(config)


def test_what_transformers_saved_is_opened_like_what_timm_saved(tmp_path: Path) -> None:
    base = shared_timm("convnext_atto")
    export(classifier(base, CLASSES), base, tmp_path / "wrapped", CLASSES)
    again = open_base(tmp_path / "wrapped", "wrapped", IMAGE)
    assert again.blocks == base.blocks and again.config["model_type"] == TIMM
    assert preprocessor(again).digest == preprocessor(base).digest
    export(classifier(again, ("up", "down")), again, tmp_path / "second", ("up", "down"))
    assert Predictor.load(tmp_path / "second").classes == ("up", "down")


def test_names_of_the_base_s_own_classes_are_not_handed_on(tmp_path: Path) -> None:
    folder = write_timm(tmp_path / "base", "resnet10t", classes=1000)
    named = {"label_names": [f"class {number}" for number in range(1000)], "label_descriptions": {"class 1": "a fish"}}
    change(folder, **named, pretrained_cfg=named)
    base = open_base(folder, "base", IMAGE)
    assert original(base)[1] and head(original(base)[0]).out_features == 1000
    export(classifier(base, CLASSES), base, tmp_path / "model", CLASSES)
    assert Predictor.load(tmp_path / "model").classes == CLASSES
    assert "class 1" not in (tmp_path / "model" / "config.json").read_text()


@EVERY
def test_what_is_trained_from_scratch_is_slim_where_timm_takes_depth_and_width(architecture: str) -> None:
    base = shared_timm(architecture)
    assert can_be_slim(base) == architecture.startswith(("resnet", "vit", "convnext", "swin"))
    if can_be_slim(base):
        full, slim = classifier(base, CLASSES, pretrained=False), classifier(base, CLASSES, slim=True)
        assert sum(p.numel() for p in slim.parameters()) < 0.8 * sum(p.numel() for p in full.parameters())
        with torch.no_grad():
            assert slim(**_batch(base)).logits.shape == (3, 3)


def test_fresh_weights_are_drawn_as_timm_draws_them() -> None:
    fresh, again = (classifier(shared_timm("resnet10t"), CLASSES, pretrained=False, seed=4) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(fresh.parameters(), again.parameters(), strict=True))
    spreads = {name: float(p.std()) for name, p in fresh.named_parameters() if p.dim() == 4}
    assert min(spreads.values()) > 0.04, "transformers' wrapper would draw them all with a spread of 0.02"


def test_habits_of_training_follow_the_network() -> None:
    like = {name: shared_timm(name).trained_like for name in ("resnet10t", "convnext_atto", *FEW[1:])}
    assert like == {"resnet10t": "resnet", "convnext_atto": "convnext", FEW[1]: "vit", FEW[2]: "vit"}
    assert shared_timm("resnet10t").picture_size == (64, 64) and work_of(shared_timm("resnet10t")).macs > 1e5


def _refusal(folder: Path) -> str:
    with pytest.raises(ModelFilesError) as caught:
        open_base(folder, "mine", IMAGE)
    said = str(caught.value)
    assert said.startswith("mine: ") and "\n" not in said and len(said) < 400
    return said


@pytest.mark.parametrize(
    ("architecture", "said"),
    [
        ("densenet121", "no chain of blocks"),
        ("deit_tiny_distilled_patch16_224", "not one linear layer"),
        ("hrnet_w18_small", "outside of its blocks"),
    ],
)
def test_a_layout_without_a_chain_of_blocks_is_refused_in_one_line(
    architecture: str, said: str, tmp_path: Path
) -> None:
    import timm
    from safetensors.torch import save_file

    save_file({"none": torch.zeros(1)}, tmp_path / "model.safetensors")
    settings = timm.get_pretrained_cfg(architecture).to_dict()
    sizes = {name: settings[name] for name in ("input_size", "mean", "std", "crop_pct", "interpolation")}
    config = {"architecture": architecture, "num_classes": 4, "pretrained_cfg": sizes}
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert said in _refusal(tmp_path)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"architecture": "resnet_of_mine"}, "knows no architecture resnet_of_mine"),
        ({"architecture": "hf-hub:someone/else"}, "no name of an architecture"),
        ({"model_args": {"checkpoint_path": "/etc/weights.pth"}}, "tells timm what to load"),
        ({"model_args": {"img_size": "../x"}}, "no plain value"),
        ({"model_args": {"surprise": 3}}, "not known here"),
        ({"model_args": {"depth": "many"}}, "describes no network"),
        ({"pretrained_cfg": {"input_size": [1, 64, 64]}}, "input_size"),
        ({"pretrained_cfg": {"input_size": [3, 80, 80]}}, "does not run on pictures of 80 x 80"),
        ({"pretrained_cfg": {"crop_mode": "upside-down"}}, "not known here"),
        ({"pretrained_cfg": {"std": [0, 0, 0]}}, "crop_pct or std"),
        ({"pretrained_cfg": {"mean": "grey"}}, "mean"),
        ({"pretrained_cfg": []}, "not supported"),
    ],
)
def test_a_config_that_cannot_be_followed_is_refused_in_one_line(
    more: dict[str, Any], said: str, tmp_path: Path
) -> None:
    change(write_timm(tmp_path / "base", "vit_tiny_patch16_224"), **more)
    assert said in _refusal(tmp_path / "base")


def test_a_model_that_lacks_weights_is_refused_and_one_without_a_head_gets_one(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    weights = load_file(write_timm(tmp_path / "whole", "resnet10t") / "model.safetensors")
    for name, lost in (("headless", "fc."), ("broken", "layer1.")):
        folder = write_timm(tmp_path / name, "resnet10t")
        save_file(
            {key: value for key, value in weights.items() if not key.startswith(lost)}, folder / "model.safetensors"
        )
    change(tmp_path / "headless", num_classes=0)
    headless = open_base(tmp_path / "headless", "headless", IMAGE)
    assert original(headless)[1] is False
    assert head(classifier(headless, CLASSES)).out_features == 3
    with pytest.raises(ModelFilesError, match="weights of its backbone are not in the files"):
        classifier(open_base(tmp_path / "broken", "broken", IMAGE), CLASSES)
