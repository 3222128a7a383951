"""The probe's head for one fold of cross-fitting, fitted without the items that the fold holds out.

The head that a training starts from has seen every training item. Held-out losses that start from it look far too
good (0.15 instead of 0.75 nats on 600 photographs of waste) and say nothing about when to stop.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from touchstone.nn.criterion import Criterion
from touchstone.nn.evaluation import moved
from touchstone.nn.families import head
from touchstone.nn.network import Network
from touchstone.nn.source import Source
from touchstone.nn.split import evaluating

PENALTIES = (1.0, 0.1, 1e-2, 1e-3, 1e-4)
"""Weights of half the squared norm beside the mean loss, strongest first; each starts from the one before."""


def penultimate(network: Network, source: Source, batch_size: int = 64) -> Tensor:
    """What the head sees of the plain views: float32 of shape (n, d), on the CPU."""
    caught: list[Tensor] = []
    handle = head(network.model).register_forward_pre_hook(lambda part, inputs: caught.append(inputs[0].float().cpu()))
    on = next(network.model.parameters()).device
    try:
        with torch.inference_mode(), evaluating(network.model):
            for start in range(0, len(source), batch_size):
                rows = np.arange(start, min(start + batch_size, len(source)))
                network.forward(moved(source.batch(rows), on))
    finally:
        handle.remove()
    return torch.cat(caught).clone()


def fit_head(
    features: Tensor, labels: NDArray[np.int64], inside: NDArray[Any], out: NDArray[Any], n_classes: int,
    criterion: Criterion,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Weight (classes, d) and bias (classes,) of an L2 softmax fitted on ``inside``, its strength chosen on ``out``.

    Choosing on the held-out items makes the curve's start a little too good, not its shape.
    """
    centre, spread = features[inside].mean(0), features[inside].std(0).clamp(min=1e-6)
    scaled = (features - centre) / spread
    targets = torch.from_numpy(labels)
    weight = torch.zeros(n_classes, features.shape[1])
    bias = torch.zeros(n_classes)
    best, chosen = float("inf"), (weight, bias)
    for penalty in PENALTIES:
        weight, bias = _fitted(scaled[inside], targets[inside], weight, bias, penalty, criterion)
        loss = float(criterion.items(scaled[out] @ weight.T + bias, targets[out]).mean())
        if loss >= best:
            break
        best, chosen = loss, (weight, bias)
    weight, bias = chosen
    return weight / spread, bias - (weight / spread) @ centre


def _fitted(
    x: Tensor, y: Tensor, weight: Tensor, bias: Tensor, penalty: float, criterion: Criterion
) -> tuple[Tensor, Tensor]:
    weight, bias = weight.clone().requires_grad_(), bias.clone().requires_grad_()
    plain = Criterion(criterion.log_prior)
    solver = torch.optim.LBFGS([weight, bias], max_iter=60, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        solver.zero_grad()
        loss = plain.training(functional.linear(x, weight, bias), y) + penalty / 2 * weight.square().sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    solver.step(closure)  # type: ignore[no-untyped-call]
    return weight.detach(), bias.detach()
