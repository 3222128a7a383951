"""How much of what a base knew is still in the model that came from it, without the base's own data.

A pseudo-task: clusters of the base's features on reference inputs are the labels; who can still tell them apart?
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from touchstone.core.interval import Estimate, Interval
from touchstone.core.measures import Retention
from touchstone.core.progress import Progress
from touchstone.dataset.model import Examples
from touchstone.nn.activations import Prepare
from touchstone.nn.assembly import place
from touchstone.nn.base_model import Base
from touchstone.nn.evaluation import moved
from touchstone.nn.families import PENULTIMATE, blocks, classifier, parameter_depths
from touchstone.nn.feature_graph import FeatureGraph
from touchstone.nn.preprocess import preprocessor
from touchstone.nn.similarity import likeness

CLUSTERS = 50
NEEDED_GAP = 0.2
"""The base must beat its random twin on the pseudo-task by this much, else nothing can be said."""
DRAWS = 2000


@dataclass(frozen=True)
class References:
    """Inputs on which base and result are held side by side, best of many kinds; their labels are not looked at."""

    examples: Examples
    of_base: Mapping[str, NDArray[Any]]
    """What the frozen base makes of them: (n, d) by block, as the feature bank holds it."""
    of_twin: Mapping[str, NDArray[Any]]
    """The same of its random-initialised twin."""


def retention(base: Base, tuned: nn.Module, references: References, *, seed: int, progress: Progress) -> Retention:
    """What a model left of the base it came from, one of our own or one that somebody else fine-tuned.

    Parameters
    ----------
    tuned : a classification model of the base's family

    Returns
    -------
    rho with a percentile interval over items (probes stay as fitted); None, with the accuracies beside it, where
    base and random twin are less than 0.2 apart
    """
    examples, of_base = references.examples, references.of_base
    with progress.task("what the base still knows", len(examples)) as bar:
        of_tuned = _features(tuned, preprocessor(base), examples, bar.advance)
    labels = _clusters(of_base[PENULTIMATE], seed)
    right = {
        name: _right(features[PENULTIMATE], labels, seed)
        for name, features in (("base", of_base), ("tuned", of_tuned), ("twin", references.of_twin))
    }
    return Retention(
        retained=rho(right["base"], right["tuned"], right["twin"], np.random.default_rng(seed)),
        base_accuracy=float(right["base"].mean()),
        twin_accuracy=float(right["twin"].mean()),
        tuned_accuracy=float(right["tuned"].mean()),
        cka={
            name: alike
            for name in of_base
            if name != PENULTIMATE
            if (alike := likeness(of_base[name], of_tuned[name])) is not None
        },
        displacement=displacement(original := classifier(base, ("a", "b"), seed=seed), tuned),
        kinship=kinship(original, tuned),
        n=len(examples),
    )


def rho(
    base: NDArray[np.float64], tuned: NDArray[np.float64], twin: NDArray[np.float64], rng: np.random.Generator
) -> Estimate | None:
    """(tuned - twin) / (base - twin) of mean correctness, each of shape (n,), with a bootstrap interval over items."""
    n = len(base)
    if base.mean() - twin.mean() < NEEDED_GAP:
        return None
    weights = rng.multinomial(n, np.full(n, 1 / n), size=DRAWS) / n  # (draws, n)
    gaps = weights @ (base - twin)
    draws = (weights @ (tuned - twin)) / np.where(gaps > 0, gaps, np.nan)
    draws = draws[np.isfinite(draws)]
    low, high = np.quantile(draws, [0.025, 0.975])
    value = float((tuned.mean() - twin.mean()) / (base.mean() - twin.mean()))
    return Estimate(value, Interval(min(float(low), value), max(float(high), value)), float(draws.std(ddof=1)), n)


def displacement(original: nn.Module, tuned: nn.Module) -> dict[str, float]:
    """||W_tuned - W_base|| / ||W_base|| of every block, all its weight tensors together."""
    names = [name for name, _ in blocks(original)]
    depths = parameter_depths(original)
    theirs = dict(tuned.named_parameters())
    moves, sizes = np.zeros(len(names)), np.zeros(len(names))
    for name, parameter in original.named_parameters():
        other = theirs.get(name)
        if depths[name] < len(names) and other is not None and other.shape == parameter.shape:
            moves[depths[name]] += float((other.detach().cpu() - parameter.detach().cpu()).square().sum())
            sizes[depths[name]] += float(parameter.detach().square().sum())
    return {name: float(np.sqrt(move / max(size, 1e-30))) for name, move, size in zip(names, moves, sizes, strict=True)}


def kinship(original: nn.Module, tuned: nn.Module) -> float | None:
    """How alike the weights of two networks are: the cosine of each block's matrices and kernels, weighed by their
    size; 1 for equal ones, about 0 where neither came from the other. None where they share no weights.
    """
    depths, theirs = parameter_depths(original), dict(tuned.named_parameters())
    found = []
    for name, parameter in original.named_parameters():
        other = theirs.get(name)
        if (
            depths[name] < len(blocks(original))
            and parameter.ndim > 1
            and other is not None
            and other.shape == parameter.shape
        ):
            one, two = parameter.detach().flatten().double(), other.detach().cpu().flatten().double()
            found.append((float(torch.nn.functional.cosine_similarity(one, two, dim=0)), one.numel()))
    return float(np.average([cosine for cosine, _ in found], weights=[n for _, n in found])) if found else None


def _features(
    model: nn.Module, prepare: Prepare, examples: Examples, advance: Callable[[float], None]
) -> dict[str, NDArray[np.float32]]:
    graph = FeatureGraph(place(model).eval())
    found: list[list[Tensor]] = [[] for _ in graph.names]
    on = next(model.parameters()).device
    with torch.inference_mode():
        for start in range(0, len(examples), 32):
            rows = range(start, min(start + 32, len(examples)))
            batch = moved(prepare([examples.inputs[row] for row in rows]), on)
            for kept, value in zip(found, graph(*(batch[name] for name in graph.input_names)), strict=True):
                kept.append(value.float().cpu())
            advance(len(rows))
    return {name: torch.cat(kept).numpy() for name, kept in zip(graph.names, found, strict=True)}


def _clusters(features: NDArray[Any], seed: int) -> NDArray[np.int64]:
    """Labels of the pseudo-task: about ten inputs to a cluster, fifty clusters at most."""
    from sklearn.cluster import KMeans  # type: ignore[import-untyped]

    count = int(np.clip(len(features) // 10, 2, CLUSTERS))
    found = KMeans(count, n_init=3, random_state=seed).fit_predict(_scaled(features))
    labels: NDArray[np.int64] = found.astype(np.int64)
    return labels


def _right(features: NDArray[Any], labels: NDArray[np.int64], seed: int) -> NDArray[np.float64]:
    """Correctness of a ridge probe on each item, 5-fold; a closed form, since only the order of three matters."""
    scaled = _scaled(features).astype(np.float64)
    targets = np.eye(labels.max() + 1)[labels]
    fold = np.random.default_rng(seed).permutation(len(labels)) % 5
    right = np.zeros(len(labels))
    for number in range(5):
        out, inside = fold == number, fold != number
        weights = _ridge(scaled[inside], targets[inside])
        right[out] = (scaled[out] @ weights).argmax(1) == labels[out]
    return right


def _ridge(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    penalty = 0.1 * x.shape[0]
    gram = x @ x.T
    gram[np.diag_indices_from(gram)] += penalty
    solved: NDArray[np.float64] = x.T @ np.linalg.solve(gram, y)
    return solved


def _scaled(features: NDArray[Any]) -> NDArray[np.float32]:
    known = np.nan_to_num(features.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)  # a diverged network's
    spread = known.std(axis=0)
    scaled = (known - known.mean(axis=0)) / np.where(spread > 1e-8, spread, 1.0)
    joined: NDArray[np.float32] = np.hstack([scaled, np.ones((len(scaled), 1))]).astype(np.float32)
    return joined
