"""A smaller network of one of timm's architectures, where its constructor takes depth and width."""

from __future__ import annotations

from typing import Any

import torch

_WORTH = 0.8
"""Share of the weights below which a network counts as smaller."""


def slim_arguments(config: Any) -> dict[str, Any] | None:
    """Arguments for half the width and half the layers; None where the architecture takes none, or stays as large."""
    import timm

    def made(**more: Any) -> Any:
        with torch.device("meta"):
            return timm.create_model(config.architecture, num_classes=2, **{**config.model_args, **more})

    full = made()
    for slimmer in (_stages, _chain, _pyramid):
        try:
            arguments = slimmer(full)
            slim = made(**arguments)
        except (TypeError, ValueError, AttributeError, AssertionError, RuntimeError, IndexError, KeyError):
            continue  # it has no such parts, or takes no such arguments
        if _size(slim) < _WORTH * _size(full):
            return arguments
    return None


def _stages(model: Any) -> dict[str, Any]:
    """ResNet: residual stages named layer1 to layer4."""
    stages = [getattr(model, f"layer{number}") for number in range(1, 5)]
    widths = [stage[0].conv1.out_channels for stage in stages]
    return {"layers": [_half_up(len(stage)) for stage in stages], "channels": [_half(width) for width in widths]}


def _chain(model: Any) -> dict[str, Any]:
    """ViT: one chain of blocks of one width; the size of one head stays."""
    heads = model.blocks[0].attn.num_heads
    width = model.embed_dim // heads * _half(heads)
    return {"depth": _half_up(len(model.blocks)), "num_heads": _half(heads), "embed_dim": width}


def _pyramid(model: Any) -> dict[str, Any]:
    """ConvNeXt and Swin: stages of blocks that grow wider."""
    stages = list(model.stages if hasattr(model, "stages") else model.layers)
    depths = [_half_up(len(stage.blocks)) for stage in stages]
    if hasattr(model, "stages"):
        return {"depths": depths, "dims": [_half(info["num_chs"]) for info in model.feature_info]}
    heads = [stage.blocks[0].attn.num_heads for stage in stages]
    width = model.embed_dim // heads[0] * _half(heads[0])
    return {"depths": depths, "num_heads": [_half(count) for count in heads], "embed_dim": width}


def _size(model: Any) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def _half(value: int) -> int:
    return max(1, value // 2)


def _half_up(depth: int) -> int:
    return max(1, (depth + 1) // 2)
