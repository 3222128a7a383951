"""The classification model of a base, for every family."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from tests.nn.tiny import IMAGE_FAMILIES, TEXT_FAMILIES, open_tiny, pictures, sentences, shared
from touchstone.nn.base_model import Base
from touchstone.nn.families import (
    FAMILIES,
    IMAGE,
    backbone,
    blocks,
    classifier,
    executed_below,
    head,
    original,
    parameter_depths,
    set_head,
)  # fmt: skip
from touchstone.nn.preprocess import Batch, preprocessor

FAMILY_NAMES = (*IMAGE_FAMILIES, *TEXT_FAMILIES)
CLASSES = ("red", "green", "blue")


def _batch(base: Base, n: int = 3) -> Batch:
    return preprocessor(base)(pictures(n) if base.task == IMAGE else sentences(n))


@pytest.mark.parametrize("family", FAMILY_NAMES)
def test_every_family_opens_and_classifies_with_a_fresh_seeded_head(family: str) -> None:
    base = shared(family)
    first, again, other = (classifier(base, CLASSES, seed=seed) for seed in (1, 1, 2))
    with torch.no_grad():
        logits = first(**_batch(base)).logits
    assert logits.shape == (3, 3) and torch.isfinite(logits).all()
    assert torch.equal(head(first).weight, head(again).weight)
    assert not torch.equal(head(first).weight, head(other).weight)
    assert base.blocks == tuple(name for name, _ in blocks(first)) and base.blocks[0] == "stem"
    assert base.n_parameters > 0 and FAMILIES[base.family].task == base.task


@pytest.mark.parametrize("family", FAMILY_NAMES)
def test_blocks_run_in_the_order_in_which_they_are_listed(family: str) -> None:
    base = shared(family)
    model = classifier(base, CLASSES)
    seen: list[str] = []
    for name, part in blocks(model):
        part.register_forward_hook(lambda part, inputs, output, name=name: seen.append(name))
    with torch.no_grad():
        model(**_batch(base))
    assert tuple(seen) == base.blocks


@pytest.mark.parametrize("family", FAMILY_NAMES)
def test_every_parameter_belongs_to_one_block_or_the_head(family: str) -> None:
    model = classifier(shared(family), CLASSES)
    depths = parameter_depths(model)
    n_blocks = len(blocks(model))
    assert set(depths) == {name for name, _ in model.named_parameters()}
    assert set(depths.values()) == set(range(n_blocks + 1))
    for index, (_, part) in enumerate(blocks(model)):
        inside = {id(parameter) for parameter in part.parameters()}
        assert all(depths[name] == index for name, parameter in model.named_parameters() if id(parameter) in inside)
    below = {id(parameter) for parameter in backbone(model).parameters()}
    assert all((depths[name] == n_blocks) == (id(p) not in below) for name, p in model.named_parameters())


@pytest.mark.parametrize("family", FAMILY_NAMES)
def test_what_lies_below_a_boundary_includes_the_block_under_it_and_nothing_above(family: str) -> None:
    model = classifier(shared(family), CLASSES)
    depths = parameter_depths(model)
    index = len(blocks(model)) - 1
    parts = dict(executed_below(model, index))
    names = {f"{path}.{name}" for path, part in parts.items() for name, _ in part.named_parameters()}
    assert names == {name for name, depth in depths.items() if depth < index}
    assert all(depths[name] < index for name in names)
    held = [module for part in parts.values() for module in part.modules()]
    assert any(module is blocks(model)[index - 1][1] for module in held)


@pytest.mark.parametrize("family", FAMILY_NAMES)
def test_the_slim_network_is_smaller_untrained_and_of_the_same_family(family: str) -> None:
    base = shared(family)
    full, slim = classifier(base, CLASSES), classifier(base, CLASSES, slim=True, seed=3)
    assert _config(slim).model_type == family
    assert _size(slim) < 0.8 * _size(full)
    with torch.no_grad():
        assert slim(**_batch(base)).logits.shape == (3, 3)


def _config(model: nn.Module) -> Any:
    return model.config


def _size(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


@pytest.mark.parametrize("family", FAMILY_NAMES)
def test_an_untrained_classifier_shares_no_weight_with_the_base(family: str) -> None:
    base = shared(family)
    trained, fresh = classifier(base, CLASSES), classifier(base, CLASSES, pretrained=False, seed=4)
    wide = [
        torch.equal(ours, theirs)
        for ours, theirs in zip(backbone(trained).parameters(), backbone(fresh).parameters(), strict=True)
        if ours.dim() > 1 and ours.abs().sum() > 0
    ]
    assert wide and not any(wide)


def test_absurd_dropout_defaults_and_momentum_are_tamed() -> None:
    model = classifier(shared("mobilenet_v2"), CLASSES)
    rates = [part.p for part in model.modules() if isinstance(part, nn.Dropout)]
    momenta = {part.momentum for part in model.modules() if isinstance(part, nn.BatchNorm2d)}
    assert rates == [0.1] and _config(model).classifier_dropout_prob == 0.1
    assert momenta == {0.1}


def test_a_picture_base_keeps_its_own_head_for_its_logits_and_a_bare_one_has_none(tmp_path: Path) -> None:
    _, with_head = original(open_tiny(tmp_path / "a", "vit"))
    _, without = original(open_tiny(tmp_path / "b", "vit", head=False))
    assert with_head and not without


def test_a_linear_head_can_be_put_in_place() -> None:
    base = shared("distilbert")
    model = classifier(base, CLASSES)
    set_head(model, [[0.0] * 24] * 3, [1.0, 2.0, 3.0])
    with torch.no_grad():
        assert model(**_batch(base)).logits.tolist() == [[1.0, 2.0, 3.0]] * 3


def test_the_class_named_background_stays_a_class_of_the_base_alone(tmp_path: Path) -> None:
    model = classifier(open_tiny(tmp_path, "mobilenet_v1", labels=6), CLASSES)
    assert head(model).out_features == 3
    assert _config(model).id2label == {0: "red", 1: "green", 2: "blue"}
