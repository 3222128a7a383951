"""What one training is: base, recipe, data, seed; and the same laid out, ready to begin."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from touchstone.core import digest
from touchstone.core.progress import Progress
from touchstone.core.recipe import Recipe
from touchstone.nn import lora as low_rank
from touchstone.nn.assembly import Cut, Shelf, TrainingData, boundary_of, cut, held, place, shelf
from touchstone.nn.base_model import Base
from touchstone.nn.criterion import Criterion, adjusted_prior
from touchstone.nn.evaluation import Held
from touchstone.nn.families import blocks, classifier, set_head
from touchstone.nn.network import Network, make_network, pays_in_half
from touchstone.nn.source import Source

FORMAT = 5


class Head(Protocol):
    """A linear head on penultimate features: the probe's, to start from."""

    @property
    def weight(self) -> NDArray[Any]:
        """(classes, d)"""

    @property
    def bias(self) -> NDArray[Any]:
        """(classes,)"""


@dataclass
class Bench:
    """One training laid out: the network, its batches, and the examples it is looked at on."""

    parts: Cut
    network: Network
    train: Source
    labels: NDArray[np.int64]
    validation: Held
    criterion: Criterion
    on_shelf: Shelf

    @property
    def cached(self) -> bool:
        return self.parts.split is not None


@dataclass(frozen=True)
class Job:
    """One base by one recipe with one seed. It can be sent to a worker, which lays it out again."""

    base: Base
    recipe: Recipe
    data: TrainingData
    """In canonical order."""
    seed: int
    head: Head | None
    """The linear probe's, used where the recipe says ``probe_first``."""
    cache: Path
    """Where activations stand that other seeds, recipes and runs share."""
    later: tuple[Recipe, ...] = ()
    """Recipes that may come after this one: what they need of the frozen blocks is kept in the same pass."""

    @property
    def starts_from_probe(self) -> bool:
        return self.recipe.probe_first and self.head is not None

    def laid_out(self, progress: Progress) -> Bench:
        return lay_out(
            self.base, self.recipe, self.data, seed=self.seed, head=self.head, cache=self.cache, progress=progress,
            later=self.later,
        )  # fmt: skip

    def fingerprint(self, *, seeded: bool = True) -> str:
        """Digest of all that the result rests on; without the seed, of what all seeds share."""
        head, data = self.head, self.data
        start = None if head is None or not self.recipe.probe_first else [_digest(head.weight), _digest(head.bias)]
        return digest.of_data({
            "format": FORMAT, "base": self.base.digest, "recipe": asdict(self.recipe),
            "seed": self.seed if seeded else None, "head": start, "classes": list(data.classes),
            "train": list(data.train.digests), "labels": data.train.labels.tolist(),
            "validation": list(data.validation.digests), "validation_labels": data.validation.labels.tolist(),
            "augment": data.augment is not None,
        })  # fmt: skip


def lay_out(
    base: Base, recipe: Recipe, data: TrainingData, *, seed: int, head: Head | None, cache: Path, progress: Progress,
    later: tuple[Recipe, ...] = (),
) -> Bench:  # fmt: skip
    """Load the base, cut it at the recipe's freeze boundary and fetch the activations below the cut."""
    model = place(classifier(base, data.classes, seed=seed))
    if recipe.probe_first and head is not None:
        set_head(model, head.weight, head.bias)
    parts = cut(model, boundary_of(model, recipe), base, data.train)
    on_shelf = shelf(base, cache)
    below = sorted(
        {b for one in later if one.augment == recipe.augment if 0 < (b := boundary_of(model, one)) < parts.boundary}
    )
    augment = None if recipe.augment == "none" or base.task != "image-classification" else data.augment
    source = on_shelf.source(
        parts, data.train, augment=augment, names=recipe.augment, progress=progress, title="training activations",
        below=below,
    )  # fmt: skip
    looked_at = held(parts, on_shelf, data.validation, progress, below)
    prior = None if recipe.user else adjusted_prior(data.train.labels, len(data.classes))
    criterion = Criterion(prior, recipe.label_smoothing)
    network = _network(parts, recipe, seed)
    return Bench(parts, network, source, data.train.labels, looked_at, criterion, on_shelf)


def _network(parts: Cut, recipe: Recipe, seed: int) -> Network:
    half = pays_in_half(next(parts.model.parameters()).device, statistics=False)
    if recipe.lora is None:
        return make_network(parts.model, parts.forward, parts.boundary, half=half)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        for _, block in blocks(parts.model)[parts.boundary :]:
            low_rank.add(block, recipe.lora)
    network = make_network(parts.model, parts.forward, parts.boundary, half=half)
    top = network.top
    kept = {n: p for n, p in network.weights.items() if low_rank.is_low_rank(n) or network.depths[n] == top}
    network.weights = kept
    network.thaw(parts.boundary)
    return network


def _digest(values: NDArray[Any]) -> str:
    return digest.of_bytes(np.ascontiguousarray(values, dtype=np.float64).tobytes())
