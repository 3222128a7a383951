"""Check ``adapt.stability``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import sqrt
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from touchstone.checks.adapt.evidence import Earned, earned
from touchstone.checks.context import Context
from touchstone.checks.evaluate.bounds import hold
from touchstone.checks.gains import is_fixed, pooled_seeds, primary_metric, seed_scores, shipped_score
from touchstone.checks.judged import JudgedCheck
from touchstone.checks.words import named, plural, points
from touchstone.core.finding import Finding, Severity, Status
from touchstone.core.interval import Interval
from touchstone.core.measures import Candidate
from touchstone.evaluate import metrics
from touchstone.stats.claims import item_claim
from touchstone.stats.decide import ALPHA, ALPHA_PASS
from touchstone.study.model import Requirement

_SPREAD = 3.92
"""The central 95 % of a normal distribution, in standard deviations."""


class Stability(JudgedCheck):
    """Would another seed say the same?

    **Question.** Does the result rest on the luck of one training, so that the next one, with nothing changed but
    the random seed, would say something else?

    **Method.** Each recipe is trained with three seeds or more; their spread is pooled over the study's own
    candidates. A fail where (1) the range that seeds cover (95 %) is for certain more than twice the gain claimed
    over the frozen probe, where a gain of a point or more is claimed; (2) the best seed ships and lies more than
    two pooled standard deviations above the mean of all, or 5 points above the others for certain; (3) one seed
    makes the gain: it is 5 points or more above the others for certain, item by item, and without it less than a
    third of the gain, or of a point, is left; (4) a requirement is met for certain with one seed and missed for
    certain with another; or (5) nothing is gained and the range that seeds cover is for certain more than 10 points.
    What ships is the median seed or an average, never the best by test. Of an average of several trainings' weights
    the seeds that were averaged are asked, of which it is steadier: a fail by (1) or (5) takes their deviation over the
    square root of their number, a pass takes it whole.

    **Source.** Bouthillier et al. (MLSys 2021); Mosbach et al. (ICLR 2021) on seeds that fail.

    **Cannot see.** Luck in how the data were split: all seeds share one test set.
    """

    id: ClassVar[str] = "adapt.stability"
    thresholds: ClassVar[Mapping[str, float]] = {
        "seeds": 3, "range_to_gain": 2.0, "claimed_gain": 0.01, "best_over_mean_in_deviations": 2.0,
        "lucky_seed": 0.05, "left_without_the_best": 1 / 3, "harmless_range": 0.10,
    }  # fmt: skip

    def judge(self, context: Context, candidate: Candidate) -> Iterator[Finding]:
        if candidate.deterministic:
            yield self.not_applicable(candidate, "Another seed gives the same model: its training has one solution.")
            return
        if is_fixed(candidate):
            yield self.not_applicable(
                candidate, "One finished model was brought for assessment; how it would come out again is not asked."
            )
            return
        metric = primary_metric(context.study)
        averaged = next((one for one in context.candidates if one.subject == candidate.averages), None)
        scores = seed_scores(context, averaged or candidate, metric)
        pooled = pooled_seeds(context, (averaged or candidate,), metric)
        if len(scores) < self.thresholds["seeds"] or pooled is None:
            yield self._too_few(context, candidate, metric, scores)
            return
        spread = _Spread(scores, sqrt(pooled.variance), pooled.df, _claimed(earned(context, candidate)))
        if averaged is None:
            faults = list(self._faults(context, candidate, metric, spread))
        else:
            steadier = replace(spread, deviation=spread.deviation / sqrt(len(scores)))
            faults = list(self._too_wide(steadier, f"averages of {len(scores)} seeds"))
        yield self._state(candidate, metric, spread, faults, averaged=averaged is not None)

    def _too_few(self, context: Context, candidate: Candidate, metric: str, scores: NDArray[np.float64]) -> Finding:
        least = int(self.thresholds["seeds"])
        more = least - len(scores)
        asked = f"train with three seeds or more (adapt.seeds: {least})"
        if context.study.adapt.seeds >= least:
            asked = "give the study more time (adapt.budget): its further seeds were not trained"
        return self.finding(
            candidate.subject, Status.INCONCLUSIVE,
            f"Trained with {plural(len(scores), 'seed')}: what another one would say is not known ({named(metric)} {float(scores.mean()):.3f}).",
            value=float(scores.mean()), n=len(scores), remedy=asked,
            no_interval="too few seeds", needed_more=more, needed_what="seeds", seed_scores=scores.tolist(),
        )  # fmt: skip

    def _too_wide(self, spread: _Spread, what: str = "seeds") -> Iterator[str]:
        """Too wide a range for the gain that is claimed, or for none."""
        gain, at_least = spread.claimed, spread.at_least * _SPREAD
        if gain is not None and gain >= self.thresholds["claimed_gain"]:
            if at_least > self.thresholds["range_to_gain"] * gain:
                yield f"{what} cover {points(spread.range)} (95 %), more than twice the {points(gain)} gained over the frozen probe"
        elif at_least > self.thresholds["harmless_range"]:
            yield f"{what} cover {points(spread.range)} (95 %), and no gain over the frozen probe is worth that"

    def _faults(self, context: Context, candidate: Candidate, metric: str, spread: _Spread) -> Iterator[str]:
        yield from self._too_wide(spread)
        if candidate.trace is not None and candidate.trace.best_seed_shipped:
            above = shipped_score(context, candidate, metric) - float(spread.scores.mean())
            far = spread.deviation > 0 and above > self.thresholds["best_over_mean_in_deviations"] * spread.deviation
            if far or self._stands_out(context, candidate, spread):
                yield f"the best seed ships, {points(above)} above the mean of all"
        if luck := self._lucky_seed(context, candidate, spread):
            yield luck
        yield from _flips(context, candidate)

    def _lucky_seed(self, context: Context, candidate: Candidate, spread: _Spread) -> str | None:
        if spread.claimed is None or spread.claimed < self.thresholds["claimed_gain"]:
            return None
        without = spread.claimed - (float(spread.scores.mean()) - spread.mean_of_others)
        least = max(self.thresholds["claimed_gain"], spread.claimed * self.thresholds["left_without_the_best"])
        if without >= least or not self._stands_out(context, candidate, spread):
            return None
        return (
            f"one seed of {len(spread.scores)} is {points(spread.above_others)} above the others, and without it the gain over the frozen "
            f"probe is {points(without, sign=True)} instead of {points(spread.claimed, sign=True)}"
        )

    def _stands_out(self, context: Context, candidate: Candidate, spread: _Spread) -> bool:
        """Whether the best seed is 5 points above the others, and above them for certain, item by item."""
        if spread.above_others < self.thresholds["lucky_seed"]:
            return False
        best = int(spread.scores.argmax())
        right = context.probabilities(candidate, "test").argmax(2) == context.labels("test")[None]
        claim = item_claim(right[best] - np.delete(right, best, axis=0).mean(axis=0), groups=context.groups("test"))
        return claim.lower(ALPHA[Severity.MAJOR]) > 0

    def _state(
        self, candidate: Candidate, metric: str, spread: _Spread, faults: list[str], *, averaged: bool
    ) -> Finding:
        details: dict[str, Any] = {
            "metric": metric, "seed_scores": spread.scores.tolist(), "pooled_degrees_of_freedom": spread.df,
            "claimed_gain": spread.claimed, "shipped": candidate.trace.shipped if candidate.trace else None,
            "unit": f"standard deviation of {metric} from seed to seed",
        }  # fmt: skip
        numbers: dict[str, Any] = {"value": spread.deviation, "interval": spread.interval, "n": len(spread.scores)}
        which = f"the {len(spread.scores)} seeds that were averaged" if averaged else f"{len(spread.scores)} seeds"
        seen = f"{named(metric)} of {which}: {', '.join(f'{score:.3f}' for score in spread.scores)}"
        allowed = max(self.thresholds["harmless_range"], self.thresholds["range_to_gain"] * (spread.claimed or 0.0))
        numbers["threshold"] = allowed / _SPREAD
        if faults:
            return self.finding(
                candidate.subject, Status.FAIL, f"The result rests on luck: {' and '.join(faults)} ({seen}).",
                remedy="ship the average of the seeds' weights or the median seed, claim the mean, and train with more seeds before relying on the gain",
                **numbers, **details,
            )  # fmt: skip
        if spread.at_most * _SPREAD < allowed:
            return self.finding(
                candidate.subject, Status.PASS, f"Another seed would say the same: {seen}, a standard deviation of {points(spread.deviation)}.",
                **numbers, **details,
            )  # fmt: skip
        seeds = self._seeds_for(spread, allowed)
        more = seeds - len(spread.scores)
        return self.finding(
            candidate.subject, Status.INCONCLUSIVE,
            f"How much another seed would change is not known well enough: {seen}; from so few, the standard deviation may be anything "
            f"between {points(spread.interval.low)} and {points(spread.interval.high)}.",
            remedy=f"about {plural(more, 'more seed')} (adapt.seeds: {seeds}) would decide whether the result is stable",
            needed=seeds, needed_more=more, needed_what="seeds", **numbers, **details,
        )  # fmt: skip

    def _seeds_for(self, spread: _Spread, allowed: float) -> int:
        """Seeds with which a spread as seen would count as harmless; at most ten are worth asking for."""
        for extra in range(1, 8):
            if _stretch(spread.df + extra, ALPHA_PASS) * spread.deviation * _SPREAD < allowed:
                return len(spread.scores) + extra
        return 10


@dataclass(frozen=True, slots=True)
class _Spread:
    """How the metric moves from seed to seed: this candidate's scores, and the deviation pooled over the study."""

    scores: NDArray[np.float64]
    deviation: float
    df: int
    claimed: float | None
    """Gain over the probe, where there is one."""

    @property
    def mean_of_others(self) -> float:
        """Mean of all seeds but the best."""
        return float(np.delete(self.scores, int(self.scores.argmax())).mean())

    @property
    def above_others(self) -> float:
        return float(self.scores.max()) - self.mean_of_others

    @property
    def range(self) -> float:
        return _SPREAD * self.deviation

    @property
    def at_least(self) -> float:
        return self.deviation * _stretch(self.df, 1 - ALPHA[Severity.MAJOR])

    @property
    def at_most(self) -> float:
        return self.deviation * _stretch(self.df, ALPHA_PASS)

    @property
    def interval(self) -> Interval:
        return Interval(self.deviation * _stretch(self.df, 0.975), self.deviation * _stretch(self.df, 0.025))


def _stretch(df: int, probability: float) -> float:
    """Bound of a standard deviation over its estimate: sqrt(df / chi-square quantile), normal values."""
    from scipy.special import chdtri  # type: ignore[import-untyped]

    return sqrt(df / float(chdtri(df, 1 - probability)))


def _claimed(found: Earned | None) -> float | None:
    return None if found is None else found.gain.value


def _flips(context: Context, candidate: Candidate) -> Iterator[str]:
    """Requirements that one seed meets for certain and another misses for certain."""
    labels, groups = context.labels("test"), context.groups("test")
    for bound in context.study.require:
        if bound.on != "test" or bound.metric not in metrics.NAMES:
            continue
        states = {
            _status(bound, seed_probabilities, labels, groups, context.seed)
            for seed_probabilities in context.probabilities(candidate, "test")
        }
        if {Status.PASS, Status.FAIL} <= states:
            yield f"the requirement on {named(bound.metric)} is met with one seed and missed with another"


def _status(bound: Requirement, probabilities: Any, labels: Any, groups: Any, seed: int) -> Status:
    return hold(metrics.estimate(bound.metric, probabilities, labels, groups=groups, seed=seed), bound, 1).status
