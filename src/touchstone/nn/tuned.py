"""What one training left behind, in memory and in a folder of its own."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor

from touchstone.core.atomic import writing_folder
from touchstone.core.measures import Cost, Effort, TrainingLog

_ABOUT, _ARRAYS, _WEIGHTS = "tuned.json", "arrays.npz", "weights.safetensors"
_ARRAY_FIELDS = ("validation_probabilities", "final_losses", "best_losses", "train_probabilities", "train_labels")


@dataclass(frozen=True)
class Tuned:
    """One finished training: what it says, what it cost, and the folder that holds its weights.

    Losses are negative log-likelihoods in nats of validation items, shape (n,); where classes are imbalanced they
    are those of the adjusted loss that was trained (see ``criterion``), while probabilities are as shipped.
    """

    folder: Path
    fingerprint: str
    """Digest of everything the result depends on."""
    seed: int
    classes: tuple[str, ...]
    boundary: int
    """Index of the lowest thawed block, the number of blocks for the head alone."""
    epochs: int
    log: TrainingLog
    cost: Cost
    effort: Effort
    validation_probabilities: NDArray[Any]
    """(n, classes) float32"""
    final_losses: NDArray[Any]
    """Of the weights that are kept."""
    best_losses: NDArray[Any]
    """At the evaluation with the smallest mean loss."""
    train_probabilities: NDArray[Any]
    """(m, classes) on at most 2,000 training examples, evaluation mode, no augmentation."""
    train_labels: NDArray[Any]
    fresh: bool = False
    """From scratch: no weight of the base is left."""
    slim: bool = False
    side: int | None = None
    """Side of the images it reads in pixels, where that is not the base's own."""
    stopped: str | None = None
    """Why training ended before its plan did."""
    rested: bool = False
    """From scratch: it ended before its plan did because nothing was left to learn."""
    undertrained: bool = False
    """Still improving when it ended."""
    adjusted: bool = False
    """Trained with the loss for imbalanced classes."""
    cached: bool = False
    """Trained from cached activations."""
    temperature: float = 1.0
    """What the head was divided by after training, as validation asked."""
    cross_fitted: tuple[tuple[str, bool, float], ...] = ()
    """Digest, whether right, and loss in nats of training examples, by a network trained without them."""
    alpha: float = 1.0
    """Share of the way from the base's weights, where weights were interpolated."""
    shipped: str = ""
    """What the weights are where they are not one seed's: an interpolation or a soup."""


def save(tuned: Tuned, weights: dict[str, Tensor]) -> Tuned:
    """Write a folder whole: the weights that changed, the arrays, and all else as JSON."""
    plain = {f.name: getattr(tuned, f.name) for f in fields(Tuned) if f.name not in (*_ARRAY_FIELDS, "folder")}
    for name in ("log", "cost", "effort"):
        plain[name] = asdict(plain[name])
    with writing_folder(tuned.folder) as folder:
        save_file({name: value.detach().cpu().contiguous() for name, value in weights.items()}, folder / _WEIGHTS)
        np.savez(folder / _ARRAYS, **{name: getattr(tuned, name) for name in _ARRAY_FIELDS})
        (folder / _ABOUT).write_text(json.dumps(plain))
    return tuned


def read(folder: Path) -> Tuned | None:
    """What stands in a folder; None where no training has finished there."""
    if not (folder / _ABOUT).is_file():
        return None
    plain = json.loads((folder / _ABOUT).read_text())
    plain["classes"] = tuple(plain["classes"])
    plain["cross_fitted"] = _frozen(plain.get("cross_fitted", ()))
    plain["log"] = TrainingLog(**{name: _frozen(value) for name, value in plain["log"].items()})
    plain["cost"] = Cost(**plain["cost"])
    plain["effort"] = Effort(**plain["effort"] | {"augmentations": tuple(plain["effort"]["augmentations"])})
    with np.load(folder / _ARRAYS, allow_pickle=False) as arrays:
        plain |= {name: arrays[name] for name in _ARRAY_FIELDS}
    return Tuned(folder=folder, **plain)


def _frozen(value: Any) -> Any:
    """Lists, and lists in them, as tuples."""
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def read_weights(folder: Path) -> dict[str, Tensor]:
    """The tensors that training changed, by their names in the model."""
    found: dict[str, Tensor] = load_file(folder / _WEIGHTS)
    return found
