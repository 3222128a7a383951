"""Fine-tuning one base by one recipe with one seed, and what is asked of the result afterwards."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from touchstone.core import atomic, digest, workers
from touchstone.core.measures import Cost, Effort
from touchstone.core.progress import Progress
from touchstone.core.recipe import Recipe
from touchstone.dataset.model import Examples
from touchstone.nn import epochs as epoch_choice
from touchstone.nn import lora as low_rank
from touchstone.nn.assembly import Cut, Shelf, TrainingData, boundary_of, canonical, cut, held, place, shelf
from touchstone.nn.base_model import Base
from touchstone.nn.criterion import Criterion, adjusted_prior
from touchstone.nn.evaluation import Held, judged, logits, probabilities, softened
from touchstone.nn.families import blocks, classifier, head, set_head
from touchstone.nn.loop import Outcome, Plan, train
from touchstone.nn.network import Network, make_network, pays_in_half
from touchstone.nn.range_test import STEPS, find_rate, usual_rate
from touchstone.nn.source import Source
from touchstone.nn.threads import aside
from touchstone.nn.tuned import Tuned, read, read_weights, save
from touchstone.stats.temperature import FEWEST, fit_temperature

PATIENCE = 3
TRAIN_SAMPLE = 2000
FORMAT = 4


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


def lay_out(
    base: Base, recipe: Recipe, data: TrainingData, *, seed: int, head: Head | None, cache: Path, progress: Progress
) -> Bench:
    """Load the base, cut it at the recipe's freeze boundary and fetch the activations below the cut."""
    model = place(classifier(base, data.classes, seed=seed))
    if recipe.probe_first and head is not None:
        set_head(model, head.weight, head.bias)
    parts = cut(model, boundary_of(model, recipe), base, data.train)
    on_shelf = shelf(base, cache)
    augment = None if recipe.augment == "none" or base.task != "image-classification" else data.augment
    source = on_shelf.source(
        parts, data.train, augment=augment, names=recipe.augment, progress=progress, title="training activations"
    )
    looked_at = held(parts, on_shelf, data.validation, progress)
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
    """
    data = canonical(data)
    fingerprint = _fingerprint(base, recipe, data, seed, head)
    done = read(folder)
    if done is not None and done.fingerprint == fingerprint:
        return done
    started = time.monotonic()
    bench = lay_out(base, recipe, data, seed=seed, head=head, cache=cache, progress=progress)
    plan, curve = make_plan(base, recipe, data, bench, seed=seed, head=head, cache=cache, progress=progress)
    outcome = train(
        bench.network, bench.train, bench.labels, plan, bench.criterion, seed=seed, held=bench.validation,
        range_test=curve, progress=progress, name=f"{recipe.name}, seed {seed}",
    )  # fmt: skip
    return _keep(base, recipe, data, bench, plan, outcome, fingerprint, seed, folder, started)


def make_plan(
    base: Base,
    recipe: Recipe,
    data: TrainingData,
    bench: Bench,
    *,
    seed: int,
    head: Head | None,
    cache: Path,
    progress: Progress,
) -> tuple[Plan, tuple[tuple[float, float], ...]]:
    """Settle the rate and the number of epochs, once for all seeds; the choice is kept beside the activations."""
    name = _fingerprint(base, recipe, data, None, head).removeprefix("sha256:")[:32]
    path = cache / "decisions" / f"{name}.json"
    if not path.is_file():
        laid_out = _LaidOut(base, recipe, data, seed, head, cache)
        decided = _decide(laid_out, bench, progress)
        atomic.write_text(path, json.dumps(decided))
    decided = json.loads(path.read_text())
    plan = _plan(recipe, bench, decided["rate"], decided["epochs"], decided["horizon"], decided["patience"])
    return plan, tuple((rate, loss) for rate, loss in decided["curve"])


def _plan(recipe: Recipe, bench: Bench, rate: float, epochs: int, horizon: int, patience: int | None) -> Plan:
    top = bench.network.top - 1
    return Plan(
        rate=rate, epochs=epochs, horizon=horizon, batch_size=recipe.batch_size, warmup=recipe.warmup,
        optimizer=recipe.optimizer, weight_decay=recipe.weight_decay, layer_decay=recipe.layer_decay,
        average=not recipe.user and patience is None, patience=patience,
        gradual=(top, bench.parts.boundary) if recipe.gradual and bench.parts.boundary < top else None,
    )  # fmt: skip


@dataclass(frozen=True)
class _LaidOut:
    """What a bench was laid out from, so that a worker can lay it out again."""

    base: Base
    recipe: Recipe
    data: TrainingData
    seed: int
    head: Head | None
    cache: Path

    def again(self, progress: Progress) -> Bench:
        return lay_out(
            self.base, self.recipe, self.data, seed=self.seed, head=self.head, cache=self.cache, progress=progress
        )


def _decide(laid_out: _LaidOut, bench: Bench, progress: Progress) -> dict[str, Any]:
    recipe, classes = laid_out.recipe, laid_out.data.classes
    rate, started = recipe.learning_rate, time.monotonic()
    curve: tuple[tuple[float, float], ...] = ()
    if rate is None:
        usual = usual_rate(laid_out.base.family, recipe)
        test = find_rate(bench.network, bench.train, bench.labels, recipe, bench.criterion, usual=usual, seed=0)
        rate, curve = test.rate, test.curve
    a_step = (time.monotonic() - started) / STEPS
    if recipe.epochs is not None:
        return {"rate": rate, "curve": curve, "epochs": recipe.epochs, "horizon": recipe.epochs, "patience": None}
    horizon = epoch_choice.horizon(len(bench.labels), recipe.batch_size, cached=bench.cached)
    found = {"rate": rate, "curve": curve, "epochs": horizon, "horizon": horizon, "patience": None}
    if epoch_choice.enough_to_stop_early(bench.validation.labels, len(classes)):
        return found | {"patience": PATIENCE}
    if not bench.cached:
        return found  # cross-fitting would cost several whole trainings
    plan = _plan(recipe, bench, rate, horizon, horizon, None)
    seconds = a_step * horizon * len(bench.labels) / recipe.batch_size
    curves = _cross_fitted(laid_out, bench, plan, progress, pays=aside() and seconds >= workers.WORTHWHILE)
    found["epochs"], found["held_out"] = epoch_choice.fewest_loss(curves)
    return found


def _cross_fitted(
    laid_out: _LaidOut, bench: Bench, plan: Plan, progress: Progress, *, pays: bool
) -> list[NDArray[np.float64] | None]:
    """The loss curve of every fold, in workers side by side where that pays."""

    def one(fold: int) -> NDArray[np.float64] | None:
        if not pays:
            return _fold(laid_out, plan, fold, progress, bench)
        call = workers.Call(_fold, {"laid_out": laid_out, "plan": plan, "fold": fold})
        found: NDArray[np.float64] | None = workers.run(call, progress)
        return found

    count = epoch_choice.fold_count(len(bench.labels), plan.horizon)
    return workers.together([partial(one, fold) for fold in range(count)], aside=pays)


def _fold(
    laid_out: _LaidOut, plan: Plan, fold: int, progress: Progress, bench: Bench | None = None
) -> NDArray[np.float64] | None:
    bench = bench or laid_out.again(progress)
    refit = laid_out.recipe.probe_first and laid_out.head is not None
    return epoch_choice.fold_losses(
        bench.network, bench.train, bench.labels, laid_out.data.train.groups, plan, bench.criterion, fold=fold,
        refit_head=refit, seed=0, progress=progress,
    )  # fmt: skip


def _keep(
    base: Base, recipe: Recipe, data: TrainingData, bench: Bench, plan: Plan, outcome: Outcome, fingerprint: str,
    seed: int, folder: Path, started: float,
) -> Tuned:  # fmt: skip
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
    tuned = Tuned(
        folder=folder, fingerprint=fingerprint, seed=seed, classes=data.classes, boundary=bench.parts.boundary,
        epochs=plan.epochs, log=outcome.log,
        validation_probabilities=softened(looked),
        final_losses=final.losses, best_losses=outcome.best.losses,
        train_probabilities=probabilities(bench.network, bench.train, sample), train_labels=bench.labels[sample],
        stopped=outcome.stopped, adjusted=bench.criterion.log_prior is not None, cached=bench.cached, temperature=temperature,
        cost=Cost(time.monotonic() - started, None, through, trainable),
        effort=Effort(tried, seen, time.monotonic() - started, "validation", augmented if views else ()),
    )  # fmt: skip
    return save(tuned, changed_weights(base, bench.parts.model, data.classes))


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


def plan_configs(recipe: Recipe) -> tuple[str, ...]:
    """What was chosen by looking at data rather than given: one configuration each, for the fairness ledger."""
    chosen = [name for name in ("learning_rate", "epochs") if getattr(recipe, name) is None]
    return ("recipe", *chosen)


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


def _fingerprint(base: Base, recipe: Recipe, data: TrainingData, seed: int | None, head: Head | None) -> str:
    start = None if head is None or not recipe.probe_first else [_digest(head.weight), _digest(head.bias)]
    return digest.of_data({
        "format": FORMAT, "base": base.digest, "recipe": asdict(recipe), "seed": seed, "head": start,
        "classes": list(data.classes), "train": list(data.train.digests), "labels": data.train.labels.tolist(),
        "validation": list(data.validation.digests), "validation_labels": data.validation.labels.tolist(),
        "augment": data.augment is not None,
    })  # fmt: skip


def _digest(values: NDArray[Any]) -> str:
    return digest.of_bytes(np.ascontiguousarray(values, dtype=np.float64).tobytes())
