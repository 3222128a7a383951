"""Free candidates: weights between base and result (WiSE-FT), and the mean of the seeds' weights (soup).

Nothing is trained here: every candidate costs one pass of the upper part over validation. Normalisation statistics
need no second look, because fine-tuning keeps the base's own, so that all ends of an interpolation share them.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from touchstone.core import digest
from touchstone.core.measures import Cost
from touchstone.core.progress import Progress
from touchstone.dataset.model import Examples
from touchstone.nn.assembly import cut, place, shelf
from touchstone.nn.base_model import Base
from touchstone.nn.evaluation import probabilities
from touchstone.nn.families import classifier, set_head
from touchstone.nn.job import Head
from touchstone.nn.network import make_network
from touchstone.nn.train import load_weights
from touchstone.nn.tuned import Tuned, read_weights, save

ALPHAS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class Mixture:
    """Weights made of others, and what they say about validation: float32 (n, classes)."""

    alpha: float
    weights: dict[str, Tensor]
    validation_probabilities: NDArray[Any]


def interpolate(
    base: Base, tuned: Tuned, head: Head, validation: Examples, *, cache: Path, progress: Progress,
    alphas: Sequence[float] = ALPHAS,
) -> tuple[Mixture, ...]:  # fmt: skip
    """Weights at shares ``alphas`` of the way from the base with its probe's head (0) to the result (1).

    Wortsman et al. (CVPR 2022). Choose on validation, never on test.
    """
    end = read_weights(tuned.folder)
    model = classifier(base, tuned.classes, seed=0)
    set_head(model, head.weight, head.bias)
    start = {name: value.clone() for name, value in model.state_dict().items() if name in end}
    say = _Says(base, model, tuned, validation, cache, progress)
    mixtures = []
    for alpha in alphas:
        weights = {name: _between(start[name], end[name], alpha) for name in end}
        mixtures.append(Mixture(alpha, weights, say(weights)))
    return tuple(mixtures)


def seed_soup(base: Base, tuned: Sequence[Tuned], validation: Examples, *, cache: Path, progress: Progress) -> Mixture:
    """The mean of the weights of several seeds of one recipe (Wortsman et al., ICML 2022)."""
    each = [read_weights(one.folder) for one in tuned]
    base_state = classifier(base, tuned[0].classes, seed=0).state_dict()
    names = sorted(set().union(*each))
    weights = {}
    for name in names:
        original = base_state[name].cpu()
        together = torch.stack([one.get(name, original).float() for one in each])  # (seeds, ...)
        weights[name] = together.mean(0).to(original.dtype)
    model = classifier(base, tuned[0].classes, seed=0)
    lowest = replace(tuned[0], boundary=min(one.boundary for one in tuned))
    return Mixture(1.0, weights, _Says(base, model, lowest, validation, cache, progress)(weights))


def keep(mixture: Mixture, of: Tuned, validation_labels: NDArray[np.int64], folder: Path, *, shipped: str) -> Tuned:
    """Write a mixture as a training's result, beside the one it was made from, whose log it keeps."""
    started = time.monotonic()
    losses = _losses(mixture.validation_probabilities, validation_labels)
    content = digest.of_data([of.fingerprint, mixture.alpha, shipped])
    made = replace(
        of, folder=folder, fingerprint=content, alpha=mixture.alpha, shipped=shipped, final_losses=losses,
        best_losses=losses, validation_probabilities=mixture.validation_probabilities,
        cost=Cost(time.monotonic() - started, None, 0, of.cost.trainable_parameters),
    )  # fmt: skip
    return save(made, mixture.weights)


def log_loss(probabilities_of_classes: NDArray[Any], labels: NDArray[np.int64]) -> float:
    """Mean negative log-likelihood in nats; probabilities (n, classes)."""
    return float(_losses(probabilities_of_classes, labels).mean())


def best_alpha(mixtures: Sequence[Mixture], labels: NDArray[np.int64]) -> Mixture:
    """The mixture with the smallest validation loss; of those within one standard error, the most adapted.

    Validation sets are small: leaving the trained weights must be worth more than its noise.
    """
    losses = {mixture.alpha: _losses(mixture.validation_probabilities, labels) for mixture in mixtures}
    best = min(mixtures, key=lambda mixture: float(losses[mixture.alpha].mean()))
    for mixture in sorted(mixtures, key=lambda mixture: -mixture.alpha):
        worse = losses[mixture.alpha] - losses[best.alpha]
        if worse.mean() <= worse.std(ddof=1) / np.sqrt(len(worse)) or mixture is best:
            return mixture
    return best


def median_seed(validation_probabilities: NDArray[Any], labels: NDArray[np.int64]) -> int:
    """Index of the seed whose validation loss is the median; (seeds, n, classes). Never the best by luck."""
    losses = [log_loss(one, labels) for one in validation_probabilities]
    return int(np.argsort(losses, kind="stable")[(len(losses) - 1) // 2])


def ships_soup(soup: NDArray[Any], median: NDArray[Any], labels: NDArray[np.int64]) -> bool:
    """Whether the soup's validation loss is no larger than the median seed's."""
    return log_loss(soup, labels) <= log_loss(median, labels)


class _Says:
    """Validation probabilities of one network under different weights."""

    def __init__(
        self, base: Base, model: nn.Module, tuned: Tuned, examples: Examples, cache: Path, progress: Progress
    ) -> None:
        parts = cut(place(model), tuned.boundary, base, examples)
        self._network = make_network(model, parts.forward, parts.boundary)
        self._source = shelf(base, cache).source(parts, examples, progress=progress, title="validation activations")

    def __call__(self, weights: dict[str, Tensor]) -> NDArray[Any]:
        load_weights(self._network.model, weights)
        return probabilities(self._network, self._source)


def _between(start: Tensor, end: Tensor, alpha: float) -> Tensor:
    if alpha == 1.0 or not end.is_floating_point():
        return end.clone()
    return torch.lerp(start.cpu().float(), end.float(), alpha).to(end.dtype)


def _losses(probabilities_of_classes: NDArray[Any], labels: NDArray[np.int64]) -> NDArray[np.float64]:
    chosen = probabilities_of_classes[np.arange(len(labels)), labels].astype(np.float64)
    return np.asarray(-np.log(np.clip(chosen, 1e-12, None)))
