"""Check ``data.time_leakage``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from touchstone.checks.check import Check
from touchstone.checks.context import Context, Need
from touchstone.checks.data.implied import look_at_dates
from touchstone.checks.data.splits import REPAIR, Pair, pairs
from touchstone.checks.words import between, counted, percent, points
from touchstone.core.finding import Finding, Severity, Status
from touchstone.dataset.model import Examples
from touchstone.dataset.times import later_share


class TimeLeakage(Check):
    """Is the future used to predict the past?

    **Question.** Where the data carry dates, were any training examples recorded later than examples that are
    measured on? In use the model will only ever know the past.

    **Method.** Over all pairs of a training and a test example with known times, the share in which the training
    example is the later one: 0 for a split in time, about 0.5 for a random one. Equal times do not count.
    Deterministic. From 1 % of pairs a blocker between training and test, below that (a stray date) major, and major
    where the split was made here but groups had to stay whole (minor between training and validation); never more than
    major where only the choice is touched (validation). A shift set may be of any time and is not asked. Where no time
    is declared but a column of dates stands on both sides and runs across them, it is asked what it is worth: held-out
    accuracy of a linear probe with folds at random, minus that with ten stretches of time held out whole. From 3
    points, and above 0 for certain, a fail (major).

    **Source.** Kapoor and Narayanan (Patterns 2023); Roberts et al. (Ecography 2017).

    **Cannot see.** Wrong or missing dates, and columns that were filled in after the event.
    """

    id: ClassVar[str] = "data.time_leakage"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.DATA})
    thresholds: ClassVar[Mapping[str, float]] = {
        "later_pairs": 0.0,
        "blocker_from_pairs": 0.01,
        "harm_undeclared": 0.03,
    }

    def run(self, context: Context) -> Iterator[Finding]:
        column = context.study.data.columns.time
        for pair in pairs(context.data):
            if pair.second in context.data.shift:
                continue
            finding = self._judge(pair, column or "time", context)
            # where nothing is declared, saying so once is enough
            if pair.decides or column is not None or finding.status is not Status.NOT_APPLICABLE:
                yield finding

    def _judge(self, pair: Pair, column: str, context: Context) -> Finding:
        *first, second = pair.used
        task, overlap = context.study.task, _overlap(first, second)
        if overlap is None:
            declared = context.study.data.columns.time is not None
            return self._unread(pair, column) if declared else self._undeclared(pair, context)
        if overlap.share > 0:
            return self._fail(pair, column, task, overlap, second)
        given = None if pair.given is None else _overlap([pair.given[0]], pair.given[1])
        if given is not None and given.share > 0:
            return self._mended(pair, column, task, given, second)
        how = f"`{pair.second}` was made here from the latest examples" if pair.made_here else "as given"
        return self.finding(
            pair.subject, Status.PASS,
            f"By `{column}`, nothing in {pair.first} is later than anything in {pair.second} ({how}).",
            value=0.0, threshold=0.0, n=len(second),
        )  # fmt: skip

    def _unread(self, pair: Pair, column: str) -> Finding:
        return self.finding(
            pair.subject, Status.INCONCLUSIVE,
            f"The time column `{column}` holds no moment that can be read on one side, so whether the future predicts the past is not known.",
            severity=Severity.BLOCKER if pair.decides else Severity.MINOR,
            remedy="write dates as 2026-03-01 or 2026-03-01T10:00, or as numbers that grow with time",
        )  # fmt: skip

    def _undeclared(self, pair: Pair, context: Context) -> Finding:
        dated = look_at_dates(context, pair) if pair.decides else None
        if dated is not None and dated.harms(self.thresholds["harm_undeclared"]):
            interval, harm = dated.harm.claim.interval(), dated.harm
            return self.finding(
                pair.subject, Status.FAIL,
                f"No time is declared, but the column `{dated.column}` holds dates, and taking one example of each side at random, that of "
                f"{pair.first} is the later in {percent(dated.share)} of cases. {harm.probe.capitalize()} that has seen the same stretch of time is right in "
                f"{percent(harm.seen)} of cases, else in {percent(harm.unseen)}: scores on {pair.second} flatter by about "
                f"{points(harm.claim.value)} ({between(interval.low, interval.high)}).",
                severity=Severity.MAJOR, value=dated.share, threshold=0.0, n=len(pair.used[-1]),
                remedy=f"declare it (data.columns.time: {dated.column}), so that the latest examples become the test set",
                column=dated.column, harm=harm.claim.value, harm_interval=interval,
            )  # fmt: skip
        seen = "" if dated is None else (
            f" The column `{dated.column}` holds dates that run across both; to have seen the same stretch of time is worth "
            f"{points(dated.harm.claim.value, sign=True)} to a probe, and no harm is proven."
        )  # fmt: skip
        mend = f"data.columns.time: {dated.column}" if dated else "columns.time"
        return self.finding(
            pair.subject, Status.NOT_APPLICABLE,
            f"No time column is declared for both sides, so whether the future predicts the past is not known.{seen}",
            remedy=f"name the column that tells when an example was recorded ({mend}), if there is one",
        )  # fmt: skip

    def _severity(self, pair: Pair, overlap: _Overlap) -> Severity:
        # Made here, an overlap is what is left where groups that run on for long must stay whole as well.
        if pair.made_here and not pair.decides:
            return Severity.MINOR  # the choice of a model may suffer; the score it gets does not
        stray = overlap.share < self.thresholds["blocker_from_pairs"] or pair.made_here
        return Severity.MAJOR if stray else pair.gravest(Severity.BLOCKER)

    def _fail(self, pair: Pair, column: str, task: str, overlap: _Overlap, second: Examples) -> Finding:
        return self.finding(
            pair.subject, Status.FAIL,
            f"By `{column}`, {overlap.n_later:,} of {counted(overlap.n_first, task)} of {pair.first} are later than the earliest of "
            f"{pair.second}; taking one of each at random, the training one is the later in {percent(overlap.share)} of cases "
            "(50 % is a random split). Scores then tell how well the past is explained, not how well the future is foreseen.",
            severity=self._severity(pair, overlap), value=overlap.share, threshold=0.0, n=len(second),
            remedy=_remedy(pair, column),
            examples=list(overlap.later), split=pair.first, n_later=overlap.n_later,
        )  # fmt: skip

    def _mended(self, pair: Pair, column: str, task: str, given: _Overlap, second: Examples) -> Finding:
        return self.finding(
            pair.subject, Status.FAIL,
            f"As given, {given.n_later:,} of {counted(given.n_first, task)} of {pair.first} were later by `{column}` than the earliest of "
            f"{pair.second}; they were left out, and {counted(len(second), task)} remain in {pair.second}.",
            severity=Severity.MINOR, value=given.share, threshold=0.0, n=len(second),
            remedy=f"the overlap was left out; split by `{column}` to use every example ({REPAIR})",
            severity_unmended=str(self._severity(pair, given)), examples=list(given.later), split=pair.first,
        )  # fmt: skip


def _remedy(pair: Pair, column: str) -> str:
    if pair.made_here:
        return "groups that run on for long cannot be cut in time; give a test set of later groups, or drop the group column if it does not matter"
    return f"leave `{pair.second}` out of the study file, so that a new one is made from the latest examples, or split by `{column}` ({REPAIR})"


@dataclass(frozen=True, slots=True)
class _Overlap:
    share: float
    """Share of pairs in which the first side's example is the later one."""
    n_first: int
    n_later: int
    """Examples of the first side that are later than the earliest of the second."""
    later: Sequence[str]


def _overlap(first: Sequence[Examples], second: Examples) -> _Overlap | None:
    if second.times is None or any(side.times is None for side in first):
        return None
    names = np.array([name for side in first for name in side.names], dtype=object)
    times = np.concatenate([np.asarray(side.times, dtype=np.float64) for side in first])
    known = np.isfinite(times)
    measured = np.sort(second.times[np.isfinite(second.times)])
    if not known.any() or len(measured) == 0:
        return None
    later = known & (np.where(known, times, -np.inf) > measured[0])
    return _Overlap(later_share(times[known], measured), int(known.sum()), int(later.sum()), names[later].tolist())
