"""The learning-rate range test: on a copy, let the rate grow step by step and see where the loss falls steepest."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, islice

import numpy as np
import torch

from touchstone.core.recipe import Recipe
from touchstone.nn.criterion import Criterion
from touchstone.nn.evaluation import moved
from touchstone.nn.loop import CLIP, repeatable
from touchstone.nn.network import Network, optimizer
from touchstone.nn.order import Rows, epoch_batches
from touchstone.nn.source import Source

LOWEST = 1e-7
HIGHEST = 1.0
STEPS = 80
_CONVOLUTIONAL = frozenset({"mobilenet_v1", "mobilenet_v2", "resnet"})


@dataclass(frozen=True)
class RangeTest:
    """The rate that was chosen and the curve it was read from: (rate, smoothed loss) pairs."""

    rate: float
    curve: tuple[tuple[float, float], ...]


def usual_rate(family: str, recipe: Recipe) -> float:
    """The rate from which a family is usually fine-tuned; ten times as much for low-rank corrections."""
    rate = 1e-4 if family in _CONVOLUTIONAL else 2e-5
    if recipe.optimizer == "sgd":
        rate = 1e-2
    return rate * 10 if recipe.lora is not None else rate


def find_rate(
    network: Network, source: Source, labels: Rows, recipe: Recipe, criterion: Criterion, *, usual: float, seed: int
) -> RangeTest:
    """Choose a rate: the smaller of three times the usual one and a tenth of where the loss falls steepest.

    The network ends as it began. The curve is smoothed exponentially (0.9, bias-corrected) and ends where the loss
    exceeds four times its smallest value. Smith (WACV 2017); the tenth keeps clear of the edge. Never below a
    tenth of the usual rate: from a probe's head the loss starts so low that its fall can be lost in noise.
    """
    before = network.state()
    rates = np.geomspace(LOWEST, HIGHEST, STEPS)
    mover = optimizer(
        network, recipe.optimizer, 1.0, weight_decay=recipe.weight_decay, layer_decay=recipe.layer_decay
    )
    batch_size = min(recipe.batch_size, 16)
    curve: list[tuple[float, float]] = []
    average, lowest = 0.0, math.inf
    network.train_mode()
    with repeatable(seed):
        for step, (rows, views) in enumerate(_batches(source, batch_size, seed)):
            rate = float(rates[step])
            loss = _step(network, source, rows, views, labels, criterion, mover, rate)
            average = 0.9 * average + 0.1 * loss
            smoothed = average / (1 - 0.9 ** (step + 1))
            if not math.isfinite(smoothed) or smoothed > 4 * max(lowest, 0.05):
                break
            lowest = min(lowest, smoothed)
            curve.append((rate, smoothed))
    network.restore(before)
    return RangeTest(max(usual / 10, min(3 * usual, steepest(curve) / 10)), tuple(curve))


def steepest(curve: list[tuple[float, float]]) -> float:
    """The rate at which the smoothed loss falls most per factor of rate; infinite where it never falls."""
    if len(curve) < 3:
        return math.inf
    rates, losses = np.array(curve).T
    slopes = np.gradient(losses, np.log(rates))
    place = int(np.argmin(slopes))
    return float(rates[place]) if slopes[place] < 0 else math.inf


def _batches(source: Source, batch_size: int, seed: int) -> Iterator[tuple[Rows, Rows]]:
    """As many batches as there are rates, over as many epochs as that takes."""
    endless = (pair for epoch in count() for pair in epoch_batches(source, batch_size, seed=seed, epoch=epoch))
    return islice(endless, STEPS)


def _step(
    network: Network, source: Source, rows: Rows, views: Rows, labels: Rows, criterion: Criterion,
    mover: torch.optim.Optimizer, rate: float,
) -> float:  # fmt: skip
    on = next(network.model.parameters()).device
    for group in mover.param_groups:
        group["lr"] = group["initial_lr"] * rate
    with network.casting():
        logits = network.forward(moved(source.batch(rows, views), on))
        loss = criterion.training(logits, torch.from_numpy(labels[rows]).to(on))
    mover.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_([p for p in network.weights.values() if p.grad is not None], CLIP)
    mover.step()
    return float(loss.detach())
