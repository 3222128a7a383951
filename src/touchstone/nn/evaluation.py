"""What a network says about examples, in evaluation mode and full precision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from touchstone.nn.criterion import Criterion
from touchstone.nn.network import Network
from touchstone.nn.source import Source
from touchstone.nn.split import Batch, evaluating
from touchstone.stats.temperature import fit_temperature, losses_at

WORST_LOSS = 50.0
"""Nats charged to an item at most; a model whose logits are no longer numbers is charged this."""


@dataclass(frozen=True)
class Evaluation:
    """Losses in nats of shape (n,), float64, and whether each item was right."""

    losses: NDArray[np.float64]
    correct: NDArray[np.bool_]
    tempered: float
    """Mean loss at the temperature that makes it least: how well the classes are told apart, over-confidence aside."""
    shipped_losses: NDArray[np.float64]
    """Losses in nats, (n,), of the probabilities that would ship: cooled, unless an adjusted loss was trained."""

    @property
    def loss(self) -> float:
        return float(self.losses.mean())

    @property
    def accuracy(self) -> float:
        return float(self.correct.mean())


@dataclass(frozen=True)
class Held:
    """Labelled examples that are looked at during training but not trained on."""

    source: Source
    labels: NDArray[np.int64]


def logits(network: Network, source: Source, *, batch_size: int = 64, rows: NDArray[np.int64] | None = None) -> Tensor:
    """Logits of the plain views, float32 of shape (n, classes), on the CPU."""
    wanted = np.arange(len(source)) if rows is None else rows
    order = wanted if source.lengths is None else wanted[np.argsort(source.lengths[wanted], kind="stable")]
    place = {int(row): index for index, row in enumerate(wanted)}
    found: list[Tensor] = []
    where: list[int] = []
    on = next(network.model.parameters()).device
    with torch.inference_mode(), evaluating(network.model):
        for start in range(0, len(order), batch_size):
            some = order[start : start + batch_size]
            found.append(network.forward(moved(source.batch(some), on)).float().cpu())
            where.extend(place[int(row)] for row in some)
    result = torch.cat(found)
    ordered = torch.empty_like(result)
    ordered[torch.tensor(where)] = result
    return ordered


def evaluate(network: Network, held: Held, criterion: Criterion) -> Evaluation:
    """Loss and correctness of every held example."""
    return judged(logits(network, held.source), held, criterion)


def judged(scores: Tensor, held: Held, criterion: Criterion) -> Evaluation:
    """The same from logits (n, classes) that are there already."""
    labels = torch.from_numpy(held.labels)
    losses = criterion.items(scores, labels).double().nan_to_num(WORST_LOSS, WORST_LOSS).clamp(max=WORST_LOSS).numpy()
    correct, trained = (scores.argmax(1) == labels).numpy(), criterion.adjusted(scores).double().numpy()
    if not np.isfinite(trained).all():
        return Evaluation(losses, correct, float(losses.mean()), losses)
    tempered = losses_at(trained, held.labels, fit_temperature(trained, held.labels))
    shipped = tempered if criterion.log_prior is None else losses_at(scores.double().numpy(), held.labels, 1.0)
    return Evaluation(losses, correct, float(tempered.mean()), shipped)


def probabilities(network: Network, source: Source, rows: NDArray[np.int64] | None = None) -> NDArray[Any]:
    """Class probabilities, float32 of shape (n, classes)."""
    found: NDArray[Any] = softened(logits(network, source, rows=rows))
    return found


def softened(scores: Tensor) -> NDArray[Any]:
    """Softmax of logits (n, classes); where a wrecked model gives no numbers, every class is equally likely."""
    shares = scores.softmax(1)
    shares = torch.where(torch.isfinite(shares), shares, torch.full_like(shares, 1 / shares.shape[1]))
    found: NDArray[Any] = (shares / shares.sum(1, keepdim=True)).numpy()
    return found


def moved(batch: Batch, on: torch.device) -> Batch:
    """The batch on a device; images in channels-last order, which convolutions like."""
    result = {}
    for name, value in batch.items():
        value = value.to(on, non_blocking=True)
        result[name] = value.contiguous(memory_format=torch.channels_last) if value.ndim == 4 else value
    return result
