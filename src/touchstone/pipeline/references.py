"""The references that a result is held against: majority, non-transfer, linear probe, from scratch."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from touchstone.core import digest
from touchstone.core.measures import Candidate, Cost, Effort, Trace, TrainingLog
from touchstone.pipeline.arena import Arena
from touchstone.pipeline.contender import Contender, load_arrays, save_arrays

if TYPE_CHECKING:
    from touchstone.candidates.linear_probe import LinearHead

SURELY = 0.05
"""One-sided level at which a scratch reference's best possible end must lie below transfer to be decided early."""


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
        save_arrays(folder, {**arrays, "out_of_fold": fitted.out_of_fold})
        _note(folder, configs=fitted.configs_tried, model=fitted.config, tried=dict(fitted.tried))

    folder = _piece(arena, "non-transfer", make)
    arrays, facts = load_arrays(folder), _facts(folder)
    effort = Effort(facts["configs"], len(arena.data.train), facts["seconds"], "inner cross-validation")
    cost = Cost(facts["seconds"], facts["energy_wh"])
    details = {"model": facts["model"], "tried": facts["tried"]}
    return _convex("non-transfer", None, arrays, effort, cost, folder, details)


def linear_probe(arena: Arena) -> tuple[Contender, LinearHead]:
    """The head alone on the frozen base: the strongest cheap reference; and the head that fine-tuning starts from.

    The reference is the best of three choices of features. What can ship is the head on the penultimate layer;
    where that is another variant, it stands beside the reference as a candidate of its own.
    """
    from touchstone.candidates import linear_probe as rung

    def make(folder: Path) -> None:
        fitted = rung.fit(
            arena.train_blocks, arena.data.train.labels, len(arena.data.classes), groups=arena.groups,
            seed=arena.bench.seed, progress=arena.bench.progress,
        )  # fmt: skip
        arrays = {name: fitted.predict(blocks) for name, blocks in arena.split_blocks.items()}
        arrays |= {f"top:{name}": fitted.penultimate.predict(blocks) for name, blocks in arena.split_blocks.items()}
        head = fitted.head()
        save_arrays(folder, {**arrays, "out_of_fold": fitted.out_of_fold, "train": fitted.predict(arena.train_blocks),
                             "weight": head.weight, "bias": head.bias})  # fmt: skip
        tried = {
            " + ".join(config.blocks) + (" weighted" if config.weighted else ""): loss
            for config, loss in fitted.tried.items()
        }
        _note(folder, configs=fitted.configs_tried, blocks=list(fitted.config.blocks), tried=tried, penalty_c=fitted.penalty_c,
              parameters=fitted.n_parameters, head_block=head.block, top_only=fitted.chosen is fitted.penultimate)  # fmt: skip

    folder = _piece(arena, f"linear-probe@{arena.base.written}", make, base=True)
    arrays, facts = load_arrays(folder), _facts(folder)
    head = rung.LinearHead(arrays.pop("weight"), arrays.pop("bias"), facts["head_block"])
    top = {name.removeprefix("top:"): arrays.pop(name) for name in list(arrays) if name.startswith("top:")}
    effort = Effort(facts["configs"], len(arena.data.train), facts["seconds"], "inner cross-validation")
    n_read = len(arena.data.train) + sum(map(len, arena.splits.values()))
    cost = Cost(facts["seconds"], facts["energy_wh"], n_read, facts["parameters"])
    details = {key: facts[key] for key in ("blocks", "tried", "penalty_c")} | {"size_mb": arena.base.size_bytes / 1e6}
    train = arrays.pop("train")
    trace = Trace(logs=(), train_probabilities=train[None], train_labels=arena.data.train.labels)
    probe = _convex("linear-probe", arena.base.written, arrays, effort, cost, folder, details, trace=trace)
    shipped = {name: top[name] for name in arena.splits}
    return Contender(probe.candidate, probe.predictions, shipped, folder), head


def scratch(arena: Arena, transfer: Contender) -> Contender | None:
    """The same family with fresh weights, stopped early only in transfer's favour; None where the budget is spent."""
    from touchstone.nn.scratch import scratch as train_scratch
    from touchstone.nn.train import predict
    from touchstone.nn.tuned import read

    bar = _lower_accuracy(arena, transfer)
    planned = scratch_examples(len(arena.data.train), arena.data.task)
    folders, arrays, seconds, energy = [], [], 0.0, 0.0
    for seed in arena.bench.seeds:
        if arena.bench.journal.out_of_budget(0.5):
            break

        def make(folder: Path, seed: int = seed) -> None:
            train_scratch(
                arena.base, arena.training, seed=seed, folder=folder / "tuned", cache=arena.bench.pieces.cache,
                examples_seen=planned, stop=lambda log: hopeless(log, bar, planned), progress=arena.bench.progress,
            )  # fmt: skip
            save_arrays(folder, {
                name: predict(arena.base, folder / "tuned", examples, cache=arena.bench.pieces.cache, progress=arena.bench.progress)
                for name, examples in arena.splits.items()
            })  # fmt: skip

        folder = _piece(arena, f"scratch-seed-{seed}", make, base=True, bar=round(bar, 6), planned=planned, of=seed)
        facts = _facts(folder)
        seconds, energy = seconds + facts["seconds"], energy + facts["energy_wh"]
        folders.append(folder)
        arrays.append(load_arrays(folder))
    if not folders:
        return None
    tuned = [found for folder in folders if (found := read(folder / "tuned")) is not None]
    predictions = {name: _stack([each[name] for each in arrays]) for name in arena.splits}
    first = tuned[0]
    effort = Effort(
        first.effort.configs_tried,
        max(t.effort.examples_seen for t in tuned),
        seconds,
        "validation",
        first.effort.augmentations,
    )
    early = next((t.stopped for t in tuned if t.stopped), None) if all(t.stopped for t in tuned) else None
    candidate = Candidate(
        "scratch", "scratch", "reference", arena.base.written, arena.bench.seeds[: len(folders)], False, effort,
        Cost(seconds, energy, 0, first.cost.trainable_parameters), predictions["validation"],
        trace=Trace(logs=tuple(t.log for t in tuned)), shippable=False, undertrained=any(t.undertrained for t in tuned),
        decided_early=early, details={"slim": first.slim, "image_side": first.side, "needed_accuracy": bar},
    )  # fmt: skip
    return Contender(candidate, predictions, {name: p[0] for name, p in predictions.items()})


def scratch_examples(n: int, task: str) -> int:
    """Examples that a network from scratch may see: three times plain fine-tuning's epochs, more where data are few.

    He et al. (ICCV 2019) find that about three times the schedule lets it catch up; small data need the steps too.
    """
    from touchstone.candidates.ladder import plain_bill

    return n * max(3 * plain_bill(task == "text-classification"), min(200, 40_000 // max(n, 1)))


def hopeless(log: TrainingLog, bar: float, planned: int) -> str | None:
    """Why a from-scratch training can end now: even its best imaginable end lies below what transfer has shown.

    The upper envelope of its extrapolated validation accuracy is asked (METHODS 4, optimistic stopping).
    """
    import numpy as np

    from touchstone.stats.curves import upper_envelope

    reach = upper_envelope(np.array(log.examples_seen[1:]), np.array(log.validation_accuracies[1:]), planned)
    if reach >= bar:
        return None
    return f"its validation accuracy could reach {reach:.3f} at most by the end, below the {bar:.3f} that the frozen probe has shown"


def _lower_accuracy(arena: Arena, transfer: Contender) -> float:
    """Lower bound of transfer's accuracy on validation, and on training examples predicted out of fold where it was."""
    from touchstone.stats.intervals import lower_bound

    seen = [(transfer.predictions["validation"][0], arena.data.validation.labels)]
    if "out_of_fold" in transfer.predictions:
        seen.append((transfer.predictions["out_of_fold"][0], arena.data.train.labels))
    right = sum(int((probabilities.argmax(1) == labels).sum()) for probabilities, labels in seen)
    return lower_bound(right, sum(len(labels) for _, labels in seen), SURELY)


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


def _stack(parts: list[Any]) -> Any:
    import numpy as np

    return np.stack(parts)


def _piece(arena: Arena, name: str, make: Callable[[Path], None], *, base: bool = False, **depends_on: Any) -> Path:
    """A finished piece of the stage ``references``, keyed by the data and, where it counts, the base."""
    rests_on = dict(arena.rests_on)
    if not base:
        rests_on.pop("base")
    return arena.bench.pieces.get("references", name, {**rests_on, "seed": arena.bench.seed, **depends_on}, make)


def _note(folder: Path, **facts: Any) -> None:
    (folder / "facts.json").write_text(digest.canonical_json(facts), encoding="utf-8")


def _facts(folder: Path) -> dict[str, Any]:
    """What a piece noted of itself, with what it cost."""
    facts: dict[str, Any] = json.loads((folder / "piece.json").read_text(encoding="utf-8"))
    if (folder / "facts.json").exists():
        facts |= json.loads((folder / "facts.json").read_text(encoding="utf-8"))
    return facts
