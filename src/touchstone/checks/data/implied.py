"""Groups and dates that nobody declared, and what it is worth to have seen them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from touchstone.checks.context import Context
from touchstone.checks.data.splits import Pair
from touchstone.checks.words import listed, points
from touchstone.core.finding import Severity
from touchstone.dataset.implied_groups import Implied, implied_groups
from touchstone.dataset.model import Examples
from touchstone.dataset.probed import Probed
from touchstone.dataset.times import is_date, later_share, seconds
from touchstone.evaluate.group_harm import Harm, group_harm
from touchstone.stats.decide import ALPHA, ALPHA_PASS

POINT = 0.01
STRETCHES, FEWEST_DATES = 10, 20
LEAST_LATER = 0.01
"""Share of pairs in the wrong order below which a split counts as one in time."""


@dataclass(frozen=True)
class Looked:
    """Every grouping that was asked, with the larger of its harms."""

    asked: list[tuple[Implied, Harm]] = field(default_factory=list)
    tests: int = 1
    """Claims among which the largest is looked for."""

    def worst(self, least: float) -> tuple[Implied, Harm] | None:
        """The most harmful grouping whose harm is this large and above 0 for certain."""
        alpha = ALPHA[Severity.MAJOR] / self.tests
        sure = [
            (group, harm) for group, harm in self.asked if harm.claim.value >= least and harm.claim.lower(alpha) > 0
        ]
        return max(sure, key=lambda one: one[1].claim.value, default=None)

    def is_open(self, least: float) -> bool:
        """Whether some grouping seems to do harm, and that much of it is not ruled out."""
        return any(harm.claim.value >= POINT and harm.claim.upper(ALPHA_PASS) >= least for _, harm in self.asked)

    def __str__(self) -> str:
        if not self.asked:
            return ""
        told = [f"{group.told} ({points(harm.claim.value, sign=True)})" for group, harm in self.asked]
        return f" What stands on both sides was asked what it is worth to a probe to have seen it, and no harm is proven: {listed(told, 3)}."

    def details(self) -> list[dict[str, Any]]:
        return [
            {"group": group.told, "column": group.column, "harm": harm.claim.value, "interval": harm.claim.interval()}
            for group, harm in self.asked
        ]


def look(context: Context, pair: Pair) -> Looked:
    """Ask every likely grouping that crosses two splits; nothing where no examples were probed."""
    first, second = pair.used[0], pair.used[-1]
    groupings = implied_groups(first, second)
    found = _of_first(context, first) if groupings else None
    if found is None:
        return Looked()
    probed, places = found
    asked, tests = [], 0
    for group in groupings:
        values = [group.first[place] or f"({first.names[place]})" for place in places]
        numbers = np.unique(np.asarray(values), return_inverse=True)[1]
        if len(set(numbers.tolist())) in (1, len(numbers)):
            continue
        harms = group_harm(probed, numbers, seed=context.seed)
        tests += len(harms)
        asked.append((group, max(harms, key=lambda harm: harm.claim.value)))
    return Looked(asked, max(tests, 1))


def _of_first(context: Context, first: Examples) -> tuple[Probed, list[int]] | None:
    """The probed examples that are in the first split, and where; others were cut off for validation or left out."""
    probed = context.probed
    if probed is None:
        return None
    place = {name: row for row, name in enumerate(first.names)}
    rows = np.array([row for row, name in enumerate(probed.examples.names) if name in place], dtype=np.int64)
    places = [place[probed.examples.names[row]] for row in rows]
    if len(rows) == len(probed.examples):
        return probed, places
    some = probed.examples.take(rows)
    if len(np.unique(some.labels)) < 2:
        return None
    features, probabilities = probed.features[rows], probed.probabilities[rows]
    return replace(probed, examples=some, features=features, probabilities=probabilities), places


@dataclass(frozen=True)
class Dated:
    """A column of dates that nobody declared, and what it is worth to have seen the same stretch of time."""

    column: str
    share: float
    """Of pairs of an example of each side, those in which the first side's is the later."""
    harm: Harm

    def harms(self, least: float) -> bool:
        """Whether the harm is this large, and above 0 for certain."""
        return self.harm.claim.value >= least and self.harm.claim.lower(ALPHA[Severity.MAJOR]) > 0


def look_at_dates(context: Context, pair: Pair) -> Dated | None:
    """The first column of dates that runs across two splits; None where there is none or nothing was probed."""
    first, second = pair.used[0], pair.used[-1]
    for name in first.columns:
        if name not in second.columns:
            continue
        ours = _moments(first.columns[name])
        theirs = None if ours is None else _moments(second.columns[name])
        if ours is None or theirs is None:
            continue
        share = later_share(ours[np.isfinite(ours)], np.sort(theirs[np.isfinite(theirs)]))
        found = _of_first(context, first) if share >= LEAST_LATER else None
        if found is None:
            continue
        probed, places = found
        times = ours[places]
        cuts = np.unique(np.nanquantile(times, np.linspace(0, 1, STRETCHES + 1)[1:-1]))
        stretches = np.searchsorted(cuts, np.where(np.isfinite(times), times, cuts[0]), side="right")
        if len(np.unique(stretches)) < STRETCHES // 2:
            continue
        [harm] = group_harm(probed, stretches, neighbours=False, seed=context.seed)
        return Dated(name, share, harm)
    return None


def _moments(cells: Sequence[str]) -> NDArray[np.float64] | None:
    """Dates as seconds, NaN where a cell is empty; None where the column holds something else or hardly varies."""
    filled = [cell for cell in cells if cell]
    if len(filled) < 0.9 * len(cells) or len(set(filled)) < FEWEST_DATES:
        return None
    others = 0
    for cell in filled:  # most columns are given up after a few cells
        others += not is_date(cell)
        if others > 0.05 * len(filled):
            return None
    return np.array([seconds(cell) if cell else np.nan for cell in cells])
