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
IDLE = 2e-6
"""Below this rate nothing is learnt in so few steps."""
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
    """Choose a rate: a tenth of where the loss falls steepest, within one to three times the usual rate.

    Every step's loss is compared with what the untouched network says about the same batch and view: a training from
    a probe's head starts so low that the differences between batches would drown its fall (measured: the plain test
    chose a twentieth of the rate that did best). The difference is smoothed exponentially (0.9, bias-corrected); the
    test ends where it exceeds the loss the network began with. A third of the rate at which the loss was smallest is
    not exceeded, even where that is less than usual, down to a tenth of the usual rate. The network ends as it began.
    After Smith (WACV 2017).

    Returns
    -------
    the rate, and the curve as (rate, starting loss + smoothed difference)
    """
    before = network.state()
    mover = optimizer(network, recipe.optimizer, 1.0, weight_decay=recipe.weight_decay, layer_decay=recipe.layer_decay)
    network.train_mode()
    with repeatable(seed):
        pairs = list(_batches(source, min(recipe.batch_size, 16), seed))
        start = [_loss(network, source, rows, views, labels, criterion) for rows, views in pairs]
        curve = _climb(network, source, pairs, labels, criterion, mover, start)
    network.restore(before)
    return RangeTest(chosen(curve, usual), tuple(curve))


def chosen(curve: list[tuple[float, float]], usual: float) -> float:
    """The rate that a curve speaks for, from a tenth of the usual one to three times as much."""
    rate = max(usual, min(3 * usual, steepest(curve) / 10))
    lowest = _lowest(curve)
    return rate if lowest is None else max(usual / 10, min(rate, lowest / 3))


def _climb(
    network: Network, source: Source, pairs: list[tuple[Rows, Rows]], labels: Rows, criterion: Criterion,
    mover: torch.optim.Optimizer, start: list[float],
) -> list[tuple[float, float]]:  # fmt: skip
    rates = np.geomspace(LOWEST, HIGHEST, STEPS)
    began = float(np.mean(start))
    curve: list[tuple[float, float]] = []
    average = 0.0
    for step, (rows, views) in enumerate(pairs):
        for group in mover.param_groups:
            group["lr"] = group["initial_lr"] * float(rates[step])
        loss = _loss(network, source, rows, views, labels, criterion, mover)
        average = 0.9 * average + 0.1 * (loss - start[step])
        smoothed = average / (1 - 0.9 ** (step + 1))
        if not math.isfinite(smoothed) or smoothed > max(began, 0.05):
            break
        curve.append((float(rates[step]), began + smoothed))
    return curve


def _lowest(curve: list[tuple[float, float]]) -> float | None:
    """The rate of the smallest loss, where that lies a twentieth below what rates too small to matter show.

    Dropout alone moves the loss of a well-started network by more than that; it moves it at the smallest rates, too.
    """
    still = [loss for rate, loss in curve if rate < IDLE]
    moving = [pair for pair in curve if pair[0] >= IDLE]
    if not still or not moving:
        return None
    rate, loss = min(moving, key=lambda pair: pair[1])
    return rate if loss < 0.95 * min(still) else None


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


def _loss(
    network: Network, source: Source, rows: Rows, views: Rows, labels: Rows, criterion: Criterion,
    mover: torch.optim.Optimizer | None = None,
) -> float:  # fmt: skip
    """Loss of one batch, in training mode; with a ``mover``, followed by its step."""
    on = next(network.model.parameters()).device
    with network.casting(), torch.set_grad_enabled(mover is not None):
        logits = network.forward(moved(source.batch(rows, views), on))
        loss = criterion.training(logits, torch.from_numpy(labels[rows]).to(on))
    if mover is not None:
        mover.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_([p for p in network.weights.values() if p.grad is not None], CLIP)
        mover.step()
    return float(loss.detach())
