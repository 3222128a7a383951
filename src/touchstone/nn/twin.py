"""The random-initialised twin of a base: the honest zero of transfer."""

from __future__ import annotations

import torch
from torch import nn

from touchstone.nn.preprocess import Batch

PICTURES = 16


def settle_normalisation(model: nn.Module, like: Batch, seed: int) -> None:
    """Give the batch normalisation of an untrained network the statistics of smooth noise.

    With the statistics it is born with (mean 0, variance 1) its signal dies out layer by layer and the twin would be
    weaker than random features are. Noise, not data, keeps its features a function of the seed alone.

    Parameters
    ----------
    model : untrained, on the CPU
    like : a prepared batch that shows the size of pictures
    """
    layers = [part for part in model.modules() if isinstance(part, nn.BatchNorm2d)]
    if not layers or "pixel_values" not in like:
        return
    before = [layer.momentum for layer in layers]
    generator = torch.Generator().manual_seed(seed)
    _, channels, height, width = like["pixel_values"].shape
    coarse = torch.randn((PICTURES, channels, 8, 8), generator=generator)
    noise = nn.functional.interpolate(coarse, (height, width), mode="bilinear")
    noise = noise + 0.3 * torch.randn(noise.shape, generator=generator)
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None  # the plain average over what it sees
        layer.train()
    with torch.no_grad():
        model(pixel_values=noise)
    for layer, momentum in zip(layers, before, strict=True):
        layer.momentum = momentum
    model.eval()
