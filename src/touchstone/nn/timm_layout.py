"""Where a model of timm keeps its stem, its blocks and its head: looked up in the model itself, and tried on no data.

timm's families are many, their layouts few. A chain of numbered modules is found by its path; the stem is what runs
right before it; the head is what timm calls the classifier. A pass without numbers then shows whether that is so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

PREFIX = "timm_model"
"""Where transformers' wrapper keeps the model."""
_CHAINS = ("layer*.*", "blocks.*.*", "blocks.*", "stages.*.blocks.*", "layers.*.blocks.*", "stages.*.*", "s*.b*")
"""ResNet; EfficientNet and MobileNet; ViT and its kin; ConvNeXt, MaxViT; Swin; NFNet, RepVGG; RegNet."""
_LEAST_SHARE = 0.25
"""Of the weights below the head that blocks must hold; else they are one branch among others."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Paths inside timm's own model; ``*`` stands for a number."""

    stem: str
    blocks: str
    head: str
    channels_last: bool
    """Blocks give (B, H, W, C)."""


class NoLayout(ValueError):
    """No blocks can be told apart in this model; the message says why."""


def layout(model: Any) -> Layout:
    """The layout of one of timm's models.

    Raises
    ------
    NoLayout
        where there is no chain of blocks, nothing before it, or no single linear classifier
    """
    head = model.get_classifier() if hasattr(model, "get_classifier") else None
    path = next((name for name, part in model.named_modules() if part is head), None)
    if not isinstance(head, nn.Linear) or head.bias is None or path is None:
        raise NoLayout("its classifier is not one linear layer")
    names = [name for name, _ in model.named_modules()]
    chain = next((chain for chain in _CHAINS if any(map(pattern(chain).match, names))), None)
    if chain is None:
        raise NoLayout("no chain of blocks is found in it")
    first = next(filter(pattern(chain).match, names)).partition(".")[0]
    children = [name for name, _ in model.named_children()]
    before = children.index(first) - 1
    if before < 0:
        raise NoLayout("nothing stands below its blocks")
    return Layout(children[before], chain, path, str(getattr(model, "output_fmt", "NCHW")).endswith("NHWC"))


def pattern(chain: str) -> re.Pattern[str]:
    """What matches the paths that a chain with ``*`` stands for."""
    return re.compile("^" + re.escape(chain).replace(r"\*", r"\d+") + "$")


def follow(model: nn.Module, parts: list[nn.Module], head: nn.Module, size: tuple[int, int]) -> None:
    """Run a model on the meta device and see that its stem and blocks run one after another, then its head.

    Parameters
    ----------
    model : transformers' wrapper, on the meta device
    parts : the stem and the blocks, bottom to top
    size : height and width of its pictures

    Raises
    ------
    NoLayout
        where they do not, or where it does not run at that size
    """
    seen: list[nn.Module] = []
    shapes: list[Any] = []

    def note(part: nn.Module, inputs: Any, output: Any) -> None:
        seen.append(part)
        first = output[0] if isinstance(output, tuple | list) and output else output
        shapes.append(first.dim() if isinstance(first, Tensor) and not isinstance(output, list) else None)

    handles = [part.register_forward_hook(note) for part in (*parts, head)]
    try:
        with torch.no_grad():
            model.eval()(pixel_values=torch.empty(2, 3, *size, device="meta"))
    except (RuntimeError, ValueError, TypeError, AttributeError, AssertionError, NotImplementedError) as fault:
        raise NoLayout(f"it does not run on pictures of {size[1]} x {size[0]} pixels ({fault})") from fault
    finally:
        for handle in handles:
            handle.remove()
    if len(seen) != len(parts) + 1 or any(a is not b for a, b in zip(seen, (*parts, head), strict=True)):
        raise NoLayout("its blocks do not run one after another")
    if shapes[-1] != 2 or any(dimensions not in (2, 3, 4) for dimensions in shapes):
        raise NoLayout("its blocks pass on more than one tensor")
    held = sum(parameter.numel() for part in parts for parameter in part.parameters())
    below = sum(parameter.numel() for parameter in model.parameters())
    below -= sum(parameter.numel() for parameter in head.parameters())
    if held < _LEAST_SHARE * below:
        raise NoLayout("most of it stands outside of its blocks")


def resembles(model: nn.Module, size: tuple[int, int], *, fixed: bool) -> str:
    """The family of ours whose habits of training suit: resnet, convnext (no batch normalisation) or vit.

    The first two read pictures of any size, down to the one at which networks are trained from scratch on little data.
    """
    if fixed or sum(isinstance(part, nn.Conv2d) for part in model.modules()) < 2:
        return "vit"
    try:
        with torch.no_grad():
            model.eval()(pixel_values=torch.empty(2, 3, *(min(96, side) for side in size), device="meta"))
    except (RuntimeError, ValueError, TypeError, AssertionError):
        return "vit"
    return "resnet" if any(isinstance(part, nn.BatchNorm2d) for part in model.modules()) else "convnext"
