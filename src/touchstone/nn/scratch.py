"""The from-scratch reference: the base's family with fresh weights, trained properly, so that a win over it counts.

He et al. (ICCV 2019): from scratch catches up given about three times the schedule; Raghu et al. (NeurIPS 2019):
pretraining may bring little. So it sees three times the examples, with BatchNorm in training mode, a rate of its own
and augmentation, in a slim form where examples are few.
"""

from __future__ import annotations

import json
import math
import time
from dataclasses import replace
from pathlib import Path

from touchstone.core import atomic, digest
from touchstone.core.measures import Cost, Effort, TrainingLog
from touchstone.core.progress import Progress
from touchstone.core.recipe import Recipe
from touchstone.nn.assembly import Cut, TrainingData, canonical, held, place, shelf
from touchstone.nn.base_model import Base
from touchstone.nn.criterion import Criterion, adjusted_prior
from touchstone.nn.evaluation import Held, probabilities
from touchstone.nn.families import can_be_slim, classifier
from touchstone.nn.loop import Outcome, Plan, Stop, trailing, train
from touchstone.nn.network import Network, has_statistics, make_network, pays_in_half
from touchstone.nn.range_test import find_rate
from touchstone.nn.source import Source
from touchstone.nn.train import train_sample
from touchstone.nn.tuned import Tuned, read, save
from touchstone.stats.monotone import still_improving

SLIM_BELOW = {"image-classification": 5_000, "text-classification": 20_000}
"""Training examples below which the network is slim. Of 10,000 tweets a slim encoder got 80.6 % right on validation at its
best, the whole one 78.2 %, for five times the work."""
BY_HEART = "it knew its training examples by heart, and new ones ever less"
KNOWN, WORSE, FOR = 0.1, 1.1, 4
"""Share of its first loss to which the training loss has fallen, times its best at which the smoothed tempered validation
loss stands, and looks since that best, from which on a training has nothing left to learn and its best weights stay."""
SIDES = {"mobilenet_v1": 96, "mobilenet_v2": 96, "resnet": 96, "convnext": 96}
"""Families that read any size, and the side at which they are trained from scratch on little data."""
VIEWS = 8
NEVER = 1 << 30
RECIPE = Recipe("scratch", layers="all", batch_size=32, weight_decay=0.05, probe_first=False, label_smoothing=0.0)
CONVOLUTIONAL_RATE, TRANSFORMER_RATE = 1e-3, 3e-4
FORMAT = 5


def scratch(
    base: Base,
    data: TrainingData,
    *,
    seed: int,
    folder: Path,
    cache: Path,
    stop: Stop | None,
    progress: Progress,
    examples_seen: int | None = None,
) -> Tuned:
    """Train the family of a base from fresh weights.

    Parameters
    ----------
    examples_seen : how many training examples it may see at least: three times what the candidate saw. By default
        sixty epochs
    stop : asked at each of about 25 evaluations with the log so far; a reason ends the training early. Stop only in
        the reference's favour: when even the upper envelope of its curve stays below the transfer result

    Returns
    -------
    the result with the weights of its best evaluation; ``undertrained`` where the validation loss was still falling,
    ``rested`` where it ended early because nothing was left to learn
    """
    data = canonical(data)
    fingerprint = _fingerprint(base, data, seed, examples_seen)
    done = read(folder)
    if done is not None and done.fingerprint == fingerprint:
        return done
    started = time.monotonic()
    little = len(data.train) < SLIM_BELOW[base.task]
    slim, side = little and can_be_slim(base), SIDES.get(base.trained_like) if little else None
    model = place(classifier(base, data.classes, pretrained=False, seed=seed, slim=slim))
    parts = Cut(model, 0, None)
    on_shelf = shelf(base, cache, side=side)
    augment = data.augment if base.task == "image-classification" else None
    source = on_shelf.source(
        parts, data.train, augment=augment, names="auto", progress=progress, title="images for scratch",
        views=VIEWS,
    )  # fmt: skip
    looked_at = held(parts, on_shelf, data.validation, progress)
    half = pays_in_half(next(model.parameters()).device, statistics=has_statistics(model))
    network = make_network(model, parts.forward, 0, half=half, statistics=True)
    criterion = Criterion(adjusted_prior(data.train.labels, len(data.classes)))
    plan, curve = _plan(base, network, source, data, criterion, examples_seen, cache)
    outcome = train(
        network, source, data.train.labels, plan, criterion, seed=seed, held=looked_at, stop=_either(stop),
        range_test=curve, progress=progress, name=f"scratch, seed {seed}",
    )  # fmt: skip
    tuned = _result(data, network, source, looked_at, outcome, plan, criterion, fingerprint, seed, folder, started)
    return save(replace(tuned, slim=slim, side=side), dict(model.state_dict()))


def _either(stop: Stop | None) -> Stop:
    """Ends where the caller says so, or where nothing is left to learn."""
    return lambda log: (None if stop is None else stop(log)) or (BY_HEART if by_heart(log) else None)


def by_heart(log: TrainingLog) -> bool:
    """Whether a network knows its training examples and only loses on new ones, so that more training is idle."""
    smoothed = trailing(log.tempered_losses)
    best = int(smoothed.argmin())
    known = log.train_losses[-1] <= KNOWN * log.train_losses[0]
    return bool(known and len(smoothed) - 1 - best >= FOR and smoothed[-1] >= WORSE * smoothed[best])


def _plan(
    base: Base, network: Network, source: Source, data: TrainingData, criterion: Criterion, examples_seen: int | None,
    cache: Path,
) -> tuple[Plan, tuple[tuple[float, float], ...]]:  # fmt: skip
    """The rate is found once for all seeds and kept."""
    path = cache / "decisions" / f"{_fingerprint(base, data, None, None).removeprefix('sha256:')[:32]}.json"
    if not path.is_file():
        usual = CONVOLUTIONAL_RATE if base.trained_like in SIDES else TRANSFORMER_RATE
        before = {name: value.clone() for name, value in network.model.state_dict().items()}
        found = find_rate(network, source, data.train.labels, RECIPE, criterion, usual=usual, seed=0)
        network.model.load_state_dict(before)  # the range test moved the normalisation statistics, too
        atomic.write_text(path, json.dumps([found.rate, found.curve]))
    rate, curve = json.loads(path.read_text())
    n = len(data.train)
    epochs = max(2, math.ceil((60 * n if examples_seen is None else examples_seen) / n))
    plan = Plan(
        rate=rate, epochs=epochs, horizon=epochs, batch_size=RECIPE.batch_size, warmup=RECIPE.warmup,
        weight_decay=RECIPE.weight_decay, patience=NEVER,
    )  # fmt: skip
    return plan, tuple((at, loss) for at, loss in curve)


def _result(
    data: TrainingData, network: Network, source: Source, looked_at: Held, outcome: Outcome, plan: Plan,
    criterion: Criterion, fingerprint: str, seed: int, folder: Path, started: float,
) -> Tuned:  # fmt: skip
    assert outcome.final is not None and outcome.best is not None
    sample = train_sample(len(data.train))
    seconds = time.monotonic() - started
    seen, rested = outcome.examples_seen, outcome.stopped == BY_HEART
    return Tuned(
        folder=folder, fingerprint=fingerprint, seed=seed, classes=data.classes, boundary=0, epochs=plan.epochs,
        log=outcome.log, validation_probabilities=probabilities(network, looked_at.source),
        final_losses=outcome.final.losses, best_losses=outcome.best.losses,
        train_probabilities=probabilities(network, source, sample), train_labels=data.train.labels[sample],
        fresh=True, stopped=None if rested else outcome.stopped, rested=rested,
        adjusted=criterion.log_prior is not None, cached=False,
        undertrained=outcome.stopped is None and still_improving(outcome.log.validation_losses),
        cost=Cost(seconds, None, seen, network.trainable_parameters),
        effort=Effort(2, seen, seconds, "validation", ("auto",) if source.n_views else ()),
    )  # fmt: skip


def _fingerprint(base: Base, data: TrainingData, seed: int | None, examples_seen: int | None) -> str:
    return digest.of_data({
        "format": FORMAT, "scratch": base.digest, "seed": seed, "examples": examples_seen,
        "classes": list(data.classes),
        "train": list(data.train.digests), "labels": data.train.labels.tolist(),
        "validation": list(data.validation.digests), "validation_labels": data.validation.labels.tolist(),
        "augment": data.augment is not None,
    })  # fmt: skip
