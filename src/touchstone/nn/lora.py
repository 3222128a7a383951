"""Low-rank adaptation: W + (alpha / rank) B A, with A and B trained and W kept; merged into W at the end.

Hu et al. (ICLR 2022). Twenty lines of our own rather than peft, which takes four seconds to import and whose
adapter files nobody needs here: what is kept is the merged model.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from touchstone.core.recipe import Lora


class LowRank(nn.Module):
    """The parametrisation of one weight, of shape (out, in) or (out, in, height, width)."""

    def __init__(self, weight: Tensor, lora: Lora) -> None:
        super().__init__()
        rows, columns = weight.shape[0], weight[0].numel()
        rank = min(lora.rank, rows, columns)
        self.scale = lora.alpha / lora.rank
        self.down = nn.Parameter(torch.empty(rank, columns))
        self.up = nn.Parameter(torch.zeros(rows, rank))  # zero: training starts from the base itself
        nn.init.kaiming_uniform_(self.down, a=math.sqrt(5))

    def forward(self, weight: Tensor) -> Tensor:
        return weight + self.scale * (self.up @ self.down).view_as(weight)


def add(part: nn.Module, lora: Lora) -> None:
    """Put a low-rank correction on every linear and every ungrouped convolution of ``part``."""
    for module in list(part.modules()):
        dense = isinstance(module, nn.Linear) or (isinstance(module, nn.Conv2d) and module.groups == 1)
        if dense and not parametrize.is_parametrized(module):
            assert isinstance(module.weight, Tensor)
            parametrize.register_parametrization(module, "weight", LowRank(module.weight, lora))


def merge(model: nn.Module) -> None:
    """Write every correction into its weight; the model is a plain one again."""
    for module in list(model.modules()):
        if parametrize.is_parametrized(module, "weight"):
            parametrize.remove_parametrizations(module, "weight", leave_parametrized=True)


def is_low_rank(name: str) -> bool:
    """Whether a parameter's name is that of a correction."""
    return name.endswith((".0.down", ".0.up")) and ".parametrizations." in f".{name}"
