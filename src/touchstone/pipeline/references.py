"""The references that a result is held against and that cost seconds: majority, non-transfer, linear probe."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from touchstone.core import digest
from touchstone.core.measures import LAST_LAYER, Candidate, Cost, Effort, Trace
from touchstone.pipeline.arena import Arena
from touchstone.pipeline.contender import OUT_OF_FOLD, Contender, load_arrays, save_arrays
from touchstone.pipeline.ends import Ends

if TYPE_CHECKING:
    from touchstone.candidates.linear_probe import LinearHead


def majority(arena: Arena) -> Contender:
    """Always the class frequencies of training."""
    from touchstone.candidates import majority as rung

    fitted = rung.fit(arena.data.train.labels, len(arena.data.classes))
    arrays = {name: fitted.predict(len(examples)) for name, examples in arena.splits.items()}
    return _convex("majority", None, arrays, Effort(1, len(arena.data.train), 0.0, "nothing to select"), Cost(), None)


def non_transfer(arena: Arena) -> Contender:
    """The best simple model that knows no pretraining."""
    from touchstone.candidates import non_transfer as rung

    def make(folder: Path) -> None:
        train = arena.data.train
        fitted = rung.fit(
            train,
            train.labels,
            len(arena.data.classes),
            arena.groups,
            seed=arena.bench.seed,
            progress=arena.bench.progress,
        )
        arrays = {
            name: fitted.predict(examples, progress=arena.bench.progress) for name, examples in arena.splits.items()
        }
        save_arrays(folder, {**arrays, OUT_OF_FOLD: fitted.out_of_fold})
        _note(folder, configs=fitted.configs_tried, model=fitted.config, tried=dict(fitted.tried))

    folder = piece(arena, "non-transfer", make)
    arrays, facts = load_arrays(folder), facts_of(folder)
    effort = Effort(facts["configs"], len(arena.data.train), facts["seconds"], "inner cross-validation")
    cost = Cost(facts["seconds"], facts["energy_wh"])
    details = {"model": facts["model"], "tried": facts["tried"]}
    return _convex("non-transfer", None, arrays, effort, cost, folder, details)


def linear_probe(arena: Arena) -> tuple[Contender, Contender, LinearHead]:
    """The head alone on the frozen base: the strongest cheap reference, what of it can ship, and that head.

    The reference is the best of three choices of features. What can ship is the head on the penultimate layer, or on
    a lower block that the model can end at; where that is another variant, it stands beside the reference as a
    candidate of its own.
    """
    from touchstone.candidates import linear_probe as rung

    def make(folder: Path) -> None:
        ends = Ends.of(arena.base, tuple(arena.train_blocks))
        train = ends.seen(arena.train_blocks)
        splits = {name: ends.seen(blocks) for name, blocks in arena.split_blocks.items()}
        fitted = rung.fit(
            train, arena.data.train.labels, len(arena.data.classes), groups=arena.groups, seed=arena.bench.seed,
            ends_at=ends.ends_at, progress=arena.bench.progress,
        )  # fmt: skip
        arrays = {name: fitted.predict(blocks) for name, blocks in splits.items()}
        arrays |= {f"top:{name}": fitted.frozen.predict(blocks) for name, blocks in splits.items()}
        if fitted.frozen_out_of_fold is not None:
            arrays[f"top:{OUT_OF_FOLD}"] = fitted.frozen_out_of_fold
        head, ships = fitted.head(), fitted.frozen_head()
        save_arrays(folder, {**arrays, OUT_OF_FOLD: fitted.out_of_fold, "train": fitted.predict(train),
                             "weight": head.weight, "bias": head.bias,
                             "shipped_weight": ships.weight, "shipped_bias": ships.bias})  # fmt: skip
        tried = {
            " + ".join(config.blocks) + (" weighted" if config.weighted else ""): loss
            for config, loss in fitted.tried.items()
        }
        _note(folder, configs=fitted.configs_tried, blocks=list(fitted.config.blocks), tried=tried, penalty_c=fitted.penalty_c,
              parameters=fitted.n_parameters, head_block=head.block, ships=fitted.chosen is fitted.frozen,
              ends_at=ships.block, depth=ends.depth(ships.block))  # fmt: skip

    folder = piece(arena, f"linear-probe@{arena.base.written}", make, base=True, format=3)
    arrays, facts = load_arrays(folder), facts_of(folder)
    head = rung.LinearHead(arrays.pop("weight"), arrays.pop("bias"), facts["head_block"])
    del arrays["shipped_weight"], arrays["shipped_bias"]  # read where the model is built
    top = {name.removeprefix("top:"): arrays.pop(name) for name in list(arrays) if name.startswith("top:")}
    effort = Effort(facts["configs"], len(arena.data.train), facts["seconds"], "inner cross-validation")
    n_read = len(arena.data.train) + sum(map(len, arena.splits.values()))
    cost = Cost(facts["seconds"], facts["energy_wh"], n_read, facts["parameters"])
    details = {key: facts[key] for key in ("blocks", "tried", "penalty_c", "ends_at")}
    details |= {"size_mb": arena.base.size_bytes / 1e6, "blocks_kept": facts["depth"]}
    train = arrays.pop("train")
    trace = Trace(logs=(), train_probabilities=train[None], train_labels=arena.data.train.labels)
    probe = _convex("linear-probe", arena.base.written, arrays, effort, cost, folder, details, trace=trace)
    if facts["ships"]:
        return probe, probe, head
    name = LAST_LAYER if facts["depth"] is None else f"first-{facts['depth']}"
    about = {key: details[key] for key in ("size_mb", "blocks_kept", "ends_at")}
    alone = _convex(name, arena.base.written, top, effort, cost, folder, about)
    subject = f"{name}@{arena.base.written}"
    alone = replace(
        alone, candidate=replace(alone.candidate, subject=subject, kind="adapted", shippable=True, frozen=True)
    )
    return replace(probe, candidate=replace(probe.candidate, shippable=False)), alone, head


def _convex(
    name: str, base: str | None, arrays: Mapping[str, Any], effort: Effort, cost: Cost, folder: Path | None,
    details: Mapping[str, Any] | None = None, trace: Trace | None = None,
) -> Contender:  # fmt: skip
    """A reference that another seed would not change."""
    predictions = {split: probabilities[None] for split, probabilities in arrays.items()}
    candidate = Candidate(
        name, name, "reference", base, (0,), True, effort, cost, predictions["validation"], trace=trace,
        shippable=name == "linear-probe", details=details or {},
    )  # fmt: skip
    return Contender(candidate, predictions, dict(arrays), folder)


def piece(arena: Arena, name: str, make: Callable[[Path], None], *, base: bool = False, **depends_on: Any) -> Path:
    """A finished piece of the stage ``references``, keyed by the data and, where it counts, the base."""
    rests_on = dict(arena.rests_on)
    if not base:
        rests_on.pop("base")
    return arena.bench.pieces.get("references", name, {**rests_on, "seed": arena.bench.seed, **depends_on}, make)


def _note(folder: Path, **facts: Any) -> None:
    (folder / "facts.json").write_text(digest.canonical_json(facts), encoding="utf-8")


def facts_of(folder: Path) -> dict[str, Any]:
    """What a piece noted of itself, with what it cost."""
    facts: dict[str, Any] = json.loads((folder / "piece.json").read_text(encoding="utf-8"))
    if (folder / "facts.json").exists():
        facts |= json.loads((folder / "facts.json").read_text(encoding="utf-8"))
    return facts
