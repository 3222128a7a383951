"""Check ``evaluate.slices``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from touchstone.checks.context import Context
from touchstone.checks.doubt import more
from touchstone.checks.judged import JudgedCheck
from touchstone.checks.words import between, counted, listed, percent, points, things
from touchstone.core.finding import Finding, Severity, Status
from touchstone.core.measures import Candidate
from touchstone.evaluate.slices import LEAST_ITEMS, NO_CLASS_IN_COMMON, SliceGap, membership, slice_gaps
from touchstone.stats.decide import ALPHA, ALPHA_PASS
from touchstone.stats.intervals import clopper_pearson
from touchstone.stats.power import needed_n

_MOST = 50
"""Slices that get a finding of their own; the worst first."""


class Slices(JudgedCheck):
    """Is any group, declared or discovered, served worse?

    **Question.** Is there a camera, region, source or whatever the study slices by, for which the model errs more
    often than for the rest, and not only because that slice holds harder classes?

    **Method.** For each value of each declared column, pairs of columns and classes within values: error inside
    minus error outside, within true classes, in the slice's own class mix. Membership is permuted within classes
    (whole groups keep together where groups are declared) and the largest statistic over all slices is kept each
    time, so that forty slices cost no more false alarms than one. A fail where that p-value is below 1 in 1,000 and
    the gap is at least 5 points and half the overall error. Each slice tells which gap would have been found; one with
    too few errors for that passes where its own error is for certain below the gap that matters (exact bound, 5 %).

    **Source.** Westfall and Young (1993), max-T; that slices found by search are an unsolved problem: Eyuboglu et
    al. (ICLR 2022); this version looks at declared ones.

    **Cannot see.** Groups that no column names, and slices with fewer than 30 items.
    """

    id: ClassVar[str] = "evaluate.slices"
    thresholds: ClassVar[Mapping[str, float]] = {"gap": 0.05, "of_base_error": 0.5, "p_value": ALPHA[Severity.MAJOR]}

    def judge(self, context: Context, candidate: Candidate) -> Iterator[Finding]:
        columns, labels = context.columns("test"), context.labels("test")
        if not columns:
            yield self.not_applicable(
                candidate,
                "No slice columns are declared (data.slices), and slices that nobody names are not searched by this version.",
            )
            return
        errors = (context.shipped(candidate, "test").argmax(1) != labels).astype(np.float64)
        parts, groups = membership(columns, labels=labels, classes=context.data.classes), context.groups("test")
        gaps = slice_gaps(errors, labels, parts, groups, context.seed, alpha=self.thresholds["p_value"])
        wrong = {} if groups is not None else {name: int(errors[mask].sum()) for name, mask in parts.items()}
        gate = max(self.thresholds["gap"], self.thresholds["of_base_error"] * float(errors.mean()))
        ships = context.chosen is not None and candidate.subject == context.chosen.subject
        failed = [gap for gap in gaps if self._fails(gap, gate)]
        if not ships:
            yield self._in_short(candidate, gaps, failed, gate)
            return
        yield from self._one_by_one(context, candidate, gaps, gate, float(errors.mean()), wrong)

    def _fails(self, gap: SliceGap, gate: float) -> bool:
        return gap.n >= LEAST_ITEMS and gap.p_value < self.thresholds["p_value"] and gap.gap >= gate

    def _one_by_one(
        self, context: Context, candidate: Candidate, gaps: list[SliceGap], gate: float, base: float, wrong: Mapping[str, int]
    ) -> Iterator[Finding]:  # fmt: skip
        """Every single slice that can be judged, worse combinations, and one finding for all that are too small.

        ``wrong`` counts the errors of each slice, where errors are independent of each other.
        """
        task = context.study.task
        ordered = sorted(gaps, key=lambda gap: (not self._fails(gap, gate), -gap.gap))
        stated = [gap for gap in ordered if self._fails(gap, gate) or (gap.too_small is None and " & " not in gap.name)]
        for gap in stated[:_MOST]:
            yield self._slice(gap, gate, base, task)
        rest = [g for g in ordered if g.too_small is not None and " & " not in g.name and not self._fails(g, gate)]
        spotless = [gap for gap in rest if gap.n >= LEAST_ITEMS and _most(gap, wrong) < gate]
        yield from (self._spotless(gap, wrong, gate, base, task) for gap in spotless[:_MOST])
        if small := [gap for gap in rest if gap not in spotless]:
            yield self._unjudged(candidate, small, task)
        if not stated and not rest:
            yield self.not_applicable(
                candidate, "The declared slice columns hold one value only, so there is nothing to compare."
            )

    def _slice(self, gap: SliceGap, gate: float, base: float, task: str) -> Finding:
        seen = (
            f"For {gap.name} ({counted(gap.n, task)}) the model errs in {percent(gap.inside)} of cases, for comparable others in "
            f"{percent(gap.outside)}: {points(gap.gap, sign=True)} ({between(gap.interval.low, gap.interval.high)})"
        )
        numbers: dict[str, Any] = {"value": gap.gap, "interval": gap.interval, "threshold": gate, "n": gap.n}
        details: dict[str, Any] = {
            "p_value": gap.p_value,
            "detectable_gap": gap.detectable,
            "worst_case_gap_at_least": gap.simultaneous_low,
            "error_overall": base,
        }
        if self._fails(gap, gate):
            return self.finding(
                gap.name, Status.FAIL, f"{seen}. This group is served worse, beyond chance.",
                remedy=f"add training {things(task)} of this kind, look at its worst mistakes, or do not use the model there", **numbers, **details,
            )  # fmt: skip
        if gap.gap + 1.645 * gap.standard_error < gate:
            return self.finding(
                gap.name, Status.PASS, f"{seen}: not served worse by an amount that matters.", **numbers, **details
            )
        needed = needed_n(gap.gap, gap.standard_error, gap.n, gate, self.thresholds["p_value"])
        doubt = more(gap.n, needed, f"labelled test {things(task)} with {gap.name}", "this group is served worse")
        return self.finding(
            gap.name, Status.INCONCLUSIVE,
            f"{seen}; whether it is served worse is not shown either way (a gap of {points(gap.detectable)} would have been found).",
            remedy=doubt.remedy, **numbers, **details, **doubt.details,
        )  # fmt: skip

    def _unjudged(self, candidate: Candidate, small: Sequence[SliceGap], task: str) -> Finding:
        """One finding for all slices that nothing can be said about, with the reasons."""
        thin, alone = ([gap for gap in small if one(gap)] for one in (_is_thin, _is_alone))
        few = [gap for gap in small if gap not in thin and gap not in alone]
        said = [
            f"{listed([gap.name for gap in gaps])} {why[len(gaps) > 1]}"
            for gaps, why in (
                (thin, (f"has fewer than {LEAST_ITEMS} {things(task)}", f"have fewer than {LEAST_ITEMS} {things(task)}")),
                (alone, ("holds classes that stand nowhere else", "hold classes that stand nowhere else")),
                (few, ("holds too few errors to compare", "hold too few errors to compare")),
            )
            if gaps
        ]  # fmt: skip
        more_items = sum(LEAST_ITEMS - gap.n for gap in thin)
        extra: dict[str, Any] = (
            {"needed_more": more_items, "needed_what": f"labelled test {things(task)}"} if thin else {}
        )
        remedy = (
            f"about {more_items:,} more labelled test {things(task)} of them would make them large enough to judge"
            if thin
            else "look at `evaluate.per_class`: what such a slice holds cannot be told from its classes"
            if alone
            else "nothing points at a problem; more test examples of them would show"
        )
        return self.finding(
            candidate.subject, Status.INCONCLUSIVE, f"Of the declared slices nothing can be said of some: {'; '.join(said)}.",
            remedy=remedy, too_small={gap.name: gap.too_small for gap in small}, **extra,
        )  # fmt: skip

    def _spotless(self, gap: SliceGap, wrong: Mapping[str, int], gate: float, base: float, task: str) -> Finding:
        """A slice with too few errors to compare, and so few that no gap that matters can hide in it."""
        return self.finding(
            gap.name, Status.PASS,
            f"For {gap.name} the model errs in {wrong[gap.name]} of {counted(gap.n, task)}, for certain less than {percent(gate)} of such "
            "cases: not served worse by an amount that matters.",
            value=gap.gap, threshold=gate, n=gap.n, no_interval=gap.too_small, error_at_most=_most(gap, wrong), error_overall=base,
        )  # fmt: skip

    def _in_short(self, candidate: Candidate, gaps: list[SliceGap], failed: list[SliceGap], gate: float) -> Finding:
        if failed:
            worst = max(failed, key=lambda gap: gap.gap)
            return self.finding(
                candidate.subject, Status.FAIL,
                f"Of the declared slices, {listed([gap.name for gap in failed])} {'is' if len(failed) == 1 else 'are'} served "
                f"worse, {worst.name} by {points(worst.gap)}.",
                value=worst.gap, interval=worst.interval, threshold=gate, n=worst.n, remedy="look at these slices before choosing this recipe",
            )  # fmt: skip
        judged = [gap for gap in gaps if gap.too_small is None]
        clear = judged and all(gap.interval.high < gate for gap in judged)
        return self.finding(
            candidate.subject, Status.PASS if clear else Status.INCONCLUSIVE,
            f"None of {len(judged)} slices that can be judged is shown to be served worse.",
            remedy=None if clear else "more labelled test examples of the thin slices would decide", error_level=ALPHA_PASS,
        )  # fmt: skip


def _most(gap: SliceGap, wrong: Mapping[str, int]) -> float:
    """Upper bound (95 %) of how often the model errs in a slice; 1 where its errors may hang together."""
    return clopper_pearson(wrong[gap.name], gap.n, level=1 - 2 * ALPHA_PASS).high if gap.name in wrong else 1.0


def _is_thin(gap: SliceGap) -> bool:
    return gap.n < LEAST_ITEMS


def _is_alone(gap: SliceGap) -> bool:
    return not _is_thin(gap) and gap.too_small == NO_CLASS_IN_COMMON
