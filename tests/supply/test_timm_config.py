"""What a configuration in timm's layout may say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from touchstone.study.model import BaseModel
from touchstone.supply.config_keys import unknown_keys, without
from touchstone.supply.rules import Held, Refused, Stopped
from touchstone.supply.timm_config import TIMM, check_timm, model_type
from touchstone.supply.vetting import vet_files

# As timm 1.0 writes them: the first for a repository of the hub, the second beside a model of one's own.
PUBLISHED: dict[str, Any] = {
    "architecture": "resnet18", "num_classes": 1000, "num_features": 512,
    "pretrained_cfg": {
        "tag": "a1_in1k", "custom_load": False, "input_size": [3, 224, 224], "test_input_size": [3, 288, 288], "fixed_input_size": False,
        "interpolation": "bicubic", "crop_pct": 0.95, "test_crop_pct": 1.0, "crop_mode": "center", "mean": [0.485, 0.456, 0.406],
        "std": [0.229, 0.224, 0.225], "num_classes": 1000, "pool_size": [7, 7], "first_conv": "conv1", "classifier": "fc",
        "origin_url": "https://github.com/huggingface/pytorch-image-models", "paper_ids": "arXiv:2110.00476",
    },
}  # fmt: skip
SAVED: dict[str, Any] = {
    "architecture": "vit_tiny_patch16_224", "num_classes": 5, "num_features": 192, "global_pool": "token",
    "label_names": ["a", "b", "c", "d", "e"], "label_descriptions": {"a": "first"},
    "model_args": {"num_classes": 5, "img_size": [64, 64], "depth": 2, "in_chans": 3, "global_pool": "", "act_layer": "gelu_tanh"},
    "pretrained_cfg": {"input_size": [3, 64, 64], "fixed_input_size": True, "license": "apache-2.0"},
}  # fmt: skip


@pytest.mark.parametrize("config", [PUBLISHED, SAVED, {**SAVED, "model_type": TIMM}])
def test_honest_configurations_pass_whole(config: dict[str, Any]) -> None:
    check_timm(config)
    assert model_type(config) == TIMM and unknown_keys(config) == ()


def test_only_timms_layout_is_taken_for_timms() -> None:
    assert model_type({"architecture": "resnet18"}) is None
    assert model_type({"architecture": "resnet18", "pretrained_cfg": []}) is None
    assert model_type({"model_type": "vit", "architecture": "x", "pretrained_cfg": {}}) == "vit"
    assert model_type({"model_type": ["vit"]}) is None


@pytest.mark.parametrize(
    "more",
    [
        {"architecture": "hf-hub:someone/model"},
        {"architecture": "local-dir:/tmp/model"},
        {"architecture": "../resnet18"},
        {"architecture": None},
        {"model_args": {"checkpoint_path": "weights.pth"}},
        {"model_args": {"pretrained": True}},
        {"model_args": {"pretrained_cfg_overlay": {"file": "/tmp/x"}}},
        {"model_args": {"cache_dir": "x"}},
        {"model_args": {"norm_layer": "torch.nn:LayerNorm"}},
        {"model_args": {"act_layer": "os.system"}},
        {"model_args": {"depths": [[1], [2]]}},
        {"model_args": {"img_size": {"a": 1}}},
        {"model_args": ["depth"]},
    ],
)
def test_places_to_load_from_and_values_that_are_not_plain_are_refused(more: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        check_timm({**SAVED, **more})


def test_an_argument_that_nobody_knows_is_held_and_what_is_refused_goes_before() -> None:
    with pytest.raises(Held, match="features_only"):
        check_timm({**SAVED, "model_args": {"features_only": True}})
    with pytest.raises(Refused):
        check_timm({**SAVED, "model_args": {"features_only": True, "checkpoint_path": "x"}})
    assert issubclass(Held, Stopped)


def test_where_weights_once_came_from_is_left_out_of_the_working_copy() -> None:
    config = {
        **PUBLISHED,
        "extra": 1,
        "pretrained_cfg": {**PUBLISHED["pretrained_cfg"], "url": "https://example.org/x.pth", "file": "/x"},
    }
    dropped = unknown_keys(config)
    assert dropped == ("extra", "pretrained_cfg.file", "pretrained_cfg.url")
    assert without(config, dropped) == PUBLISHED


@pytest.mark.parametrize(
    ("more", "outcome"),
    [({}, "accept"), ({"model_args": {"checkpoint_path": "x.pth"}}, "refuse"), ({"model_args": {"new": 1}}, "hold")],
)
def test_vetting_asks_the_same(more: dict[str, Any], outcome: str, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text(json.dumps({**PUBLISHED, **more}))
    vetted = vet_files(BaseModel("model", tmp_path / "model"), tmp_path / "home")
    assert vetted.files is not None
    assert [file.outcome.value for file in vetted.files.files] == [outcome]
