"""Is a declared part of the data served worse than the rest?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from touchstone.core.interval import Estimate, Interval
from touchstone.stats.intervals import clopper_pearson
from touchstone.stats.permutation import MaxT, family, max_t

Floats = NDArray[Any]
Membership = Mapping[str, NDArray[np.bool_]]

LEAST_ITEMS = 30
LEAST_ERRORS = 10
"""A slice with fewer items, or with fewer errors both expected and seen, cannot be judged."""
NO_CLASS_IN_COMMON = "no class stands both inside and outside"
_DRAWS = 4999
_CATCH = 1.645


@dataclass(frozen=True)
class SliceGap:
    """How a slice compares with the rest of the data, classes in equal proportion.

    ``gap`` is mean loss inside minus outside, reweighted to the slice's own classes; ``p_value`` is one-sided (worse
    inside) and closed over all slices of the call; ``simultaneous_low`` bounds the gap from below for all slices at
    once at the call's ``alpha``; ``detectable`` is the gap that would be found 95 % of the time. ``too_small`` says
    why the slice cannot be judged, or is None.
    """

    name: str
    n: int
    inside: float
    outside: float
    gap: float
    interval: Interval
    standard_error: float
    p_value: float
    simultaneous_low: float
    detectable: float
    too_small: str | None


def membership(
    columns: Mapping[str, Sequence[str]],
    *,
    labels: NDArray[Any] | None = None,
    classes: Sequence[str] = (),
    least: int = LEAST_ITEMS,
) -> dict[str, NDArray[np.bool_]]:
    """Slices by name: each value of each column, pairs of columns, and class within value.

    ``columns`` maps names to n values as text; empty values make no slice. ``labels`` (n,) with ``classes`` adds
    ``camera=east & class=rose``. Single values are listed whatever their size, combinations from ``least`` items on.
    """
    single: dict[str, dict[str, NDArray[np.bool_]]] = {}
    for column, values in columns.items():
        array = np.asarray(values, dtype=object)
        single[column] = {f"{column}={one}": np.asarray(array == one) for one in sorted(set(values)) if one != ""}
    if labels is not None:
        single.setdefault("class", {f"class={name}": np.asarray(labels) == k for k, name in enumerate(classes)})
    found = {name: mask for column in columns for name, mask in single[column].items()}
    for first, second in combinations(single, 2):
        for name_a, mask_a in single[first].items():
            for name_b, mask_b in single[second].items():
                both = mask_a & mask_b
                if both.sum() >= least:
                    found[f"{name_a} & {name_b}"] = both
    return found


def slice_gaps(
    losses: NDArray[Any],
    labels: NDArray[Any],
    slices: Membership,
    groups: NDArray[Any] | None = None,
    seed: int = 0,
    *,
    alpha: float = 0.001,
    draws: int = _DRAWS,
) -> list[SliceGap]:
    """Compare every slice with its complement, within true classes, closing the many questions by max-T.

    Parameters
    ----------
    losses : (n,), errors 0/1 (or their mean over seeds) or losses; larger is worse
    labels : int array (n,); the comparison is within classes, else class mix alone would alarm
    slices : name -> bool array (n,), at least one item in and one out
    groups : int array (n,) or None
    alpha : of ``simultaneous_low`` and ``detectable``

    Notes
    -----
    Without groups the null permutes losses within classes, which is exact. With groups it flips the sign of all
    residuals of a group together (a wild cluster bootstrap), which also holds where a slice is made of whole groups.

    References
    ----------
    Westfall, Young (1993) for max-T; Cameron, Gelbach, Miller (Review of Economics and Statistics 2008).
    """
    losses, labels = np.asarray(losses, dtype=np.float64), np.asarray(labels)
    names = [name for name, mask in slices.items() if mask.any() and not mask.all()]
    large = [name for name in names if int(slices[name].sum()) >= LEAST_ITEMS]
    contrasts = {name: _contrast(labels, slices[name]) for name in names}
    tested = [name for name in large if np.any(contrasts[name])]
    outcome, errors = _test(losses, labels, [contrasts[name] for name in tested], groups, seed, draws)
    reach = float(np.quantile(outcome.null, 1.0 - alpha)) if tested else np.inf
    rows = []
    for name in names:
        place = tested.index(name) if name in tested else None
        null_error = errors[place] if place is not None else np.inf
        p_value = float(outcome.p_values[place]) if place is not None else 1.0
        rows.append(_row(name, losses, labels, slices[name], contrasts[name], groups, p_value, null_error, reach))
    return rows


def _contrast(labels: NDArray[Any], mask: NDArray[np.bool_]) -> Floats:
    """Coefficients (n,) with losses @ coefficients = gap; 0 in classes that lack one of the two sides."""
    inside, outside = (np.bincount(labels[side], minlength=labels.max() + 1) for side in (mask, ~mask))
    usable = (inside > 0) & (outside > 0)
    share = np.where(usable, inside, 0) / max(inside[usable].sum(), 1)
    within, without = share / np.maximum(inside, 1), share / np.maximum(outside, 1)
    return np.asarray(np.where(mask, within[labels], -without[labels]))


def _centred(losses: Floats, labels: NDArray[Any]) -> Floats:
    counts = np.maximum(np.bincount(labels), 1)
    return np.asarray(losses - (np.bincount(labels, losses) / counts)[labels])


def _test(
    losses: Floats, labels: NDArray[Any], contrasts: list[Floats], groups: NDArray[Any] | None, seed: int, draws: int
) -> tuple[MaxT, Floats]:
    """Max-T over slices and the null standard error of each gap."""
    if not contrasts:
        return MaxT(np.empty(0), np.empty(0), np.zeros(1)), np.empty(0)
    table = np.stack(contrasts, axis=1)  # (n, slices)
    residual = _centred(losses, labels)
    if groups is None:
        counts = np.bincount(labels)
        spread = np.bincount(labels, residual**2) / np.maximum(counts - 1, 1)
        errors = np.sqrt((table**2 * spread[labels][:, None]).sum(0))
        scaled = table / np.maximum(errors, 1e-12)
        outcome = max_t(lambda orders: residual[orders] @ scaled, len(losses), strata=labels, draws=draws, seed=seed)
        return outcome, errors
    unit = np.unique(groups, return_inverse=True)[1].reshape(-1)
    sums = np.zeros((int(unit.max()) + 1, table.shape[1]))
    np.add.at(sums, unit, table * residual[:, None])
    errors = np.sqrt((sums**2).sum(0))
    scaled = sums / np.maximum(errors, 1e-12)
    signs = np.random.default_rng(seed).choice((-1.0, 1.0), size=(draws, len(sums)))
    return family(scaled.sum(0), (signs @ scaled).max(1)), errors


def _row(
    name: str,
    losses: Floats,
    labels: NDArray[Any],
    mask: NDArray[np.bool_],
    contrast: Floats,
    groups: NDArray[Any] | None,
    p_value: float,
    null_error: float,
    reach: float,
) -> SliceGap:
    gap = float(losses @ contrast)
    inside = float(losses @ np.where(contrast > 0, contrast, 0.0))
    error = _standard_error(losses, labels, mask, contrast, groups)
    return SliceGap(
        name=name,
        n=int(mask.sum()),
        inside=inside,
        outside=inside - gap,
        gap=gap,
        interval=Interval(gap - 1.96 * error, gap + 1.96 * error),
        standard_error=error,
        p_value=p_value,
        simultaneous_low=gap - reach * error if np.isfinite(reach) else -np.inf,
        detectable=(reach + _CATCH) * null_error,
        too_small=_why_too_small(losses, labels, mask, contrast),
    )


def _standard_error(
    losses: Floats, labels: NDArray[Any], mask: NDArray[np.bool_], contrast: Floats, groups: NDArray[Any] | None
) -> float:
    """Of the gap itself, residuals taken within class and side; by group where there are groups."""
    cell = labels * 2 + mask
    scores = contrast * _centred(losses, cell)
    counts = np.bincount(cell)[cell]
    scores = scores * np.sqrt(counts / np.maximum(counts - 1, 1))
    if groups is not None:
        scores = np.bincount(np.unique(groups, return_inverse=True)[1].reshape(-1), scores)
    # a slice without a single error is not known without error: three of its items could be wrong unseen
    least = 1.0 / max(int(mask.sum()), 1)
    return float(np.sqrt(max((scores**2).sum(), least**2)))


def _why_too_small(losses: Floats, labels: NDArray[Any], mask: NDArray[np.bool_], contrast: Floats) -> str | None:
    n = int(mask.sum())
    if n < LEAST_ITEMS:
        return f"{n} items, fewer than {LEAST_ITEMS}"
    if not np.any(contrast):
        return NO_CLASS_IN_COMMON
    counts = np.maximum(np.bincount(labels), 1)
    expected = float((np.bincount(labels, losses) / counts)[labels][mask].sum())
    seen = float(losses[mask].sum())
    if max(expected, seen) < LEAST_ERRORS:
        return f"{expected:.1f} errors expected and {seen:.0f} seen, fewer than {LEAST_ERRORS}"
    return None


def worst_slice_recall(right: NDArray[Any], slices: Membership, *, level: float = 0.95) -> Estimate:
    """The smallest share of right answers over the slices of 30 items or more; exact over all slices together.

    ``right`` (n,) is 0/1. ``missing`` where no slice is large enough.
    """
    counts = [(int(right[mask].sum()), int(mask.sum())) for mask in slices.values() if mask.sum() >= LEAST_ITEMS]
    if not counts:
        return Estimate(float("nan"), missing=f"no slice has {LEAST_ITEMS} items")
    each = 1.0 - (1.0 - level) / len(counts)
    intervals = [clopper_pearson(hits, n, each) for hits, n in counts]
    shares = [hits / n for hits, n in counts]
    worst = int(np.argmin(shares))
    spread = float(np.sqrt(shares[worst] * (1 - shares[worst]) / counts[worst][1]))
    ends = Interval(min(i.low for i in intervals), min(i.high for i in intervals))
    return Estimate(shares[worst], ends, spread, counts[worst][1])
