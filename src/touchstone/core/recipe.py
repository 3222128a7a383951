"""What a training recipe is: plain settings, the same words as in the study file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Lora:
    """Low-rank adaptation (Hu et al., ICLR 2022): rank and scaling."""

    rank: int = 8
    alpha: float = 16.0


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a base model is adapted.

    ``layers`` thaws the head alone, all, or that many top blocks. ``learning_rate`` None asks for a
    range test; ``epochs`` None asks for early stopping or cross-fitting. ``warmup`` is a share of
    steps. ``layer_decay`` multiplies the rate per block going down. ``augment`` is ``none``,
    ``auto`` or names of transformations. ``probe_first`` starts the head from the linear probe
    (LP-FT, Kumar et al., ICLR 2022) instead of at random; ``gradual`` thaws the blocks one by one.
    ``user`` marks a recipe that came from the study file.
    """

    name: str
    layers: int | Literal["head", "all"] = "all"
    optimizer: Literal["adamw", "sgd"] = "adamw"
    learning_rate: float | None = None
    warmup: float = 0.1
    epochs: int | None = None
    batch_size: int = 32
    weight_decay: float = 0.01
    layer_decay: float = 1.0
    label_smoothing: float = 0.0
    augment: tuple[str, ...] | Literal["none", "auto"] = "auto"
    lora: Lora | None = None
    probe_first: bool = True
    gradual: bool = False
    user: bool = False
