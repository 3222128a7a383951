"""Could another run change the verdict? If not, it should not be made: every opening of a test set is paid for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import exp, lgamma, log, log1p
from statistics import NormalDist

from touchstone.report import numerals
from touchstone.report.phrases import metric_name
from touchstone.report.reading import Reading, mapping

ERROR = 0.025
"""One-sided error of a pass at the first opening; the k-th gets 1/(k(k+1)) of it (METHODS, sealed test set)."""
_OF_NO_TRAINING = ("supply.", "data.", "govern.")
"""Checks that say the same, whatever is trained."""
_SHARES = (
    "accuracy", "balanced_accuracy", "macro_f1", "weighted_f1", "macro_precision", "macro_recall",
    "worst_class_recall", "worst_slice_recall",
)  # fmt: skip
_COUNTED = ("accuracy", "worst_class_recall", "worst_slice_recall")
"""Metrics that are one count out of another, for which the best that can be shown is exact."""
SIGN_OFF = "govern.signoff"


@dataclass(frozen=True, slots=True)
class AnotherRun:
    """What another run on the same data could do."""

    can_change_the_verdict: bool
    because: tuple[str, ...]
    """Sentences: why not, or what it would have to reach."""


def another_run(reading: Reading) -> AnotherRun:
    """Hold the openings that are left, the width of intervals and the error budget against the verdict."""
    if reading.verdict == "ship":
        return AnotherRun(False, ("The verdict is ship: nothing is left for another run to show.",))
    if reading.reasons == [SIGN_OFF]:
        return AnotherRun(False, ("Only a signature is missing, and no run gives one.",))
    stops = [*_fixed(reading), *_openings(reading), *_out_of_reach(reading)]
    if stops:
        return AnotherRun(False, tuple(stops))
    return AnotherRun(True, tuple(_asked(reading)) or ("It would have to mend every reason of this verdict.",))


def _fixed(reading: Reading) -> Iterator[str]:
    same = [check for check in reading.reasons if check.startswith(_OF_NO_TRAINING) and check != SIGN_OFF]
    if same:
        yield f"{', '.join(same)} would find the same, whatever is trained: settle that first, in the data or with another base."


def _openings(reading: Reading) -> Iterator[str]:
    opened, allowed = _opened(reading)
    if allowed is not None and opened >= allowed:
        yield f"This test set has been opened {opened} of {allowed} times: a further opening fails `evaluate.test_reuse`. Label a fresh one."


def _opened(reading: Reading) -> tuple[int, int | None]:
    for finding in reading.of_check("evaluate.test_reuse"):
        details = mapping(finding.get("details"))
        if numerals.is_number(details.get("openings")) and numerals.is_number(details.get("budget")):
            return int(details["openings"]), int(details["budget"])
    return 0, None


def _out_of_reach(reading: Reading) -> Iterator[str]:
    """Bounds that not even a flawless model could be shown to meet at the next opening."""
    for metric, bound, n, needed, _ in _bounds(reading):
        if needed > 1:
            yield (
                f"{metric_name(metric)} of at least {bound:g} cannot be shown with {n:,} examples at the next opening, "
                "not even by a flawless model: label more test examples."
            )


def _asked(reading: Reading) -> Iterator[str]:
    for metric, bound, n, needed, exact in _bounds(reading):
        about = "" if exact else "about "
        yield f"{metric_name(metric)} would have to be {about}{needed:.3f} or more on {n:,} examples to be shown to reach {bound:g}."


def _bounds(reading: Reading) -> Iterator[tuple[str, float, int, float, bool]]:
    """Every minimum that is not met yet: metric, bound, examples, the score needed at the next opening, whether that is exact."""
    opening = _opened(reading)[0] + 1
    error = ERROR / (opening * (opening + 1))
    for finding in reading.of_check("evaluate.requirements"):
        details, n = mapping(finding.get("details")), finding.get("n")
        metric, bound = details.get("metric"), details.get("minimum")
        counts = finding.get("status") in ("fail", "inconclusive") and metric in _SHARES
        if counts and numerals.is_number(bound) and numerals.is_number(n) and int(n) > 0:
            exact = metric in _COUNTED
            needed = (
                _needed_count(float(bound), int(n), error) if exact else _needed_score(finding, float(bound), error)
            )
            if needed is not None:
                yield str(metric), float(bound), int(n), needed, exact


def _needed_count(bound: float, n: int, error: float) -> float:
    """The smallest share of n whose exact lower bound reaches ``bound``; above 1 where there is none.

    With k of n right, the lower bound of Clopper and Pearson reaches p where P(X >= k) <= error for X ~ Binomial(n, p).
    """
    if not 0 < bound < 1:
        return 2.0 if bound >= 1 else 0.0
    tail = 0.0
    for k in range(n, -1, -1):
        # In logarithms: the chance of a flawless model is too small a number where n is large.
        ways = lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
        tail += exp(ways + k * log(bound) + (n - k) * log1p(-bound))
        if tail > error:
            return (k + 1) / n if k < n else 2.0
    return 0.0


def _needed_score(finding: object, bound: float, error: float) -> float | None:
    """About what a composite score must be, from how wide its interval was; it is narrower for better models."""
    plain = mapping(finding)
    ends = numerals.interval(plain.get("interval"))
    if ends is None:
        return None
    half = (ends[1] - ends[0]) / 2
    normal = NormalDist()
    # The interval shown is two-sided, 95 %.
    needed = bound + half * normal.inv_cdf(1 - error) / normal.inv_cdf(0.975)
    return min(needed, 1.0)
