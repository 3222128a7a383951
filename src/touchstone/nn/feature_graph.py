"""A network as a function from a batch to the pooled output of every block and the input of its head."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from touchstone.nn.families import IMAGE, PENULTIMATE, blocks, family_of, head
from touchstone.nn.pooling import masked_mean


class FeatureGraph(nn.Module):
    """One pass gives what every block makes of an example, pooled to one vector.

    Pictures: mean over space or over tokens. Texts: mean over the tokens that are no padding. The last output is
    the "penultimate" feature, as the head sees it.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model
        family = family_of(model)
        self.task, self._channels_last = family.task, family.channels_last
        self.names = (*(name for name, _ in blocks(model)), PENULTIMATE)
        self._outputs: list[torch.Tensor] = []
        for _, part in blocks(model):
            part.register_forward_hook(self._keep_output)
        head(model).register_forward_pre_hook(self._keep_input)

    @property
    def input_names(self) -> tuple[str, ...]:
        """Names of what ``forward`` takes, in order."""
        return ("pixel_values",) if self.task == IMAGE else ("input_ids", "attention_mask")

    def _keep_output(self, part: nn.Module, inputs: Any, output: Any) -> None:
        self._outputs.append(output[0] if isinstance(output, tuple) else output)

    def _keep_input(self, part: nn.Module, inputs: Any) -> None:
        self._outputs.append(inputs[0])

    def forward(self, first: torch.Tensor, mask: torch.Tensor | None = None) -> tuple[torch.Tensor, ...]:
        """Features in the order of ``names``, each of shape (B, d)."""
        self._outputs = []
        if mask is None:
            self.model(pixel_values=first)
        else:
            self.model(input_ids=first, attention_mask=mask)
        outputs, self._outputs = self._outputs, []
        return tuple(_pooled(output, mask, self._channels_last) for output in outputs)


def _pooled(output: torch.Tensor, mask: torch.Tensor | None, channels_last: bool) -> torch.Tensor:
    if output.dim() == 4:  # (B, C, H, W) or (B, H, W, C)
        return output.mean((1, 2) if channels_last else (2, 3))
    if output.dim() == 3:  # (B, L, d)
        return output.mean(1) if mask is None else masked_mean(output, mask.to(output.dtype))
    return output
