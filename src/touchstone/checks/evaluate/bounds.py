"""Measuring what a requirement bounds, and holding the measurement against the bound."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf, isfinite, nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from touchstone.checks.context import Context
from touchstone.core.finding import Severity, Status
from touchstone.core.interval import Estimate, Interval
from touchstone.core.measures import Candidate
from touchstone.evaluate import latency, metrics, shift, slices
from touchstone.stats.claims import Claim
from touchstone.stats.decide import ALPHA, ALPHA_PASS, Decision, bound_status, opening_alpha
from touchstone.study.model import Requirement

OF_THE_RUN = ("latency_ms_p50", "latency_ms_p95", "latency_ms_p99", "throughput", "size_mb", "energy_wh", "carbon_g")
"""What is measured once, of what would ship or of the whole run, not of every candidate."""
EXACT = ("size_mb", "energy_wh", "carbon_g")
"""What a counter tells, within a band."""
SLICE_METRICS = ("worst_slice_recall", "worst_slice_gap")


class Unmeasured(Exception):
    """A bound whose quantity could not be measured; the message says why, in a clause."""


@dataclass(frozen=True, slots=True)
class Slots:
    """Predictions, labels and groups of the part of the data that a requirement is about."""

    probabilities: NDArray[Any]
    labels: NDArray[Any]
    groups: NDArray[Any] | None
    columns: Mapping[str, Any]


def hold(evidence: Claim | Estimate, bound: Requirement, opening: int) -> Decision:
    """Is the bound met for certain, missed for certain, or open, at this opening of the test set?

    The k-th opening has alpha / (k (k + 1)) of the error budget.
    """
    if bound.metric in EXACT:
        return _held_by_its_band(evidence, bound)
    alphas = {
        "alpha_pass": opening_alpha(ALPHA_PASS, opening), "alpha_fail": opening_alpha(2 * ALPHA[Severity.BLOCKER], opening),
    }  # fmt: skip
    if isinstance(evidence, Estimate) and evidence.interval is not None and not isfinite(evidence.interval.high):
        evidence = Estimate(evidence.value, Interval(evidence.interval.low, 1e300), evidence.standard_error, evidence.n)
    sides = []
    if bound.minimum is not None:
        sides.append(bound_status(evidence, minimum=bound.minimum, **alphas))
    if bound.maximum is not None:
        sides.append(bound_status(evidence, maximum=bound.maximum, **alphas))
    for status in (Status.FAIL, Status.INCONCLUSIVE):
        for side in sides:
            if side.status is status:
                return side
    return sides[0]


def _held_by_its_band(evidence: Claim | Estimate, bound: Requirement) -> Decision:
    """What is read from a counter has a band that is no confidence interval: met or missed only outside of it."""
    assert isinstance(evidence, Estimate) and evidence.interval is not None, "a band comes with its reading"
    low, high = evidence.interval.low, evidence.interval.high
    least = -inf if bound.minimum is None else bound.minimum
    most = inf if bound.maximum is None else bound.maximum
    if low >= least and high <= most:
        return Decision(Status.PASS, low, high)
    return Decision(Status.FAIL if high < least or low > most else Status.INCONCLUSIVE, low, high)


def measure(context: Context, candidate: Candidate, bound: Requirement) -> Claim | Estimate:
    """The quantity that a requirement bounds, with its uncertainty, of what would ship.

    Raises
    ------
    Unmeasured
        where it could not be had
    """
    if bound.metric in OF_THE_RUN:
        return _RUN[bound.metric.partition("_ms_")[0]](context, candidate, bound)
    if bound.metric == "shift_drop":
        return _shift_drop(context, candidate, bound)
    if bound.metric == "ood_auroc":
        raise Unmeasured("this version does not measure it")
    part = slots(context, candidate, bound.on)
    if bound.metric in SLICE_METRICS:
        return _of_slices(context, part, bound.metric)
    if bound.metric not in metrics.NAMES:
        raise Unmeasured("this version does not measure it")
    if len(part.labels) == 0:
        raise Unmeasured(f"there are no examples in `{bound.on}`")
    return metrics.estimate(bound.metric, part.probabilities, part.labels, groups=part.groups, seed=context.seed)


def slots(context: Context, candidate: Candidate, on: str) -> Slots:
    """What ``test``, a shift set's name or ``column=value`` stands for."""
    column, equals, value = on.partition("=")
    split = on if not equals or on in context.data.shift else "test"
    try:
        whole = Slots(
            context.shipped(candidate, split), context.labels(split), context.groups(split), context.columns(split)
        )
    except KeyError as exc:
        raise Unmeasured(f"`{split}` was not measured") from exc
    if split == on:
        return whole
    if column not in whole.columns:
        raise Unmeasured(f"`{column}` is not among the declared slice columns (data.slices)")
    inside = np.asarray(whole.columns[column], dtype=object) == value
    return Slots(
        whole.probabilities[inside], whole.labels[inside], None if whole.groups is None else whole.groups[inside],
        {name: [v for v, keep in zip(values, inside, strict=True) if keep] for name, values in whole.columns.items()},
    )  # fmt: skip


def _of_slices(context: Context, part: Slots, metric: str) -> Estimate:
    if not part.columns:
        raise Unmeasured("no slice columns are declared (data.slices)")
    right = (part.probabilities.argmax(1) == part.labels).astype(np.float64)
    parts = slices.membership(part.columns)
    if metric == "worst_slice_recall":
        found = slices.worst_slice_recall(right, parts)
        if found.interval is None:
            raise Unmeasured(found.missing or "no slice is large enough")
        return found
    gaps = slices.slice_gaps(1 - right, part.labels, parts, part.groups, context.seed)
    large = [gap for gap in gaps if gap.n >= slices.LEAST_ITEMS and isfinite(gap.standard_error)]
    if not large:
        raise Unmeasured(f"no slice has {slices.LEAST_ITEMS} items")
    return _worst_gap(large)


def _worst_gap(gaps: list[slices.SliceGap]) -> Estimate:
    """The widest gap; its interval holds over all slices at once (Bonferroni)."""
    from scipy.special import ndtri  # type: ignore[import-untyped]

    reach = float(ndtri(1 - 0.025 / len(gaps)))
    worst = max(gaps, key=lambda gap: gap.gap)
    low = max(gap.gap - reach * gap.standard_error for gap in gaps)
    high = max(gap.gap + reach * gap.standard_error for gap in gaps)
    return Estimate(worst.gap, Interval(min(low, worst.gap), max(high, worst.gap)), worst.standard_error, worst.n)


def _shift_drop(context: Context, candidate: Candidate, bound: Requirement) -> Claim | Estimate:
    names = [bound.on] if bound.on in context.data.shift else list(context.data.shift)
    if not names:
        raise Unmeasured("the study gives no shift set (data.shift)")
    try:
        claims = [shift_drop(context, candidate, name) for name in names]
    except KeyError as exc:
        raise Unmeasured(f"shift set {exc} was not measured") from exc
    if not all(isfinite(claim.standard_error) for claim in claims):
        raise Unmeasured("a shift set shares no class with the test set")
    if len(claims) == 1:
        return claims[0]
    tail = 0.025 / len(claims)
    worst = max(claims, key=lambda claim: claim.value)
    ends = max(claim.lower(tail) for claim in claims), max(claim.upper(tail) for claim in claims)
    return Estimate(
        worst.value, Interval(min(ends[0], worst.value), max(ends[1], worst.value)), worst.standard_error, worst.n
    )


def shift_drop(context: Context, candidate: Candidate, name: str) -> Claim:
    """Accuracy lost on a shift set by what would ship, at the shift set's class mix."""
    right = [context.shipped(candidate, split).argmax(1) == context.labels(split) for split in ("test", name)]
    return shift.drop(
        right[0], context.labels("test"), right[1], context.labels(name),
        test_groups=context.groups("test"), shift_groups=context.groups(name),
    )  # fmt: skip


def _latency(context: Context, candidate: Candidate, bound: Requirement) -> Estimate:
    times = _times(context)
    return latency.quantile_interval(times, int(bound.metric.removeprefix("latency_ms_p")) / 100)


def _throughput(context: Context, candidate: Candidate, bound: Requirement) -> Estimate:
    """Examples a second, one at a time: the inverse of the mean call."""
    times = _times(context)
    mean, error = float(times.mean()), float(times.std(ddof=1) / np.sqrt(len(times)))
    low, high = 1000 / (mean + 1.96 * error), 1000 / max(mean - 1.96 * error, 1e-9)
    return Estimate(1000 / mean, Interval(low, high), (high - low) / 3.92, len(times))


def _times(context: Context) -> NDArray[np.float64]:
    if context.latency is None:
        raise Unmeasured(
            f"single calls were not timed ({context.missing.get('latency', 'the run did not come that far')})"
        )
    times = np.asarray(context.latency.milliseconds, dtype=np.float64)
    if latency.variation(times) > latency.UNSTEADY:
        raise Unmeasured("the machine was too busy to be timed: calls varied by more than half of their mean")
    return times


def _size(context: Context, candidate: Candidate, bound: Requirement) -> Estimate:
    size = candidate.details.get("size_mb")
    if size is None:
        raise Unmeasured("the size of the model's files is not known")
    return Estimate(float(size), Interval(float(size), float(size)))


def _energy(context: Context, candidate: Candidate, bound: Requirement) -> Estimate:
    value = context.energy.get(bound.metric)
    used = context.energy.get("energy_wh")
    if value is None or not used:
        raise Unmeasured("the energy of this run is not known")
    scale = float(value) / float(used)
    low, high = (float(context.energy.get(key, nan)) * scale for key in ("low_wh", "high_wh"))
    if not (isfinite(low) and isfinite(high)):
        raise Unmeasured("how far off the energy may be is not known")
    return Estimate(float(value), Interval(min(low, float(value)), max(high, float(value))))


_RUN: Mapping[str, Callable[[Context, Candidate, Requirement], Estimate]] = {
    "latency": _latency, "throughput": _throughput, "size_mb": _size, "energy_wh": _energy, "carbon_g": _energy,
}  # fmt: skip
