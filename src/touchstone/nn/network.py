"""A model as the training loop sees it: which weights move, at which share of the rate, and in which mode."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor, nn

from touchstone.nn.families import blocks, parameter_depths
from touchstone.nn.split import Batch

_NORMALISATIONS = (nn.modules.batchnorm._BatchNorm,)


@dataclass
class Network:
    """A model, how to get logits from a batch, and the weights that training may move.

    ``weights`` maps names to parameters; ``depths`` says with which block each is trained (the head has the
    index one above the last block).
    """

    model: nn.Module
    forward: Callable[[Batch], Tensor]
    weights: dict[str, nn.Parameter]
    depths: Mapping[str, int]
    top: int
    trains_statistics: bool = False
    """BatchNorm in training mode: from scratch only. Fine-tuning keeps the base's statistics everywhere."""
    half: bool = False
    """Run forward and backward in bfloat16, weights in float32."""
    _thawed: int = field(default=0)

    def thaw(self, lowest: int) -> None:
        """Let the weights of blocks from ``lowest`` upward move, and no others."""
        self._thawed = lowest
        for parameter in self.model.parameters():
            parameter.requires_grad_(False)
        for name, parameter in self.weights.items():
            parameter.requires_grad_(self.depths[name] >= lowest)

    def train_mode(self) -> None:
        """Dropout on in the thawed part; normalisation statistics stay unless trained from scratch."""
        self.model.eval()
        for index, (_, block) in enumerate(blocks(self.model)):
            if index >= self._thawed:
                block.train()
        self._above().train()
        if not self.trains_statistics:
            for module in self.model.modules():
                if isinstance(module, _NORMALISATIONS):
                    module.eval()

    def _above(self) -> nn.ModuleList:
        """Modules that belong to no block and hold none: pooling, dropout and head."""
        parts = [part for _, part in blocks(self.model)]
        inside = {id(m) for part in parts for m in part.modules()}
        holders = {id(m) for m in self.model.modules() if any(id(inner) in inside for inner in m.modules())}
        return nn.ModuleList(m for m in self.model.modules() if id(m) not in holders)

    @contextmanager
    def casting(self) -> Iterator[None]:
        """bfloat16 inside the block where this network uses it."""
        kind = next(self.model.parameters()).device.type
        with torch.autocast(kind, dtype=torch.bfloat16, enabled=self.half):
            yield

    def state(self) -> dict[str, Tensor]:
        """A copy of the weights that may move."""
        return {name: parameter.detach().clone() for name, parameter in self.weights.items()}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Put a copy back."""
        with torch.no_grad():
            for name, parameter in self.weights.items():
                parameter.copy_(state[name])

    @property
    def trainable_parameters(self) -> int:
        """How many numbers training may move."""
        return sum(parameter.numel() for parameter in self.weights.values())


def make_network(
    model: nn.Module, forward: Callable[[Batch], Tensor], lowest: int, *, half: bool = False, statistics: bool = False
) -> Network:
    """A network whose blocks from ``lowest`` upward (0 is the stem) and head are thawed."""
    depths = parameter_depths(model)
    weights = {name: p for name, p in model.named_parameters() if depths[name] >= lowest}
    network = Network(model, forward, weights, depths, len(blocks(model)), statistics, half)
    network.thaw(lowest)
    return network


def optimizer(
    network: Network, kind: Literal["adamw", "sgd"], rate: float, *, weight_decay: float, layer_decay: float
) -> torch.optim.Optimizer:
    """AdamW (bias-corrected) or SGD with momentum 0.9, rates falling by ``layer_decay`` per block going down.

    Biases and normalisation weights are not decayed. Every group keeps its full rate under ``initial_lr``.
    """
    groups: dict[tuple[int, bool], list[nn.Parameter]] = {}
    for name, parameter in network.weights.items():
        groups.setdefault((network.depths[name], parameter.ndim > 1), []).append(parameter)
    described = []
    for (depth, decays), parameters in sorted(groups.items(), key=lambda item: item[0]):
        share = layer_decay ** max(0, network.top - 1 - depth)
        described.append({
            "params": parameters, "lr": rate * share, "initial_lr": rate * share,
            "weight_decay": weight_decay if decays else 0.0,
        })  # fmt: skip
    if kind == "sgd":
        return torch.optim.SGD(described, lr=rate, momentum=0.9)
    return torch.optim.AdamW(described, lr=rate, fused=True)


def has_statistics(model: nn.Module) -> bool:
    """Whether a network has BatchNorm somewhere."""
    return any(isinstance(part, _NORMALISATIONS) for part in model.modules())


def pays_in_half(on: torch.device, *, statistics: bool) -> bool:
    """Whether bfloat16 is quicker here: on GPUs that have it, and on CPUs with its own instructions.

    Measured with MobileNetV2 at 224 px on two such cores: 31 training steps' images a second against 19. With
    BatchNorm in training mode it is slower than float32. A rule, not a timing, so that a study gives the same twice.
    """
    if on.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    return on.type == "cpu" and not statistics and bool(torch.cpu._is_avx512_bf16_supported())
