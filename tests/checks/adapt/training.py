"""Traces of trainings that went well or too hot."""

from __future__ import annotations

from typing import Any

import numpy as np

from touchstone.core.interval import Estimate, Interval
from touchstone.core.measures import HotStart, Retention, Trace, TrainingLog


def log(
    rng: np.random.Generator, *, rate: float = 1e-4, heat: float = 0.0, steps: int = 100, end: float = 0.1
) -> TrainingLog:
    """A training of these many steps; ``heat`` 0 goes down smoothly, 1 leaps and comes down, 3 never comes back."""
    time = np.linspace(0, 1, steps)
    losses = end + (0.7 - end) * np.exp(-4 * time) + 0.02 * rng.standard_normal(steps)
    losses = np.abs(losses + heat * (0.9 * np.exp(-40 * (time - 0.03) ** 2 / 0.01) + (1.0 if heat > 2 else 0.0)))
    ratios = np.full(steps, 1e-3 * (1 + 15 * heat)) * rng.uniform(0.8, 1.2, steps)
    marks = tuple(range(steps // 5, steps + 1, steps // 5))
    return TrainingLog(
        rate, marks, tuple(32 * m for m in marks), tuple(float(losses[m - 1]) for m in marks), tuple(float(losses[m - 1]) + 0.1 for m in marks),
        (0.8,) * len(marks), tuple(losses.tolist()), tuple(ratios.tolist()),
    )  # fmt: skip


def hot_start(rng: np.random.Generator, n: int, *, excess: float, heat: float) -> HotStart:
    """The run beside its twin: ``excess`` nats of validation loss, and signs of this heat."""
    twin = rng.gamma(1.0, 0.5, n)
    run = np.maximum(twin + excess + 0.3 * rng.standard_normal(n), 0.0)
    return HotStart(run, twin, 0.6, 1.0 + 1.5 * heat, 1e-3 * (1 + 15 * heat), max(0.0, 0.95 - 0.6 * heat))


def retention(
    *, retained: float, moved: float = 0.02, spread: float = 0.05, base: float = 0.9, twin: float = 0.4
) -> Retention:
    tuned = twin + retained * (base - twin)
    return Retention(
        Estimate(retained, Interval(retained - 2 * spread, retained + 2 * spread), spread, 1000), base, twin, tuned,
        {"stem": 1.0, "middle": 0.95 if retained > 0.6 else 0.3, "top": 0.7}, {"stem": 0.0, "middle": moved, "top": 2 * moved}, 1000,
    )  # fmt: skip


def trace(logs: tuple[TrainingLog, ...] = (), **more: Any) -> Trace:
    return Trace(logs, **more)
