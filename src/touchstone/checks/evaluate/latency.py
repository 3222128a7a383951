"""Check ``evaluate.latency``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Any, ClassVar

import numpy as np

from touchstone.checks.check import Check
from touchstone.checks.context import Context, Need
from touchstone.core.finding import Finding, Severity, Status
from touchstone.core.interval import Estimate
from touchstone.core.measures import Latency as Timings
from touchstone.evaluate import latency
from touchstone.stats.decide import ALPHA, ALPHA_PASS
from touchstone.stats.power import timings_for_p99

_QUANTILES = {"latency_ms_p50": 0.5, "latency_ms_p95": 0.95, "latency_ms_p99": 0.99}


class Latency(Check):
    """Is it fast enough where it will run?

    **Question.** How long does one answer take, the slowest of a hundred included, and does that meet the study's
    bound?

    **Method.** Single calls of the exported model, preprocessing included, after warm-up, batch of one. Quantiles
    with order-statistic intervals, which assume nothing about the distribution: the 99th percentile has no finite
    upper bound below 368 timings. Without a bound the numbers inform; with one, `fail` where the quantile is above
    it for certain (blocker), `pass` where it is below for certain. Where times vary by more than half their mean
    the machine was busy, and the answer is open.

    **Source.** David and Nagaraja, Order Statistics (2003).

    **Cannot see.** Another machine, other load, other batch sizes: the machine that was measured is named.
    """

    id: ClassVar[str] = "evaluate.latency"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.ADAPTED})
    thresholds: ClassVar[Mapping[str, float]] = {"greatest_variation": latency.UNSTEADY, "least_timings": 368}

    def run(self, context: Context) -> Iterator[Finding]:
        assert context.chosen is not None, "an adapted model is among the needs"
        subject = context.chosen.subject
        bounds = {
            bound.metric: bound.maximum
            for bound in context.study.require
            if bound.metric in _QUANTILES and bound.maximum is not None
        }
        severity = Severity.BLOCKER if bounds else Severity.INFO
        timings = context.latency
        if timings is None or len(timings.milliseconds) == 0:
            why = context.missing.get("latency", "no single calls were timed")
            yield self.finding(
                subject, Status.INCONCLUSIVE, f"How long an answer takes is not known ({why}).", severity=severity,
                remedy="run the study again with enough budget; a thousand calls take a minute or so", reason=why,
            )  # fmt: skip
            return
        if bounds:
            for metric, bound in bounds.items():
                yield self._bounded(subject, timings, metric, bound)
        else:
            yield self._informs(subject, timings)

    def _informs(self, subject: str, timings: Timings) -> Finding:
        p99 = latency.quantile_interval(timings.milliseconds, 0.99)
        details = _details(timings)
        if why := self._doubtful(timings):
            return self.finding(
                subject, Status.INCONCLUSIVE, f"{_told(timings)}; {why}.", severity=Severity.INFO,
                remedy="time it again on a quiet machine of the kind that will serve", **_numbers(p99, None), **details,
            )  # fmt: skip
        return self.finding(
            subject, Status.PASS, f"{_told(timings)}. The study sets no bound.", **_numbers(p99, None), **details
        )

    def _bounded(self, subject: str, timings: Timings, metric: str, bound: float) -> Finding:
        q = _QUANTILES[metric]
        found = latency.quantile_interval(timings.milliseconds, q)
        numbers, details = _numbers(found, bound), {**_details(timings), "metric": metric}
        asked = f"{metric} <= {bound:g} was asked"
        if why := self._doubtful(timings, q):
            return self.finding(
                subject, Status.INCONCLUSIVE, f"{_told(timings)}; {why}, and {asked}.", severity=Severity.BLOCKER,
                remedy="time it again on a quiet machine of the kind that will serve", **numbers, **details,
            )  # fmt: skip
        if latency.upper_bound(timings.milliseconds, q, ALPHA_PASS / 2) <= bound:
            return self.finding(subject, Status.PASS, f"Fast enough: {_told(timings)}; {asked}.", **numbers, **details)
        if latency.lower_bound(timings.milliseconds, q, ALPHA[Severity.BLOCKER]) > bound:
            return self.finding(
                subject, Status.FAIL, f"Too slow: {_told(timings)}; {asked}.", severity=Severity.BLOCKER,
                remedy="serve it on a faster machine or through ONNX Runtime, or take a smaller base model", **numbers, **details,
            )  # fmt: skip
        return self.finding(
            subject, Status.INCONCLUSIVE, f"Too close to call: {_told(timings)}; {asked}.", severity=Severity.BLOCKER,
            remedy=f"time about {4 * len(timings.milliseconds):,} single calls on a quiet machine",
            needed_more=3 * len(timings.milliseconds), needed_what="timed calls", **numbers, **details,
        )  # fmt: skip

    def _doubtful(self, timings: Timings, q: float = 0.99) -> str | None:
        varies = latency.variation(timings.milliseconds)
        if varies > self.thresholds["greatest_variation"]:
            return "the machine was busy: times varied by more than half of their mean"
        if not isfinite(latency.upper_bound(timings.milliseconds, q, ALPHA_PASS / 2)):
            return (
                f"{len(timings.milliseconds):,} timings cannot bound it ({timings_for_p99(1 - ALPHA_PASS / 2):,} can)"
            )
        return None


def _told(timings: Timings) -> str:
    middle, p95, slow = (float(np.quantile(timings.milliseconds, q)) for q in (0.5, 0.95, 0.99))
    return f"One answer takes {middle:.1f} ms, 95 in 100 at most {p95:.1f} ms, 99 in 100 at most {slow:.1f} ms ({timings.machine})"


def _numbers(found: Estimate, bound: float | None) -> dict[str, Any]:
    interval = found.interval if found.interval is not None and isfinite(found.interval.high) else None
    return {"value": found.value, "interval": interval, "threshold": bound, "n": found.n}


def _details(timings: Timings) -> dict[str, Any]:
    quantiles = {name: latency.quantile_interval(timings.milliseconds, q) for name, q in _QUANTILES.items()}
    return {
        "quantiles": {name: {"value": one.value, "interval": one.interval} for name, one in quantiles.items()},
        "machine": timings.machine, "threads": timings.threads, "load_average": timings.load_average,
        "variation": latency.variation(timings.milliseconds), "no_interval": "too few timings for an upper bound",
    }  # fmt: skip
