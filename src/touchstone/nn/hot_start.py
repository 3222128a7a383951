"""Did training start too hot? The run's first steps beside those of a twin at a tenth of its rate."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from touchstone.core.measures import HotStart
from touchstone.core.progress import Progress
from touchstone.core.recipe import Recipe
from touchstone.nn.assembly import TrainingData, canonical
from touchstone.nn.base_model import Base
from touchstone.nn.evaluation import Evaluation, evaluate, moved
from touchstone.nn.families import blocks
from touchstone.nn.job import Bench, Head, Job
from touchstone.nn.loop import Outcome, Plan, train
from touchstone.nn.order import epoch_batches, steps_per_epoch
from touchstone.nn.planning import make_plan
from touchstone.nn.pooling import masked_mean
from touchstone.nn.similarity import likeness
from touchstone.nn.split import evaluating

FIRST_SHARE = 0.10
"""Share of a training's steps that run and twin take."""
FEWEST_STEPS = 20
TWIN_SHARE = 0.1
LOOKED_AT = 512


def hot_start(
    base: Base, recipe: Recipe, data: TrainingData, *, seed: int, head: Head | None, cache: Path, progress: Progress
) -> HotStart:
    """Repeat the first tenth of a training (20 steps at least), and give a twin at a tenth of the rate the same steps.

    The early peak is measured pair by pair: each first step's loss over the loss that the untouched model has on the
    same batch, smoothed over five steps, so that a hard batch is no alarm, and over its loss on new examples where
    that is more: a head that was fitted to these very batches begins next to zero, from where any step is a leap.
    """
    data = canonical(data)
    job = Job(base, recipe, data, seed, head, cache)
    bench = job.laid_out(progress)
    plan = make_plan(job, bench, progress).plan
    plan = replace(plan, average=False, patience=None)
    steps = first_steps(len(bench.labels), plan)
    before = bench.network.state()
    initial = evaluate(bench.network, bench.validation, bench.criterion)
    untouched = _first_losses(bench, plan, seed, steps)
    features = _lowest_features(bench)
    run = _run(bench, plan, seed, steps, progress, "first steps")
    alike = likeness(features, _lowest_features(bench)) if len(features) >= 8 else None
    bench.network.restore(before)
    twin = _run(bench, replace(plan, rate=plan.rate * TWIN_SHARE), seed, steps, progress, "first steps of the twin")
    return HotStart(
        run_losses=_final(run).losses,
        twin_losses=_final(twin).losses,
        initial_loss=initial.loss,
        early_peak_ratio=peak_ratio(np.array(run.log.step_losses), untouched, least=initial.loss),
        update_ratio=float(np.median(run.log.update_ratios)),
        lowest_block_cka=alike,
    )


def first_steps(n: int, plan: Plan) -> int:
    """How many steps run and twin take."""
    total = steps_per_epoch(n, plan.batch_size) * plan.epochs
    return min(total, max(FEWEST_STEPS, math.ceil(FIRST_SHARE * total)))


def peak_ratio(losses: NDArray[np.float64], untouched: NDArray[np.float64], *, least: float = 1e-3) -> float:
    """Greatest smoothed training loss over the smoothed loss of the untouched model on the same batches.

    ``least`` is the smallest loss that a leap is measured from, nats.
    """
    window = min(5, len(losses))
    kernel = np.ones(window) / window
    before = np.maximum(np.convolve(untouched, kernel, "valid"), max(least, 1e-3))
    return float(np.max(np.convolve(losses, kernel, "valid") / before))


def _run(bench: Bench, plan: Plan, seed: int, steps: int, progress: Progress, name: str) -> Outcome:
    return train(
        bench.network, bench.train, bench.labels, plan, bench.criterion, seed=seed, held=bench.validation,
        most_steps=steps, progress=progress, name=name,
    )  # fmt: skip


def _final(outcome: Outcome) -> Evaluation:
    assert outcome.final is not None
    return outcome.final


def _first_losses(bench: Bench, plan: Plan, seed: int, steps: int) -> NDArray[np.float64]:
    """Losses of the untouched model on the batches that the first steps will see."""
    on = next(bench.network.model.parameters()).device
    losses: list[float] = []
    with torch.inference_mode(), evaluating(bench.network.model):
        for epoch in range(plan.epochs):
            for rows, views in epoch_batches(bench.train, plan.batch_size, seed=seed, epoch=epoch):
                if len(losses) == steps:
                    return np.array(losses)
                scores = bench.network.forward(moved(bench.train.batch(rows, views), on))
                losses.append(float(bench.criterion.training(scores, torch.from_numpy(bench.labels[rows]).to(on))))
    return np.array(losses)


def _lowest_features(bench: Bench) -> NDArray[np.float32]:
    """Pooled output of the lowest thawed block on validation inputs, (n, d); empty where the head alone is thawed."""
    if bench.parts.boundary >= bench.network.top:
        return np.empty((0, 1), np.float32)
    caught: list[torch.Tensor] = []
    block = blocks(bench.parts.model)[bench.parts.boundary][1]
    masks: list[torch.Tensor | None] = [None]
    handle = block.register_forward_hook(lambda part, args, output: caught.append(_pooled(output, masks[0])))
    on = next(bench.network.model.parameters()).device
    source = bench.validation.source
    try:
        with torch.inference_mode(), evaluating(bench.network.model):
            for start in range(0, min(LOOKED_AT, len(source)), 64):
                batch = moved(source.batch(np.arange(start, min(start + 64, LOOKED_AT, len(source)))), on)
                masks[0] = batch.get("attention_mask")
                bench.network.forward(batch)
    finally:
        handle.remove()
    return torch.cat(caught).float().cpu().numpy()


def _pooled(output: Any, mask: torch.Tensor | None) -> torch.Tensor:
    """One vector per example: the mean over places or over the tokens that are no padding."""
    value: torch.Tensor = output[0] if isinstance(output, tuple) else output
    if value.dim() == 4:  # (B, C, H, W)
        return value.mean((2, 3))
    return value.mean(1) if mask is None else masked_mean(value, mask.to(value.dtype))  # (B, L, d)
