"""How much work a network is, and where in it the work lies, counted without running it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from touchstone.nn.base_model import Base
from touchstone.nn.families import blocks, parameter_depths
from touchstone.nn.loading import auto_class, load_config, quiet

_TOKENS = 32
"""Tokens of a typical short text; work grows with them."""


@dataclass(frozen=True, slots=True)
class Work:
    """Multiply-accumulate operations of one example's forward pass (convolutions and linear layers)."""

    macs: float
    share_up_to: Mapping[str, float]
    """For each block, the share of the work in it and below it, 0..1."""


def work_of(base: Base) -> Work:
    """Count on the meta device: shapes are followed, nothing is computed."""
    with torch.device("meta"), quiet():
        model = auto_class(base.task).from_config(load_config(base.path, base.written)).eval()
    names = [name for name, _ in blocks(model)]
    depth_of = parameter_depths(model)
    counts = [0.0] * (len(names) + 1)
    handles = [
        part.register_forward_hook(_counter(counts, depth_of[f"{path}.weight"]))
        for path, part in model.named_modules()
        if isinstance(part, nn.Conv2d | nn.Linear)
    ]
    with torch.no_grad():
        if base.task == "image-classification":
            model(pixel_values=torch.empty(1, 3, *base.picture_size, device="meta"))
        else:
            ids = torch.zeros(1, _TOKENS, dtype=torch.long, device="meta")
            model(input_ids=ids)
    for handle in handles:
        handle.remove()
    total = sum(counts) or 1.0
    below = 0.0
    shares = {}
    for name, count in zip(names, counts, strict=False):
        below += count
        shares[name] = below / total
    return Work(total, shares)


def _counter(counts: list[float], depth: int):  # type: ignore[no-untyped-def]
    def count(module: nn.Module, args: object, output: Tensor) -> None:
        weight = module.weight
        assert isinstance(weight, Tensor)
        outputs = output.numel() / weight.shape[0]
        counts[depth] += outputs * weight.numel()

    return count
