"""A closer look at how a candidate was trained: its first steps, and what it kept of the base."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from touchstone.core.interval import Estimate, Interval
from touchstone.core.measures import HotStart, Retention
from touchstone.pipeline.arena import Arena
from touchstone.pipeline.blending import head_digest
from touchstone.pipeline.climbing import with_trace
from touchstone.pipeline.contender import Contender, load_arrays, save_arrays

if TYPE_CHECKING:
    from touchstone.candidates.linear_probe import LinearHead

MOST_REFERENCES = 400
"""Inputs on which base and result are compared; the standard error of an accuracy is then 2.5 points at most."""


def look_into(arena: Arena, contender: Contender, head: LinearHead) -> Contender:
    """Add the hot-start twin and the retention to a fine-tuned contender's trace."""
    return with_trace(contender, hot_start=_hot_start(arena, contender, head), retention=_retention(arena, contender))


def _hot_start(arena: Arena, contender: Contender, head: LinearHead) -> HotStart:
    recipe = contender.candidate.recipe
    assert recipe is not None, "only fine-tunes are looked into"

    def make(folder: Path) -> None:
        from touchstone.nn.hot_start import hot_start

        seen = hot_start(
            arena.base, recipe, arena.training, seed=contender.candidate.seeds[0], head=head,
            cache=arena.bench.pieces.cache, progress=arena.bench.progress,
        )  # fmt: skip
        save_arrays(folder, {"run": seen.run_losses, "twin": seen.twin_losses})
        facts = [seen.initial_loss, seen.early_peak_ratio, seen.update_ratio, seen.lowest_block_cka]
        (folder / "facts.json").write_text(json.dumps(facts))

    rests = {**arena.rests_on, "recipe": repr(recipe), "seed": contender.candidate.seeds[0], "head": head_digest(head)}
    folder = arena.bench.pieces.get("checks", f"{recipe.name}-first-steps", rests, make)
    arrays = load_arrays(folder)
    return HotStart(arrays["run"], arrays["twin"], *json.loads((folder / "facts.json").read_text()))


def _retention(arena: Arena, contender: Contender) -> Retention:
    assert contender.model is not None, "a fine-tune has a folder"

    def make(folder: Path) -> None:
        from touchstone.nn.retention import retention

        assert contender.model is not None, "a fine-tune has a folder"
        some = arena.data.validation if len(arena.data.validation) >= MOST_REFERENCES else arena.data.train
        kept = retention(
            arena.base,
            contender.model,
            first_by_content(some, MOST_REFERENCES),
            seed=arena.bench.seed,
            progress=arena.bench.progress,
        )
        write_retention(folder, kept)

    name = contender.candidate.name
    folder = arena.bench.pieces.get(
        "checks", f"{name}-retention", {**arena.rests_on, "model": contender.model.parent.name}, make
    )
    return read_retention(folder)


def first_by_content(examples: Any, most: int) -> Any:
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
