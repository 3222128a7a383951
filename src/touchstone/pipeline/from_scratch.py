"""The reference from scratch: how long it trains, when it may end early, and whether more training would have helped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from touchstone.core import workers
from touchstone.core.measures import Candidate, Cost, Effort, Trace, TrainingLog
from touchstone.core.progress import in_time
from touchstone.pipeline.arena import Arena
from touchstone.pipeline.contender import OUT_OF_FOLD, Contender, load_arrays, save_arrays
from touchstone.pipeline.predicting import predict_splits
from touchstone.pipeline.references import facts_of, piece

if TYPE_CHECKING:
    from touchstone.core.progress import Progress
    from touchstone.dataset.model import Examples
    from touchstone.nn.assembly import TrainingData
    from touchstone.nn.base_model import Base
    from touchstone.nn.tuned import Tuned

BUDGET_SHARE = 0.75
"""Share of the budget's minutes after which no further training from scratch is begun."""
SURELY = 0.05
"""One-sided level at which the best possible end of a training must lie below transfer to be decided early."""
GAIN = 0.05
"""Share of its validation loss that twice the budget must take off to count as an improvement."""
MOST_DOUBLED = 60_000
"""Training examples up to which a training that had not come to rest is tried with twice the budget."""


@dataclass(frozen=True)
class Trained:
    """One seed's training: what it left behind, its probabilities by split, and its bill."""

    tuned: Tuned
    arrays: dict[str, Any]
    seconds: float
    energy_wh: float


@dataclass(frozen=True)
class Trial:
    """What training twice as long told: whether the longer training is the fairer one, and whether even that is short."""

    longer: bool
    undertrained: bool
    words: str | None


def scratch(arena: Arena, transfer: Contender) -> Contender | None:
    """The same family with fresh weights, stopped early only in transfer's favour; None where the budget is spent.

    Where the first seed has not come to rest by the end of its budget and twice as much could take it to what transfer
    has shown, it is trained with twice as much: if that takes nothing off its loss, the budget was enough; if it does,
    every seed gets it.
    """
    from touchstone.nn.threads import aside

    bar = _lower_accuracy(arena, transfer)
    planned = scratch_examples(len(arena.data.train), arena.data.task)
    trial, tried = None, None
    if arena.bench.journal.out_of_budget(BUDGET_SHARE):
        return None
    first, *others = arena.bench.seeds
    one = in_time(partial(_train, arena, first, planned, bar))
    if one is None:
        return None
    if one.tuned.undertrained and within_reach([one.tuned.log]) >= bar and 2 * planned <= MOST_DOUBLED:
        tried = in_time(partial(_train, arena, first, 2 * planned, bar))
        if tried is not None:
            trial = weigh(one.tuned.log, tried.tuned.log, tried.tuned.stopped, bar, falling=tried.tuned.undertrained)
            if trial.longer:
                planned, one, tried = 2 * planned, tried, one

    def another(seed: int) -> Trained | None:
        return (
            None
            if arena.bench.journal.out_of_budget(BUDGET_SHARE)
            else in_time(partial(_train, arena, seed, planned, bar))
        )

    more = workers.together(
        [partial(another, seed) for seed in others], aside=aside() and one.seconds >= workers.WORTHWHILE
    )
    return _contender(arena, [one, *(each for each in more if each is not None)], trial, tried, bar)


def weigh(plain: TrainingLog, twice: TrainingLog, stopped: str | None, bar: float, *, falling: bool) -> Trial:
    """Judge a budget by what twice as much of it brought.

    Parameters
    ----------
    plain, twice : logs of one seed under the planned and the doubled budget
    stopped : why the longer training was ended early, if it was
    bar : validation accuracy that transfer has surely shown
    falling : whether the longer training's loss was still falling at its end

    Returns
    -------
    Trial; while the loss still falls it is ``undertrained`` unless another gain as large could not reach the bar
    """
    if stopped is not None:
        return Trial(False, False, f"tried with twice the budget: {stopped}")
    before, after = plain.validation_losses[-1], twice.validation_losses[-1]
    if after > (1 - GAIN) * before:
        return Trial(False, False, f"twice the budget left its validation loss at {after:.2f} (from {before:.2f})")
    gain = max(0.0, twice.validation_accuracies[-1] - plain.validation_accuracies[-1])
    words = f"twice the budget took its validation loss from {before:.2f} to {after:.2f}, so it got that"
    return Trial(True, falling and twice.validation_accuracies[-1] + gain >= bar, words)


def within_reach(logs: Sequence[TrainingLog]) -> float:
    """The validation accuracy, 0..1, that twice the budget would bring if it gained as much as the second half did.

    Means over seeds and over a fourth of the looks at the end and round the middle, since one look is noisy. Every
    doubling brings less than the one before; and at the middle the rate is still high, which makes the gain look
    larger than that of a training that ended there. 1 where there are too few looks to tell.
    """
    import numpy as np

    seen = np.mean([log.validation_accuracies[1:] for log in logs], axis=0)
    width, middle = len(seen) // 4, len(seen) // 2
    if width < 2:
        return 1.0
    end = float(seen[-width:].mean())
    return end + max(0.0, end - float(seen[middle - width // 2 : middle - width // 2 + width].mean()))


def scratch_examples(n: int, task: str) -> int:
    """Examples that a network from scratch may see: three times plain fine-tuning's epochs, more where data are few.

    He et al. (ICCV 2019) find that about three times the schedule lets it catch up; small data need the steps too.
    """
    from touchstone.candidates.ladder import plain_bill

    is_text = task == "text-classification"
    looks = 50 if is_text else 100
    return n * max(3 * plain_bill(is_text), min(looks, 200 * looks // max(n, 1)))


def hopeless(log: TrainingLog, bar: float, planned: int) -> str | None:
    """Why a from-scratch training can end now: even its best imaginable end lies below what transfer has shown.

    The upper envelope of its extrapolated validation accuracy is asked.
    """
    import numpy as np

    from touchstone.stats.curves import upper_envelope

    reach = upper_envelope(np.array(log.examples_seen[1:]), np.array(log.validation_accuracies[1:]), planned)
    if reach >= bar:
        return None
    return f"its validation accuracy could reach {reach:.3f} at most by the end, below the {bar:.3f} that the frozen probe has shown"


def _train(arena: Arena, seed: int, planned: int, bar: float) -> Trained:
    from touchstone.nn.tuned import read

    bench = arena.bench

    def make(folder: Path) -> None:
        arguments = {"base": arena.base, "training": arena.training, "splits": dict(arena.splits), "seed": seed,
                     "folder": folder, "cache": bench.pieces.cache, "planned": planned, "bar": bar}  # fmt: skip
        workers.run(workers.Call(train_and_predict, arguments), bench.journal.of_training)

    folder = piece(arena, f"scratch-seed-{seed}", make, base=True, bar=round(bar, 6), planned=planned, of=seed)
    tuned, facts = read(folder / "tuned"), facts_of(folder)
    assert tuned is not None
    return Trained(tuned, load_arrays(folder), facts["seconds"], facts["energy_wh"])


def train_and_predict(
    base: Base, training: TrainingData, splits: Mapping[str, Examples], seed: int, folder: Path, cache: Path,
    planned: int, bar: float, progress: Progress,
) -> None:  # fmt: skip
    """Train from scratch and leave in ``folder`` the result and its class probabilities on every split."""
    from touchstone.nn.scratch import scratch as train_scratch

    place = folder / "tuned"
    train_scratch(
        base, training, seed=seed, folder=place, cache=cache, examples_seen=planned,
        stop=lambda log: hopeless(log, bar, planned), progress=progress,
    )  # fmt: skip
    save_arrays(folder, predict_splits(base, place, splits, cache=cache, progress=progress))


def _contender(
    arena: Arena, trained: list[Trained], trial: Trial | None, tried: Trained | None, bar: float
) -> Contender:
    import numpy as np

    first = trained[0].tuned
    bill = [*trained, *([] if tried is None else [tried])]
    seconds, energy = sum(each.seconds for each in bill), sum(each.energy_wh for each in bill)
    predictions = {name: np.stack([each.arrays[name] for each in trained]) for name in arena.splits}
    seen = max(each.tuned.effort.examples_seen for each in trained)
    configs = first.effort.configs_tried + (tried is not None)
    effort = Effort(configs, seen, seconds, "validation", first.effort.augmentations)
    stops = [each.tuned.stopped for each in trained]
    trial = trial or _resting(trained, bar)
    candidate = Candidate(
        "scratch", "scratch", "reference", arena.base.written, arena.bench.seeds[: len(trained)], False, effort,
        Cost(seconds, energy, 0, first.cost.trainable_parameters), predictions["validation"],
        trace=Trace(logs=tuple(each.tuned.log for each in trained)), shippable=False, undertrained=trial.undertrained,
        decided_early=stops[0] if all(stops) else None,
        details={"slim": first.slim, "image_side": first.side, "needed_accuracy": bar, "longer": trial.words},
    )  # fmt: skip
    return Contender(candidate, predictions, {name: p[0] for name, p in predictions.items()})


def _resting(trained: Sequence[Trained], bar: float) -> Trial:
    """Whether the seeds that trained to the end had come to rest: by their mean loss, since one seed's is too noisy."""
    import numpy as np

    from touchstone.stats.monotone import still_improving

    logs = [each.tuned.log for each in trained if each.tuned.stopped is None and not each.tuned.rested]
    if not logs or not still_improving(np.mean([log.validation_losses for log in logs], axis=0)):
        return Trial(False, False, None)
    reach = within_reach(logs)
    if reach >= bar:
        return Trial(False, True, None)
    return Trial(
        False, False,
        f"its loss was still falling, but another gain like that of its second half would take its validation accuracy to {reach:.3f}, "
        f"below the {bar:.3f} that the frozen probe has shown",
    )  # fmt: skip


def _lower_accuracy(arena: Arena, transfer: Contender) -> float:
    """Lower bound of transfer's accuracy on validation, and on training examples predicted out of fold where it was."""
    from touchstone.stats.intervals import lower_bound

    seen = [(transfer.predictions["validation"][0], arena.data.validation.labels)]
    if OUT_OF_FOLD in transfer.predictions:
        seen.append((transfer.predictions[OUT_OF_FOLD][0], arena.data.train.labels))
    right = sum(int((probabilities.argmax(1) == labels).sum()) for probabilities, labels in seen)
    return lower_bound(right, sum(len(labels) for _, labels in seen), SURELY)
