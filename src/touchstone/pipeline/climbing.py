"""The ladder of fine-tunes: one seed shows whether a rung pays, the best rung gets the other seeds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from touchstone.candidates import ladder
from touchstone.core import workers
from touchstone.core.measures import BaseScore, Candidate, Cost, Effort, Trace
from touchstone.core.progress import in_time
from touchstone.core.recipe import Recipe
from touchstone.pipeline.answers import Shown, gains, shown
from touchstone.pipeline.arena import Arena
from touchstone.pipeline.blending import Attempt, Blend, blends, head_digest, median_of
from touchstone.pipeline.contender import Contender, load_arrays, save_arrays
from touchstone.pipeline.pieces import cost_of
from touchstone.pipeline.predicting import predict_splits

if TYPE_CHECKING:
    from touchstone.candidates.linear_probe import LinearHead
    from touchstone.core.progress import Progress
    from touchstone.dataset.model import Examples
    from touchstone.nn.assembly import TrainingData
    from touchstone.nn.base_model import Base

LADDER_SHARE = 0.75
"""Share of the budget's minutes after which no further rung is begun."""


@dataclass(frozen=True)
class Climb:
    """What the ladder came to: candidates in the order tried, and what was not tried and why."""

    contenders: tuple[Contender, ...]
    skipped: dict[str, str]


def climb(arena: Arena, probe: Contender, head: LinearHead) -> Climb:
    """Touchstone's own rungs while they pay, then the user's recipes, each at every seed."""
    skipped: dict[str, str] = {}
    own = _own(arena, probe, head, skipped)
    users = tuple(_user(arena, head, skipped))
    return Climb((*own, *users), skipped)


def _own(arena: Arena, probe: Contender, head: LinearHead, skipped: dict[str, str]) -> tuple[Contender, ...]:
    attempts: list[Attempt] = []
    favourite: Attempt | None = None
    augment = arena.bench.study.adapt.augment
    rungs = tuple(replace(rung, augment=augment) for rung in ladder.rungs(*_shape(arena)))
    best = shown(probe, arena.data)
    for place, plain in enumerate(rungs):
        recipe = replace(plain, epochs=_epochs(arena, plain, attempts[0] if attempts else None))
        if arena.bench.journal.out_of_budget(LADDER_SHARE):
            skipped[recipe.name] = "budget"
            continue
        arena.bench.progress.say(f"fine-tuning: {recipe.name}")
        attempt = in_time(partial(_train, arena, recipe, head, arena.bench.seeds[:1], later=rungs[place + 1 :]))
        if attempt is None:
            skipped[recipe.name] = "budget"
            continue
        attempts.append(attempt)
        now = shown(_contender(arena, attempt), arena.data)
        if favourite is None or _is_better(now, shown(_contender(arena, favourite), arena.data)):
            favourite = attempt
        gain, loss_gain = gains(now, best)
        reason = ladder.ends(gain, loss_gain, _lead(arena))
        best = now if gain.value > 0 else best
        if reason is not None:
            skipped |= {later.name: reason for later in rungs[place + 1 :]}
            break
    if favourite is None:
        return ()
    if len(arena.bench.seeds) > 1 and not arena.bench.journal.out_of_budget(LADDER_SHARE):
        more = in_time(partial(_train, arena, favourite.recipe, head, arena.bench.seeds))
        if more is not None:
            attempts[attempts.index(favourite)] = favourite = more
    blended = () if arena.bench.journal.out_of_budget() else blends(arena, favourite, head)
    free = [_blended(_contender(arena, favourite), blend) for blend in blended]
    return (*(_contender(arena, attempt) for attempt in attempts), *free)


def _is_better(deeper: Shown, rung: Shown) -> bool:
    """Whether a deeper rung shows more than noise over one above it, and no fewer right answers."""
    gain, loss_gain = gains(deeper, rung)
    return gain.value >= 0 and ladder.gained(gain, loss_gain)


def _epochs(arena: Arena, recipe: Recipe, first: Attempt | None) -> int | None:
    """What the first rung's cross-fitting says of a deeper one; None where a training has to find out itself."""
    from touchstone.nn.epochs import enough_to_stop_early, horizon

    n = len(arena.data.train)
    if first is None or enough_to_stop_early(arena.data.validation.labels, len(arena.data.classes)):
        return None
    share = first.tuned[0].epochs / horizon(n, first.recipe.batch_size, cached=True)
    return ladder.later_epochs(share, horizon(n, recipe.batch_size, cached=recipe.layers != "all"))


def _user(arena: Arena, head: LinearHead, skipped: dict[str, str]) -> Iterator[Contender]:
    for recipe in arena.bench.study.adapt.recipes:
        if arena.bench.journal.out_of_budget():
            skipped[recipe.name] = "budget"
            continue
        arena.bench.progress.say(f"fine-tuning by your recipe: {recipe.name}")
        attempt = in_time(partial(_train, arena, recipe, head, arena.bench.seeds))
        if attempt is None:
            skipped[recipe.name] = "budget"
        else:
            yield _contender(arena, attempt)


def _shape(arena: Arena) -> tuple[ladder.Shape, dict[str, float], float]:
    import numpy as np

    score = _score(arena)
    labels = arena.data.train.labels
    shape = ladder.Shape(
        arena.base.blocks,
        arena.data.task == "text-classification",
        arena.base.n_parameters,
        int(np.bincount(labels, minlength=len(arena.data.classes)).min()),
        arena.ranking.work.share_up_to,
    )
    return shape, dict(score.block_accuracies), score.accuracy.standard_error or 0.01


def _lead(arena: Arena) -> float:
    """Accuracy of the chosen base's frozen probe less that of plain features, on the same held-out items."""
    plain = arena.ranking.raw_items
    return 0.0 if plain is None else _score(arena).accuracy.value - float(plain.mean())


def _score(arena: Arena) -> BaseScore:
    """How the chosen base ranked."""
    return next(score for score in arena.ranking.scores if score.base == arena.base.written)


def _train(
    arena: Arena, recipe: Recipe, head: LinearHead, seeds: Sequence[int], later: tuple[Recipe, ...] = ()
) -> Attempt:
    """Train a recipe once per seed, each a piece of its own; the first settles rate and epochs, the others may stand
    side by side.
    """
    from touchstone.nn.threads import aside
    from touchstone.nn.tuned import read

    first = _piece(arena, recipe, head, seeds[0], later)
    others = [partial(_piece, arena, recipe, head, seed) for seed in seeds[1:]]
    long = cost_of(first)[0] >= workers.WORTHWHILE
    folders = [first, *workers.together(others, aside=long and aside())]
    tuned = tuple(found for folder in folders if (found := read(folder / "tuned")) is not None)
    costs = [cost_of(folder) for folder in folders]
    return Attempt(
        recipe, tuned, tuple(folders), tuple(load_arrays(folder) for folder in folders),
        sum(cost[0] for cost in costs), sum(cost[1] for cost in costs),
    )  # fmt: skip


def _piece(arena: Arena, recipe: Recipe, head: LinearHead, seed: int, later: tuple[Recipe, ...] = ()) -> Path:
    """One seed's training and what it says of every split."""
    pieces = arena.bench.pieces

    def make(folder: Path) -> None:
        arguments = {"base": arena.base, "recipe": recipe, "training": arena.training, "splits": dict(arena.splits),
                     "seed": seed, "head": head, "folder": folder, "cache": pieces.cache, "later": later}  # fmt: skip
        workers.run(workers.Call(train_and_predict, arguments), arena.bench.journal.of_training)

    depends_on = {**arena.rests_on, "recipe": repr(recipe), "seed": seed, "head": head_digest(head)}
    return pieces.get("adaptation", f"{recipe.name}-seed-{seed}", depends_on, make)


def train_and_predict(
    base: Base, recipe: Recipe, training: TrainingData, splits: Mapping[str, Examples], seed: int, head: LinearHead,
    folder: Path, cache: Path, later: tuple[Recipe, ...], progress: Progress,
) -> None:  # fmt: skip
    """Fine-tune a base and leave in ``folder`` the result and its class probabilities on every split."""
    from touchstone.nn.train import fine_tune

    place = folder / "tuned"
    fine_tune(base, recipe, training, seed=seed, head=head, folder=place, cache=cache, progress=progress, later=later)
    save_arrays(folder, predict_splits(base, place, splits, cache=cache, progress=progress))


def _blended(plain: Contender, blend: Blend) -> Contender:
    """A free candidate beside the training it was made from; it ships the median seed's blend, or the one there is."""
    candidate = plain.candidate
    assert candidate.trace is not None and candidate.recipe is not None, "only fine-tunes are blended"
    name = f"{candidate.name}+{blend.suffix}"
    models = len(blend.predictions["validation"])
    shipping = int(blend.folder.name.removeprefix("tuned-"))
    made = replace(
        candidate, name=name, subject=f"{name}@{candidate.base}", seeds=candidate.seeds[:models],
        validation_probabilities=blend.predictions["validation"], trace=replace(candidate.trace, shipped=blend.what),
        averages=candidate.subject if models < len(candidate.seeds) else None,
    )  # fmt: skip
    shipped = {split: values[shipping] for split, values in blend.predictions.items()}
    return Contender(made, blend.predictions, shipped, blend.folder)


def _contender(arena: Arena, attempt: Attempt) -> Contender:
    """A candidate of all its seeds; what ships is the median seed by validation."""
    import numpy as np

    seeds = tuple(tuned.seed for tuned in attempt.tuned)
    predictions = {name: np.stack([arrays[name] for arrays in attempt.arrays]) for name in arena.splits}
    median = median_of(arena, attempt)
    first = attempt.tuned[0]
    trace = Trace(
        logs=tuple(tuned.log for tuned in attempt.tuned),
        final_losses=np.mean([tuned.final_losses for tuned in attempt.tuned], axis=0),
        best_losses=np.mean([tuned.best_losses for tuned in attempt.tuned], axis=0),
        train_probabilities=np.stack([tuned.train_probabilities for tuned in attempt.tuned]),
        train_labels=first.train_labels,
        shipped="the only seed" if len(seeds) == 1 else f"the median of {len(seeds)} seeds",
        best_seed_shipped=False,
    )
    effort = Effort(
        first.effort.configs_tried, sum(tuned.effort.examples_seen for tuned in attempt.tuned), attempt.seconds,
        first.effort.selected_on, first.effort.augmentations,
    )  # fmt: skip
    cost = Cost(
        attempt.seconds, attempt.energy_wh, sum(tuned.cost.examples_through_backbone for tuned in attempt.tuned),
        first.cost.trainable_parameters,
    )  # fmt: skip
    candidate = Candidate(
        attempt.recipe.name, f"{attempt.recipe.name}@{arena.base.written}", "adapted", arena.base.written, seeds, False,
        effort, cost, predictions["validation"], recipe=attempt.recipe, trace=trace, user=attempt.recipe.user,
        details={"epochs": first.epochs, "boundary": first.boundary, "cached": first.cached, "stopped": first.stopped,
                 "learning_rate": first.log.learning_rate, "size_mb": arena.base.size_bytes / 1e6},
    )  # fmt: skip
    return Contender(
        candidate, predictions, attempt.arrays[median], attempt.folders[median] / "tuned", first.cross_fitted
    )


def with_trace(contender: Contender, **parts: Any) -> Contender:
    """The contender with more of its training traced."""
    candidate = contender.candidate
    assert candidate.trace is not None
    return replace(contender, candidate=replace(candidate, trace=replace(candidate.trace, **parts)))
