"""At which rate and for how long a training goes: found once for all its seeds."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from touchstone.core import atomic, workers
from touchstone.core.progress import Progress
from touchstone.core.recipe import Recipe
from touchstone.nn import epochs as epoch_choice
from touchstone.nn.epochs import Fold
from touchstone.nn.fold_head import penultimate
from touchstone.nn.job import Bench, Job
from touchstone.nn.loop import Plan
from touchstone.nn.range_test import STEPS, find_rate, usual_rate
from touchstone.nn.threads import aside

PATIENCE = 3


@dataclass(frozen=True)
class Settled:
    """A plan and what was seen while it was made."""

    plan: Plan
    range_test: tuple[tuple[float, float], ...]
    """Rate and loss at every step of the range test; empty where the recipe names a rate."""
    cross_fitted: tuple[tuple[str, bool, float], ...]
    """Digest, whether right, and loss in nats of training examples, by a network trained without them for as long."""


def make_plan(job: Job, bench: Bench, progress: Progress) -> Settled:
    """Settle the rate and the number of epochs, once for all seeds; the choice is kept beside the activations."""
    name = job.fingerprint(seeded=False).removeprefix("sha256:")[:32]
    path = job.cache / "decisions" / f"{name}.json"
    if not path.is_file():
        atomic.write_text(path, json.dumps(_decide(job, bench, progress)))
    decided = json.loads(path.read_text())
    plan = _plan(job.recipe, bench, decided["rate"], decided["epochs"], decided["horizon"], decided["patience"])
    return Settled(
        plan,
        tuple((rate, loss) for rate, loss in decided["curve"]),
        tuple((digest, right, loss) for digest, right, loss in decided.get("cross_fitted", ())),
    )


def plan_configs(recipe: Recipe) -> tuple[str, ...]:
    """What was chosen by looking at data rather than given: one configuration each, for the fairness ledger."""
    chosen = [name for name in ("learning_rate", "epochs") if getattr(recipe, name) is None]
    return ("recipe", *chosen)


def _plan(recipe: Recipe, bench: Bench, rate: float, epochs: int, horizon: int, patience: int | None) -> Plan:
    top = bench.network.top - 1
    return Plan(
        rate=rate, epochs=epochs, horizon=horizon, batch_size=recipe.batch_size, warmup=recipe.warmup,
        optimizer=recipe.optimizer, weight_decay=recipe.weight_decay, layer_decay=recipe.layer_decay,
        average=not recipe.user and patience is None, patience=patience,
        gradual=(top, bench.parts.boundary) if recipe.gradual and bench.parts.boundary < top else None,
    )  # fmt: skip


def _decide(job: Job, bench: Bench, progress: Progress) -> dict[str, Any]:
    recipe, classes = job.recipe, job.data.classes
    rate, started = recipe.learning_rate, time.monotonic()
    curve: tuple[tuple[float, float], ...] = ()
    if rate is None:
        usual = usual_rate(job.base.trained_like, recipe)
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
    folds = _cross_fit(job, bench, plan, progress, pays=aside() and seconds >= workers.WORTHWHILE)
    if not folds:
        return found
    epochs, held_out = epoch_choice.fewest_loss([fold.curve for fold in folds])
    digests = job.data.train.digests
    answers = [
        (digests[row], bool(right), round(float(loss), 5))
        for fold in folds
        for row, right, loss in zip(*fold.at(epochs), strict=True)
    ]
    return found | {"epochs": epochs, "held_out": held_out, "cross_fitted": answers}


def _cross_fit(job: Job, bench: Bench, plan: Plan, progress: Progress, *, pays: bool) -> list[Fold]:
    """Every fold that is not empty, in workers side by side where that pays."""
    numbers = range(epoch_choice.fold_count(len(bench.labels), plan.horizon))
    if not pays:
        return _folds(job, plan, numbers, progress, bench)

    def one(fold: int) -> list[Fold]:
        call = workers.Call(_folds, {"job": job, "plan": plan, "numbers": [fold]})
        found: list[Fold] = workers.run(call, progress)
        return found

    return [fold for some in workers.together([partial(one, fold) for fold in numbers], aside=True) for fold in some]


def _folds(job: Job, plan: Plan, numbers: Iterable[int], progress: Progress, bench: Bench | None = None) -> list[Fold]:
    bench = bench or job.laid_out(progress)
    features = penultimate(bench.network, bench.train) if job.starts_from_probe else None
    made = (
        epoch_choice.run_fold(
            bench.network, bench.train, bench.labels, job.data.train.groups, plan, bench.criterion, fold=fold,
            validation=bench.validation, features=features, seed=0, progress=progress,
        )
        for fold in numbers
    )  # fmt: skip
    return [fold for fold in made if fold is not None]
