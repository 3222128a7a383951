"""The strongest cheap reference: a linear probe on frozen features.

Standardised features, L2 multinomial logistic regression, the penalty by inner cross-validation, and three choices of
features: the penultimate layer, the block that separates the classes best, and three blocks together.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from touchstone.core.progress import Progress, Silent
from touchstone.linear.cross_fit import (
    Settings,
    balanced_log_loss,
    choose_penalty,
    cross_fit,
    fit_chosen,
)
from touchstone.linear.folds import folds, sample
from touchstone.linear.rotation import Rotation, fit_rotation
from touchstone.linear.screen import screen
from touchstone.linear.softmax import Softmax, log_losses

Floats = NDArray[Any]
Blocks = Mapping[str, Floats]

PENULTIMATE = "penultimate"
IMBALANCED = 10.0
"""Largest class over smallest from which a class-weighted variant takes part."""
_SELECTION_LIMIT = 5000


@dataclass(frozen=True)
class LinearHead:
    """A classifier of raw features of ``block``: logits = features @ weight.T + bias.

    ``weight`` (K, d) and ``bias`` (K,), float64, with the standardisation folded in.
    """

    weight: Floats
    bias: Floats
    block: str


@dataclass(frozen=True)
class Config:
    """One variant of the probe: features of which blocks, and whether classes are weighted."""

    blocks: tuple[str, ...]
    weighted: bool = False


@dataclass(frozen=True)
class _Fitted:
    config: Config
    rotation: Rotation
    classifier: Softmax
    penalty_c: float

    def predict(self, blocks: Blocks) -> Floats:
        return self.classifier.probabilities(self.rotation.apply(joined(blocks, self.config.blocks)))


@dataclass(frozen=True)
class Probe:
    """A fitted probe. ``out_of_fold`` (n, K) float32: each training example predicted without it."""

    config: Config
    penalty_c: float
    out_of_fold: Floats
    tried: Mapping[Config, float]
    """Held-out log-loss of every variant that was tried (balanced over classes where they are imbalanced)."""
    configs_tried: int
    """Variants times penalties, for the fairness ledger."""
    n_parameters: int
    chosen: _Fitted
    penultimate: _Fitted
    frozen: _Fitted
    """Of one layer alone, such as can ship: the penultimate one, or a lower block that is clearly better."""
    frozen_out_of_fold: Floats | None
    """The same by cross-fitting; None where the variants competed on a sample."""

    def predict(self, blocks: Blocks) -> Floats:
        """Probabilities (n, K) float32 of the variant that was chosen."""
        return self.chosen.predict(blocks)

    def head(self) -> LinearHead:
        """The probe of the penultimate layer alone, ready to be a network's last layer."""
        return _as_head(self.penultimate)

    def frozen_head(self) -> LinearHead:
        """The probe of what can ship, on features of its block."""
        return _as_head(self.frozen)


def _as_head(fitted: _Fitted) -> LinearHead:
    weight, bias = fitted.rotation.unfold(fitted.classifier.weights, fitted.classifier.bias)
    return LinearHead(weight, bias, fitted.config.blocks[0])


def fit(
    blocks: Blocks,
    labels: NDArray[Any],
    n_classes: int,
    *,
    groups: NDArray[Any] | None = None,
    seed: int = 0,
    class_weighted: bool | None = None,
    ends_at: Collection[str] = (),
    progress: Progress | None = None,
) -> Probe:
    """Fit the probe; every choice is made by cross-validation with whole groups on these examples.

    Parameters
    ----------
    blocks : block name -> (n, d), bottom to top; ``penultimate`` among them, or the last is taken for it
    labels : int array (n,), values 0..n_classes-1
    class_weighted : True or False forces the class-weighted variant in or out of the contest; None lets it in
        where the largest class has ten times the examples of the smallest, and then the variants compete in
        balanced log-loss
    ends_at : blocks that a model can end at, so that a head on them can ship as one on the penultimate layer can

    Returns
    -------
    Probe; where n exceeds 5,000 the variants compete on a stratified sample of that size
    """
    labels = np.asarray(labels)
    counts = np.bincount(labels, minlength=n_classes)
    imbalanced = class_weighted is True or (
        class_weighted is None and counts.max() >= IMBALANCED * max(counts[counts > 0].min(), 1)
    )
    few = sample(labels, _SELECTION_LIMIT, seed=seed)
    few_groups = None if groups is None else groups[few]
    configs = _configs({name: values[few] for name, values in blocks.items()}, labels[few], n_classes, few_groups, seed)
    if imbalanced:
        configs += [replace(config, weighted=True) for config in configs]
    tried: dict[Config, float] = {}
    out_of_fold: dict[Config, Floats] = {}
    with (progress or Silent()).task("linear probe", len(configs) + 2) as bar:
        for config in configs:
            held_out = _cross_fit(blocks, config, few, labels, groups, n_classes, seed)
            tried[config] = _loss(held_out, labels[few], imbalanced)
            out_of_fold[config] = held_out
            bar.advance()
        best = _best(configs, tried, out_of_fold, labels[few], imbalanced)
        everyone = out_of_fold[best]
        if len(few) < len(labels):
            everyone = _cross_fit(blocks, best, np.arange(len(labels)), labels, groups, n_classes, seed)
        chosen = _fit_all(blocks, best, labels, groups, n_classes, seed)
        bar.advance()
        top = Config(configs[0].blocks, best.weighted)
        penultimate = chosen if top == best else _fit_all(blocks, top, labels, groups, n_classes, seed)
        ends = [top, *(each for each in configs if _ends(each, ends_at) and each.weighted == best.weighted)]
        alone = best if best in ends else _best(ends, tried, out_of_fold, labels[few], imbalanced)
        fitted = {best: chosen, top: penultimate}
        frozen = fitted[alone] if alone in fitted else _fit_all(blocks, alone, labels, groups, n_classes, seed)
        bar.advance()
    size = chosen.rotation.mean.size * n_classes + n_classes
    alone_out_of_fold = everyone if alone == best else out_of_fold[alone] if len(few) == len(labels) else None
    return Probe(
        best, chosen.penalty_c, everyone, tried, 8 * len(configs), size, chosen, penultimate, frozen, alone_out_of_fold
    )  # fmt: skip


def _ends(config: Config, ends_at: Collection[str]) -> bool:
    return len(config.blocks) == 1 and config.blocks[0] in ends_at


def joined(blocks: Blocks, names: tuple[str, ...]) -> Floats:
    """Features of several blocks side by side, float32 (n, sum of d)."""
    return np.concatenate([np.asarray(blocks[name], dtype=np.float32) for name in names], axis=1)


def _configs(
    blocks: Blocks, labels: NDArray[Any], n_classes: int, groups: NDArray[Any] | None, seed: int
) -> list[Config]:
    """Penultimate alone, the best block alone, and those two with the next best."""
    top = PENULTIMATE if PENULTIMATE in blocks else next(reversed(list(blocks)))
    held = folds(labels, groups=groups, seed=seed)[0]
    scores = {name: screen(values, labels, n_classes, held, seed=seed).mean() for name, values in blocks.items()}
    others = sorted((name for name in blocks if name != top), key=lambda name: -scores[name])
    configs = [Config((top,))]
    if others:
        configs.append(Config((others[0],)))
        configs.append(Config((top, *others[:2])))
    return configs


def _cross_fit(
    blocks: Blocks,
    config: Config,
    kept: NDArray[Any],
    labels: NDArray[Any],
    groups: NDArray[Any] | None,
    n_classes: int,
    seed: int,
) -> Floats:
    features = joined({name: blocks[name][kept] for name in config.blocks}, config.blocks)
    rotation = fit_rotation(features, seed=seed)
    inner = None if groups is None else groups[kept]
    held = folds(labels[kept], groups=inner, seed=seed)
    settings = Settings(n_classes, rotation.spectrum, config.weighted, seed)
    return np.asarray(cross_fit(rotation.apply(features), labels[kept], held, inner, settings).probabilities[0])


def _fit_all(
    blocks: Blocks, config: Config, labels: NDArray[Any], groups: NDArray[Any] | None, n_classes: int, seed: int
) -> _Fitted:
    features = joined(blocks, config.blocks)
    rotation = fit_rotation(features, seed=seed)
    turned = rotation.apply(features)
    settings = Settings(n_classes, rotation.spectrum, config.weighted, seed)
    penalty_c = choose_penalty(turned, labels, groups, settings, n_folds=5)
    return _Fitted(config, rotation, fit_chosen(turned, labels, penalty_c, settings), penalty_c)


def _best(
    configs: list[Config], tried: Mapping[Config, float], held_out: Mapping[Config, Floats], labels: NDArray[Any],
    balanced: bool,
) -> Config:  # fmt: skip
    """The variant with the smallest loss; the penultimate layer alone where no other is better by a standard error."""
    best = min(configs, key=lambda config: tried[config])
    top = min((config for config in configs if config.blocks == configs[0].blocks), key=lambda config: tried[config])
    weights = 1.0 / np.bincount(labels)[labels] if balanced else np.ones(len(labels))
    gains = weights / weights.mean() * (log_losses(held_out[top], labels) - log_losses(held_out[best], labels))
    return best if gains.mean() > gains.std() / np.sqrt(len(labels)) else top


def _loss(probabilities: Floats, labels: NDArray[Any], balanced: bool) -> float:
    return balanced_log_loss(probabilities, labels) if balanced else float(log_losses(probabilities, labels).mean())
