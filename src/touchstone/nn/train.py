"""Fine-tuning one base by one recipe with one seed, and what is asked of the result afterwards."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from touchstone.core.measures import Cost, Effort
from touchstone.core.progress import Progress
from touchstone.core.recipe import Recipe
from touchstone.dataset.model import Examples
from touchstone.nn import lora as low_rank
from touchstone.nn.assembly import TrainingData, canonical, cut, place, shelf
from touchstone.nn.base_model import Base
from touchstone.nn.evaluation import judged, logits, probabilities, softened
from touchstone.nn.families import classifier, head, set_head
from touchstone.nn.job import Bench, Head, Job
from touchstone.nn.loop import Outcome, train
from touchstone.nn.network import make_network
from touchstone.nn.planning import Settled, make_plan, plan_configs
from touchstone.nn.tuned import Tuned, read, read_weights, save
from touchstone.stats.temperature import FEWEST, fit_temperature

TRAIN_SAMPLE = 2000


def fine_tune(
    base: Base,
    recipe: Recipe,
    data: TrainingData,
    *,
    seed: int,
    head: Head | None,
    folder: Path,
    cache: Path,
    progress: Progress,
    later: tuple[Recipe, ...] = (),
) -> Tuned:
    """Train one base by one recipe; a folder in which this very training has finished is only read.

    Parameters
    ----------
    recipe : taken as it stands where it is the user's. Of Touchstone's own, the loss is adjusted where classes are
        imbalanced, the weights of the last quarter are averaged, and the head is divided by its temperature
    seed : decides order, views, dropout and a random head
    head : the linear probe's head, used where the recipe says ``probe_first``
    folder : receives the result, whole or not at all
    cache : where activations stand that other seeds, recipes and runs share
    later : recipes that may come after this one
    """
    job = Job(base, recipe, canonical(data), seed, head, cache, later)
    fingerprint, done = job.fingerprint(), read(folder)
    if done is not None and done.fingerprint == fingerprint:
        return done
    started = time.monotonic()
    bench = job.laid_out(progress)
    settled = make_plan(job, bench, progress)
    outcome = train(
        bench.network, bench.train, bench.labels, settled.plan, bench.criterion, seed=seed, held=bench.validation,
        range_test=settled.range_test, progress=progress, name=f"{recipe.name}, seed {seed}",
    )  # fmt: skip
    return _keep(job, bench, settled, outcome, fingerprint, folder, started)


def _keep(
    job: Job, bench: Bench, settled: Settled, outcome: Outcome, fingerprint: str, folder: Path, started: float
) -> Tuned:
    recipe, classes = job.recipe, job.data.classes
    trainable = bench.network.trainable_parameters
    low_rank.merge(bench.parts.model)
    sample = train_sample(len(bench.labels))
    assert outcome.final is not None and outcome.best is not None
    temperature = 1.0 if recipe.user else _cool(bench)
    looked = logits(bench.network, bench.validation.source)
    final = outcome.final if temperature == 1.0 else judged(looked, bench.validation, bench.criterion)
    seen = outcome.examples_seen
    through = bench.on_shelf.computed + (0 if bench.cached else seen)
    tried = len(plan_configs(recipe))
    augmented = recipe.augment if isinstance(recipe.augment, tuple) else (recipe.augment,)
    views = bench.train.n_views > 0
    selected_on = "validation and cross-fitting" if settled.cross_fitted else "validation"
    tuned = Tuned(
        folder=folder, fingerprint=fingerprint, seed=job.seed, classes=classes, boundary=bench.parts.boundary,
        epochs=settled.plan.epochs, log=outcome.log, cross_fitted=settled.cross_fitted,
        validation_probabilities=softened(looked),
        final_losses=final.losses, best_losses=outcome.best.losses,
        train_probabilities=probabilities(bench.network, bench.train, sample), train_labels=bench.labels[sample],
        stopped=outcome.stopped, adjusted=bench.criterion.log_prior is not None, cached=bench.cached, temperature=temperature,
        cost=Cost(time.monotonic() - started, None, through, trainable),
        effort=Effort(tried, seen, time.monotonic() - started, selected_on, augmented if views else ()),
    )  # fmt: skip
    return save(tuned, changed_weights(job.base, bench.parts.model, classes))


def _cool(bench: Bench) -> float:
    """Divide the head by the temperature that validation asks for, which changes no answer; 1 where none can be told.

    A network that fits its training examples is too sure of itself. With an adjusted loss the logits are those of
    balanced classes, and validation cannot tell their temperature.
    """
    if len(bench.validation.labels) < FEWEST or bench.criterion.log_prior is not None:
        return 1.0
    scores = logits(bench.network, bench.validation.source).double().numpy()
    if not np.isfinite(scores).all():
        return 1.0
    temperature = fit_temperature(scores, bench.validation.labels)
    layer = head(bench.parts.model)
    set_head(bench.parts.model, layer.weight.detach() / temperature, layer.bias.detach() / temperature)
    return temperature


def train_sample(n: int) -> NDArray[np.int64]:
    """At most 2,000 training rows, the same for every seed."""
    if n <= TRAIN_SAMPLE:
        return np.arange(n)
    return np.sort(np.random.default_rng(0).choice(n, TRAIN_SAMPLE, replace=False))


def changed_weights(base: Base, model: nn.Module, classes: tuple[str, ...]) -> dict[str, Tensor]:
    """The entries of a model's state that are not the base's own, the head's always among them."""
    original = classifier(base, classes, seed=0).state_dict()
    return {
        name: value.detach().cpu().contiguous()
        for name, value in model.state_dict().items()
        if name not in original or not torch.equal(value.detach().cpu(), original[name].cpu())
    }


def load_tuned(base: Base, folder: Path) -> nn.Module:
    """The model of a finished training, in evaluation mode, ready for export."""
    tuned = read(folder)
    if tuned is None:
        raise FileNotFoundError(f"{folder} holds no finished training")
    model = classifier(base, tuned.classes, pretrained=not tuned.fresh, seed=0, slim=tuned.slim)
    load_weights(model, read_weights(folder))
    return model.eval()


def load_weights(model: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Put saved entries of a state into a model of the same make."""
    unknown = model.load_state_dict(dict(weights), strict=False).unexpected_keys
    if unknown:
        raise ValueError(f"these weights are of another model: {', '.join(unknown[:3])}")


def predict(base: Base, tuned_folder: Path, examples: Examples, *, cache: Path, progress: Progress) -> NDArray[Any]:
    """Class probabilities, float32 of shape (n, classes), from shared activations below the boundary."""
    tuned = read(tuned_folder)
    if tuned is None:
        raise FileNotFoundError(f"{tuned_folder} holds no finished training")
    model = place(load_tuned(base, tuned_folder))
    parts = cut(model, 0 if tuned.fresh else tuned.boundary, base, examples)
    on_shelf = shelf(base, cache, side=tuned.side)
    source = on_shelf.source(parts, examples, progress=progress, title="activations")
    return probabilities(make_network(model, parts.forward, parts.boundary), source)
