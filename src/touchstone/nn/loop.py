"""The training loop: plain, deterministic for its seed, with a log of every step."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from touchstone.core.measures import TrainingLog
from touchstone.core.progress import Progress, Silent
from touchstone.nn.criterion import Criterion
from touchstone.nn.evaluation import Evaluation, Held, evaluate, moved
from touchstone.nn.network import Network, optimizer
from touchstone.nn.order import Rows, epoch_batches, steps_per_epoch
from touchstone.nn.schedule import multiplier
from touchstone.nn.source import Source
from touchstone.nn.threads import suited

CLIP = 1.0
"""Largest norm of all gradients together."""
AVERAGED_SHARE = 0.25
MOST_MEASURED = 5_000_000
"""Weight tensors of more numbers are left out of the median update ratio: copying an embedding costs more than it tells."""
MOST_EVALUATIONS = 25
Stop = Callable[[TrainingLog], "str | None"]


@dataclass(frozen=True)
class Plan:
    """Settings of one training. ``epochs`` may end it before the ``horizon`` that the schedule is made for."""

    rate: float
    epochs: int
    horizon: int
    batch_size: int = 32
    warmup: float = 0.1
    optimizer: Literal["adamw", "sgd"] = "adamw"
    weight_decay: float = 0.01
    layer_decay: float = 1.0
    average: bool = False
    """Keep the mean of the weights over the last quarter of the steps."""
    patience: int | None = None
    """Stop when the smoothed validation loss has not fallen for so many evaluations, and keep the best weights. The
    loss is tempered: networks grow too sure of themselves while they still get better at telling classes apart, and
    the plain loss would keep an early, weaker state."""
    gradual: tuple[int, int] | None = None
    """(highest, lowest) block: thaw from the one down to the other, evenly over the first half."""


@dataclass
class Outcome:
    """What a training left behind; the network holds the weights that are kept."""

    log: TrainingLog
    final: Evaluation | None
    """Of the weights that are kept."""
    best: Evaluation | None
    """At the evaluation with the smallest mean loss."""
    stopped: str | None
    examples_seen: int
    looks: tuple[Evaluation, ...] = ()
    """Every evaluation on the way, the first before training."""


@dataclass
class _Record:
    """The log while it grows."""

    rate: float
    range_test: tuple[tuple[float, float], ...] = ()
    step_losses: list[float] = field(default_factory=list)
    update_ratios: list[float] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    seen: list[int] = field(default_factory=list)
    train_losses: list[float] = field(default_factory=list)
    evaluations: list[Evaluation] = field(default_factory=list)

    def add(self, evaluation: Evaluation, seen: int) -> None:
        since = self.steps[-1] if self.steps else 0
        recent = self.step_losses[since:] or self.step_losses[-1:]
        self.steps.append(len(self.step_losses))
        self.seen.append(seen)
        self.train_losses.append(float(np.mean(recent)) if recent else evaluation.loss)
        self.evaluations.append(evaluation)

    def best(self) -> int:
        """The evaluation with the smallest tempered loss, each the mean of itself and the two before it."""
        return int(np.argmin(trailing([evaluation.tempered for evaluation in self.evaluations])))

    def log(self) -> TrainingLog:
        return TrainingLog(
            learning_rate=self.rate,
            steps=tuple(self.steps),
            examples_seen=tuple(self.seen),
            train_losses=tuple(self.train_losses),
            validation_losses=tuple(e.loss for e in self.evaluations),
            validation_accuracies=tuple(e.accuracy for e in self.evaluations),
            step_losses=tuple(self.step_losses),
            update_ratios=tuple(self.update_ratios),
            range_test=self.range_test,
            tempered_losses=tuple(e.tempered for e in self.evaluations),
        )


def train(
    network: Network,
    source: Source,
    labels: Rows,
    plan: Plan,
    criterion: Criterion,
    *,
    seed: int,
    held: Held | None,
    rows: Rows | None = None,
    stop: Stop | None = None,
    most_steps: int | None = None,
    range_test: tuple[tuple[float, float], ...] = (),
    progress: Progress | None = None,
    name: str = "training",
) -> Outcome:
    """Train in place.

    Parameters
    ----------
    network : its thawed weights are moved
    source, labels : training examples; ``labels`` int64 of shape (n,)
    held : looked at after every epoch (at most 25 times in all); None trains blindly
    rows : the examples to train on, all by default
    stop : asked after every look; a reason ends the training
    most_steps : end after so many steps, whatever the plan says
    """
    keeper = _Keeper(network, plan, len(labels) if rows is None else len(rows))
    record = _Record(plan.rate, range_test)
    mover = optimizer(network, plan.optimizer, plan.rate, weight_decay=plan.weight_decay, layer_decay=plan.layer_decay)
    seen, stopped = 0, None
    if held is not None:
        record.add(evaluate(network, held, criterion), 0)
        keeper.judge(record)
    threads = suited(network, source, plan.batch_size)
    with threads, repeatable(seed), (progress or Silent()).task(name, keeper.total) as bar:
        for epoch in range(plan.epochs):
            keeper.start_epoch(epoch)
            batches = epoch_batches(
                source, plan.batch_size, seed=seed, epoch=epoch, rows=rows, at_least=keeper.at_least
            )
            for some, views in batches:
                loss, ratio = _step(network, mover, source, some, views, labels, criterion, keeper.share())
                record.step_losses.append(loss)
                record.update_ratios.append(ratio)
                seen += len(some)
                keeper.after_step()
                bar.advance()
                ended = keeper.done == most_steps or not math.isfinite(loss)
                if ended:
                    break
            stopped = None if math.isfinite(loss) else "the training loss is no longer a number"
            if held is not None and (ended or looks_after(epoch, plan.epochs)):
                record.add(evaluate(network, held, criterion), seen)
                stopped = stopped or keeper.judge(record) or (stop(record.log()) if stop is not None else None)
            if ended or stopped:
                break
    return _outcome(network, keeper, record, held, criterion, stopped, seen)


def _outcome(
    network: Network, keeper: _Keeper, record: _Record, held: Held | None, criterion: Criterion,
    stopped: str | None, seen: int,
) -> Outcome:  # fmt: skip
    changed = keeper.keep()
    network.model.eval()
    if held is None:
        return Outcome(record.log(), None, None, stopped, seen)
    best = min(record.evaluations, key=lambda evaluation: evaluation.loss)
    final = evaluate(network, held, criterion) if changed else record.evaluations[-1]
    if final.loss < best.loss:
        best = final
    return Outcome(record.log(), final, best, stopped, seen, tuple(record.evaluations))


def trailing(losses: Sequence[float]) -> NDArray[np.float64]:
    """Each the mean of itself and the two before it."""
    return np.array([np.mean(losses[max(0, i - 2) : i + 1]) for i in range(len(losses))])


def looks_after(epoch: int, epochs: int) -> bool:
    """Whether a training of so many epochs is looked at after this one: about 25 times in all, and at its end."""
    every = max(1, -(-epochs // MOST_EVALUATIONS))
    return (epoch + 1) % every == 0 or epoch + 1 == epochs


class _Keeper:
    """Knows where in the plan a training stands, and which weights it will keep."""

    def __init__(self, network: Network, plan: Plan, n: int) -> None:
        self.network, self.plan = network, plan
        self.at_least = 2 if network.trains_statistics else 1
        self.per_epoch = steps_per_epoch(n, plan.batch_size, self.at_least)
        self.total = self.per_epoch * plan.epochs
        self.horizon = self.per_epoch * plan.horizon
        self.done = 0
        self._mean: dict[str, Tensor] | None = None
        self._averaged = 0
        self._best: dict[str, Tensor] | None = None

    def start_epoch(self, epoch: int) -> None:
        if self.plan.gradual is not None:
            highest, lowest = self.plan.gradual
            passed = min(1.0, 2 * epoch / max(1, self.plan.epochs))
            self.network.thaw(highest - round(passed * (highest - lowest)))
        self.network.train_mode()

    def share(self) -> float:
        return multiplier(self.done, self.horizon, self.plan.warmup)

    def after_step(self) -> None:
        self.done += 1
        if not self.plan.average or self.done <= (1 - AVERAGED_SHARE) * self.total:
            return
        self._averaged += 1
        if self._mean is None:
            self._mean = self.network.state()
            return
        with torch.no_grad():
            for name, parameter in self.network.weights.items():
                self._mean[name].lerp_(parameter, 1 / self._averaged)

    def judge(self, record: _Record) -> str | None:
        """Keep the best weights so far; a reason where patience is at its end."""
        if self.plan.patience is None:
            return None
        last, best = len(record.evaluations) - 1, record.best()
        if best == last:
            self._best = self.network.state()
        elif last - best >= self.plan.patience:
            return f"validation loss has not fallen for {self.plan.patience} evaluations"
        return None

    def keep(self) -> bool:
        """Put the weights that are kept into the network; whether they differ from the last step's."""
        kept = self._best if self.plan.patience is not None else self._mean
        if kept is None:
            return False
        self.network.restore(kept)
        return True


def _step(
    network: Network, mover: torch.optim.Optimizer, source: Source, rows: Rows, views: Rows, labels: Rows,
    criterion: Criterion, share: float,
) -> tuple[float, float]:  # fmt: skip
    """One update: its loss, and the median over weight tensors of ||dW|| / ||W||, embeddings of words left out."""
    on = next(network.model.parameters()).device
    for group in mover.param_groups:
        group["lr"] = group["initial_lr"] * share
    batch = moved(source.batch(rows, views), on)
    with network.casting():
        loss = criterion.training(network.forward(batch), torch.from_numpy(labels[rows]).to(on))
    mover.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    moving = [parameter for parameter in network.weights.values() if parameter.grad is not None]
    torch.nn.utils.clip_grad_norm_(moving, CLIP)
    matrices = [parameter for parameter in moving if parameter.ndim > 1 and parameter.numel() <= MOST_MEASURED]
    before = [parameter.detach().clone() for parameter in matrices]
    mover.step()
    return float(loss.detach()), _update_ratio(before, matrices)


def _update_ratio(before: list[Tensor], after: list[torch.nn.Parameter]) -> float:
    with torch.no_grad():
        changes = torch._foreach_norm(torch._foreach_sub(list(after), before))
        sizes = torch._foreach_norm(before)
    ratios = [float(change) / max(float(size), 1e-12) for change, size in zip(changes, sizes, strict=True)]
    return float(np.median(ratios)) if ratios else 0.0


@contextmanager
def repeatable(seed: int) -> Iterator[None]:
    """Draw from ``seed`` and use repeatable kernels inside the block; leave everything as it was afterwards."""
    settings: Any = torch.utils.deterministic
    was, filled = torch.are_deterministic_algorithms_enabled(), settings.fill_uninitialized_memory
    torch.use_deterministic_algorithms(True, warn_only=True)
    settings.fill_uninitialized_memory = False  # costs a pass over every new tensor, and nothing reads them unwritten
    try:
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            yield
    finally:
        torch.use_deterministic_algorithms(was)
        settings.fill_uninitialized_memory = filled
