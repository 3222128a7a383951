"""Signs that training started too hot, read from logs, weights and features: each by itself is a hint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np

from touchstone.core.measures import Candidate, Trace, TrainingLog

EARLY_PEAK = 1.5
"""Training loss in the first steps over the untouched model's, or over the first step's where only a log is there."""
UPDATE_RATIO = 1e-2
"""Median step size relative to the weights; about 1e-3 is usual."""
CKA = 0.5
"""Likeness of the lowest thawed block's features to the base's."""
DISPLACED_BESIDE = 10.0
"""Times as far from the base as Touchstone's own fine-tuned candidate on the same base."""
DISPLACED_ALONE = 0.5
"""||W_ft - W_base|| / ||W_base|| of half the blocks or more: ordinary fine-tuning moves a few percent."""
MOVED = 1e-6
"""The same share of a block below which it was not trained."""
RANGE_TEST, RISEN = 10.0, 1.2
"""Times the rate at which the range test's loss was lowest, and times the loss of its slowest rates that this one showed:
a training from a good head learns nothing in so few steps at any gentle rate, and where its curve is least is chance."""


@dataclass(frozen=True, slots=True)
class Sign:
    """One hint that training was too hot."""

    name: str
    told: str


def divergence(candidate: Candidate) -> str | None:
    """Why the training counts as diverged, or None: numbers that are none, or a training loss that never recovered."""
    if not np.isfinite(candidate.validation_probabilities).all():
        return "its predictions are not numbers"
    for log in candidate.trace.logs if candidate.trace else ():
        if not all(map(isfinite, (*log.step_losses, *log.train_losses, *log.validation_losses))):
            return "the loss became infinite or not a number"
        if _never_recovered(log):
            return "the training loss ended above where it began"
    return None


def _never_recovered(log: TrainingLog) -> bool:
    losses = np.asarray(log.step_losses if len(log.step_losses) >= 20 else log.train_losses, dtype=np.float64)
    if len(losses) < 4:
        return False
    tenth = max(1, len(losses) // 10)
    # a fair start, not one lucky batch: the first step and the mean of the first tenth, whichever is larger
    begun = max(float(losses[0]), float(losses[:tenth].mean())) if tenth > 1 else float(losses[0])
    return float(losses[-tenth:].mean()) > max(1.05 * begun, begun + 0.02)


def signs(candidate: Candidate, siblings: Sequence[Candidate]) -> Iterator[Sign]:
    """Every hint that the trace holds; ``siblings`` are Touchstone's own fine-tuned candidates on the same base."""
    trace = candidate.trace
    if trace is None:
        return
    yield from _of_steps(trace)
    yield from _of_features(trace)
    yield from _of_weights(trace, siblings)
    yield from _of_range_test(trace)


def looked_for(candidate: Candidate) -> tuple[str, ...]:
    """Which signs could have shown: what was measured of this training."""
    trace = candidate.trace
    if trace is None:
        return ()
    start, kept = trace.hot_start, trace.retention
    measured = {
        "early_peak": start is not None or any(len(log.step_losses) >= 20 for log in trace.logs),
        "update_ratio": start is not None or any(log.update_ratios for log in trace.logs),
        "lowest_block": start is not None and start.lowest_block_cka is not None,
        "features_moved": kept is not None and bool(kept.cka),
        "displacement": kept is not None and bool(kept.displacement),
        "retained": kept is not None and kept.retained is not None,
        "range_test": any(len(log.range_test) >= 10 for log in trace.logs),
    }
    return tuple(name for name, there in measured.items() if there)


def _of_steps(trace: Trace) -> Iterator[Sign]:
    measured = [] if trace.hot_start is None else [trace.hot_start.early_peak_ratio]
    peaks = measured or [_early_peak(log) for log in trace.logs if len(log.step_losses) >= 20]
    if peaks and max(peaks) >= EARLY_PEAK:
        yield Sign(
            "early_peak", f"the training loss leapt to {max(peaks):.1f} times the untouched model's in the first steps"
        )
    ratios = [float(np.median(log.update_ratios)) for log in trace.logs if log.update_ratios]
    if trace.hot_start is not None:
        ratios.append(trace.hot_start.update_ratio)
    if ratios and max(ratios) > UPDATE_RATIO:
        yield Sign("update_ratio", f"each step changed the weights by {100 * max(ratios):.1f} % (about 0.1 % is usual)")


def _early_peak(log: TrainingLog) -> float:
    """Greatest over first training loss of the first 5 % of steps, both as means of three: one odd batch is no leap."""
    losses = np.asarray(log.step_losses, dtype=np.float64)
    smooth = np.convolve(losses, np.full(3, 1 / 3), "valid")[: max(4, len(losses) // 20)]
    return float(smooth.max() / smooth[0]) if smooth[0] > 0 else 1.0


def _of_features(trace: Trace) -> Iterator[Sign]:
    alike = trace.hot_start.lowest_block_cka if trace.hot_start is not None else None
    if alike is not None and alike < CKA:
        yield Sign(
            "lowest_block",
            f"after warm-up the lowest trained block was hardly like the base's (likeness {alike:.2f} of 1)",
        )
    if trace.retention is not None and trace.retention.cka:
        # the lowest block that was trained at all: a frozen block is like itself
        weights = trace.retention.displacement
        moved = [alike for block, alike in trace.retention.cka.items() if weights.get(block, 0.0) > MOVED]
        if moved and moved[0] < CKA:
            yield Sign(
                "features_moved",
                f"even the lowest trained block ended unlike the base's (likeness {moved[0]:.2f} of 1)",
            )


def _of_weights(trace: Trace, siblings: Sequence[Candidate]) -> Iterator[Sign]:
    if trace.retention is None:
        return
    own = _displacement(trace.retention.displacement)
    beside = [
        d
        for one in siblings
        if one.trace and one.trace.retention
        if (d := _displacement(one.trace.retention.displacement)) > 0
    ]
    if beside and own >= DISPLACED_BESIDE * float(np.median(beside)):
        yield Sign(
            "displacement",
            f"its weights moved {own / float(np.median(beside)):.0f} times as far from the base as those of a tuned run",
        )
    elif own >= DISPLACED_ALONE:
        yield Sign("displacement", f"its weights moved by {100 * own:.0f} % of their own size (a few percent is usual)")


def _displacement(blocks: Any) -> float:
    """Median over the blocks that moved."""
    moved = [value for value in blocks.values() if value > MOVED]
    return float(np.median(moved)) if moved else 0.0


def _of_range_test(trace: Trace) -> Iterator[Sign]:
    for log in trace.logs:
        if len(log.range_test) >= 10:
            rates = np.array([rate for rate, _ in log.range_test])
            losses = np.array([loss for _, loss in log.range_test])
            best = float(rates[np.nanargmin(losses)])
            if log.learning_rate >= RANGE_TEST * best and _risen(log.learning_rate, rates, losses):
                yield Sign(
                    "range_test",
                    f"the rate {log.learning_rate:g} is {log.learning_rate / best:.0f} times the one at which a range test did best",
                )
                return


def _risen(rate: float, rates: Any, losses: Any) -> bool:
    """Whether the range test's loss had clearly risen at this rate, or the test had ended before it."""
    order = np.argsort(rates)
    began = float(np.nanmedian(losses[order[: max(3, len(order) // 4)]]))
    at = float(np.interp(np.log(rate), np.log(rates[order]), losses[order]))
    return bool(rate > rates.max() or at > RISEN * began)
