"""A closer look at how a candidate was trained: its first steps, and what it kept of the base."""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from touchstone.core import workers
from touchstone.core.interval import Estimate, Interval
from touchstone.core.measures import HotStart, Retention
from touchstone.pipeline.arena import Arena
from touchstone.pipeline.blending import head_digest
from touchstone.pipeline.climbing import with_trace
from touchstone.pipeline.contender import Contender, load_arrays, save_arrays
from touchstone.pipeline.ranking import features

if TYPE_CHECKING:
    from torch import nn

    from touchstone.candidates.linear_probe import LinearHead
    from touchstone.core.progress import Progress
    from touchstone.core.recipe import Recipe
    from touchstone.dataset.model import Examples
    from touchstone.nn.assembly import TrainingData
    from touchstone.nn.base_model import Base

MOST_REFERENCES = 400
"""Inputs on which base and result are compared; the standard error of an accuracy is then 2.5 points at most."""


def look_into(arena: Arena, contender: Contender, head: LinearHead) -> Contender:
    """Add the hot-start twin and the retention to a fine-tuned contender's trace."""
    from touchstone.nn.threads import aside

    long = contender.candidate.cost.seconds >= workers.WORTHWHILE * len(contender.candidate.seeds)
    with workers.meanwhile(partial(_hot_start, arena, contender, head), aside=long and aside()) as started:
        kept = _retention(arena, contender)
        return with_trace(contender, hot_start=started(), retention=kept)


def _hot_start(arena: Arena, contender: Contender, head: LinearHead) -> HotStart:
    recipe = contender.candidate.recipe
    assert recipe is not None, "only fine-tunes are looked into"

    def make(folder: Path) -> None:
        arguments = {"base": arena.base, "recipe": recipe, "training": arena.training, "seed": contender.candidate.seeds[0],
                     "head": head, "folder": folder, "cache": arena.bench.pieces.cache}  # fmt: skip
        workers.run(workers.Call(first_steps, arguments), arena.bench.progress)

    rests = {**arena.rests_on, "recipe": repr(recipe), "seed": contender.candidate.seeds[0], "head": head_digest(head)}
    folder = arena.bench.pieces.get("checks", f"{recipe.name}-first-steps", rests, make)
    arrays = load_arrays(folder)
    return HotStart(arrays["run"], arrays["twin"], *json.loads((folder / "facts.json").read_text()))


def first_steps(
    base: Base, recipe: Recipe, training: TrainingData, seed: int, head: LinearHead, folder: Path, cache: Path,
    progress: Progress,
) -> None:  # fmt: skip
    """Repeat a training's first steps beside a cooler twin and leave what was seen in ``folder``."""
    from touchstone.nn.hot_start import hot_start

    seen = hot_start(base, recipe, training, seed=seed, head=head, cache=cache, progress=progress)
    save_arrays(folder, {"run": seen.run_losses, "twin": seen.twin_losses})
    facts = [seen.initial_loss, seen.early_peak_ratio, seen.update_ratio, seen.lowest_block_cka]
    (folder / "facts.json").write_text(json.dumps(facts))


def _retention(arena: Arena, contender: Contender) -> Retention:
    assert contender.model is not None, "a fine-tune has a folder"

    def make(folder: Path) -> None:
        from touchstone.nn.train import load_tuned

        assert contender.model is not None, "a fine-tune has a folder"
        enough = len(arena.data.validation) >= MOST_REFERENCES
        some = arena.data.validation if enough else arena.data.train
        write_retention(folder, kept_of_base(arena, load_tuned(arena.base, contender.model), some))

    name = contender.candidate.name
    folder = arena.bench.pieces.get(
        "checks", f"{name}-retention", {**arena.rests_on, "model": contender.model.parent.name}, make
    )
    return read_retention(folder)


def kept_of_base(arena: Arena, model: nn.Module, examples: Examples) -> Retention:
    """What a model of the base's family kept of it on some of the examples; base and twin answer from the bank."""
    from touchstone.nn.retention import References, retention

    some = first_by_content(examples, MOST_REFERENCES)
    of_base, of_twin = (
        features(arena.bench, arena.base, some, twin=twin, expected=arena.data.n_read).blocks for twin in (False, True)
    )
    return retention(
        arena.base, model, References(some, of_base, of_twin), seed=arena.bench.seed, progress=arena.bench.progress
    )


def first_by_content(examples: Examples, most: int) -> Examples:
    """At most so many examples, picked by their content, so that order does not matter."""
    import numpy as np

    return examples.take(np.argsort(np.array(examples.digests), kind="stable")[:most])


def write_retention(folder: Path, kept: Retention) -> None:
    """Keep a retention as JSON."""
    (folder / "retention.json").write_text(json.dumps(asdict(kept)))  # with NaN as such: evidence alone must do without


def read_retention(folder: Path) -> Retention:
    """Read it back."""
    plain = json.loads((folder / "retention.json").read_text())
    if (estimate := plain.pop("retained")) is not None:
        pair = estimate.pop("interval")
        estimate = Estimate(**estimate, interval=None if pair is None else Interval(**pair))
    return Retention(retained=estimate, **plain)
