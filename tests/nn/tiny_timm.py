"""Small random models of timm, written to a folder as timm itself writes them."""

from __future__ import annotations

import functools
import importlib.util
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest

from touchstone.nn.base_model import Base, open_base
from touchstone.nn.families import IMAGE

needs_timm = pytest.mark.skipif(
    importlib.util.find_spec("timm") is None or importlib.util.find_spec("torchvision") is None,
    reason="timm is not installed: make test-timm",
)
SIDE = 64
ARCHITECTURES: dict[str, dict[str, Any]] = {
    "resnet10t": {"channels": (8, 16, 16, 32)},
    "vit_tiny_patch16_224": {"img_size": SIDE, "depth": 2, "embed_dim": 48},
    "convnext_atto": {"depths": (1, 1, 2, 1), "dims": (8, 16, 16, 32)},
    "mobilenetv3_small_050": {},
    "efficientnet_b0": {},
    "swin_tiny_patch4_window7_224": {
        "img_size": SIDE, "window_size": 4, "embed_dim": 16, "depths": (2, 2), "num_heads": (2, 4),
    },
    "regnety_002": {},
    "nfnet_l0": {},
}  # fmt: skip
FEW = ("resnet10t", "vit_tiny_patch16_224", "swin_tiny_patch4_window7_224")


def write_timm(folder: Path, architecture: str, *, classes: int = 4, side: int = SIDE, **more: Any) -> Path:
    """Save a model with timm; its pictures are small, which its pretrained_cfg says."""
    import timm
    import torch
    from timm.models._hub import save_for_hf

    torch.manual_seed(3)
    arguments = {**ARCHITECTURES.get(architecture, {}), **more}
    model = timm.create_model(architecture, num_classes=classes, **arguments)
    _enliven(model, side)
    save_for_hf(model, folder, model_args=arguments, safe_serialization=True)
    change(folder, pretrained_cfg={"input_size": [3, side, side], "crop_pct": 0.9})
    return folder


def change(folder: Path, **more: Any) -> None:
    """Put other settings into config.json; those of an object are merged into it."""
    config = json.loads((folder / "config.json").read_text())
    for name, value in more.items():
        config[name] = {**config.get(name, {}), **value} if isinstance(value, dict) else value
    (folder / "config.json").write_text(json.dumps(config))


def _enliven(model: Any, side: int) -> None:
    """Fresh models scale their branches by almost nothing; trained ones do not."""
    import torch

    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() == 1 and ("gamma" in name or "skipinit" in name or float(parameter.abs().sum()) == 0):
                parameter.normal_(0.3, 0.1)
        for part in (part for part in model.modules() if isinstance(part, torch.nn.BatchNorm2d)):
            part.momentum = None
        model.train()(torch.randn(16, 3, side, side))
        model.get_classifier().weight.normal_(std=0.3)
    model.eval()


_SHARED = tempfile.TemporaryDirectory(prefix="touchstone-timm-")


@functools.cache
def shared_timm(architecture: str) -> Base:
    """One base for all tests of a process that only read it."""
    folder = write_timm(Path(_SHARED.name) / architecture, architecture)
    return open_base(folder, architecture, IMAGE)
