"""The three-state rule with an effect gate, and the false-alarm budget of a study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from types import MappingProxyType

from touchstone.core.finding import Severity, Status
from touchstone.core.interval import Estimate
from touchstone.stats.claims import Claim
from touchstone.stats.power import needed_n, needed_seeds

ALPHA: Mapping[Severity, float] = MappingProxyType(
    {Severity.BLOCKER: 0.0005, Severity.MAJOR: 0.001, Severity.MINOR: 0.01, Severity.INFO: 0.01}
)
"""One-sided false-alarm probability of one check, by severity: about 12 blockers and 15 majors sum to 0.021."""

ALPHA_PASS = 0.05
"""One-sided error of calling something harmless."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a claim proves: a status, the two bounds it rests on, and what would settle an open question.

    ``needed_n`` counts items, None where items alone would not do; ``needed_seeds`` is set where seeds would.
    """

    status: Status
    lower: float
    upper: float
    needed_n: int | None = None
    needed_seeds: int | None = None


def decide(
    claim: Claim, *, tolerance: float, severity: Severity, tau0: float = 0.0, alpha: float | None = None
) -> Decision:
    """Tell whether the harm is shown, shown to be too small to matter, or neither.

    fail: lower(alpha) > tau0 and value >= tolerance; pass: upper(5 %) < tolerance; anything else inconclusive.

    Parameters
    ----------
    claim : its value is harm, larger is worse
    tolerance : the smallest harm that matters, in the claim's unit; about half of the harm to be caught 95 % of
        the time
    severity : sets alpha, see :data:`ALPHA`
    tau0 : harm that must be exceeded for certain, usually 0
    alpha : overrides the severity's

    Examples
    --------
    >>> decide(Claim(0.05, 0.01, 500, 1000), tolerance=0.02, severity=Severity.MAJOR).status.value
    'fail'
    >>> decide(Claim(0.0, 0.01, 500, 1000), tolerance=0.01, severity=Severity.MAJOR).needed_n
    22422
    """
    alpha = ALPHA[severity] if alpha is None else alpha
    lower, upper = claim.lower(alpha), claim.upper(ALPHA_PASS)
    if lower > tau0 and claim.value >= tolerance:
        return Decision(Status.FAIL, lower, upper)
    if upper < tolerance:
        return Decision(Status.PASS, lower, upper)
    items = needed_n(claim.value, claim.standard_error, claim.n, tolerance, alpha, seed_error=claim.seed_error)
    seeds = None if items is not None else needed_seeds(claim.seed_error, claim.seeds, tolerance, alpha)
    return Decision(Status.INCONCLUSIVE, lower, upper, items, seeds)


def opening_alpha(alpha: float, opening: int) -> float:
    """The error budget of the k-th opening of a test set: alpha / (k (k + 1)), which sums to alpha.

    Examples
    --------
    >>> opening_alpha(0.05, 1), round(opening_alpha(0.05, 4), 4)
    (0.025, 0.0025)
    """
    if opening < 1:
        raise ValueError(f"openings count from 1, got {opening}")
    return alpha / (opening * (opening + 1))


def bound_status(
    evidence: Claim | Estimate,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    alpha_pass: float = ALPHA_PASS,
    alpha_fail: float = ALPHA[Severity.BLOCKER],
    level: float = 0.95,
) -> Decision:
    """Tell whether a requirement is met for certain, missed for certain, or open.

    Parameters
    ----------
    evidence : a claim, or an estimate whose interval has coverage ``level``; each side of an estimate's interval
        is stretched to the wanted error as a normal quantile would be
    minimum, maximum : exactly one of them, in the evidence's unit
    alpha_pass, alpha_fail : one-sided errors of a wrong pass and a wrong fail

    Examples
    --------
    >>> from touchstone.core.interval import Interval
    >>> bound_status(Estimate(0.9, Interval(0.87, 0.92)), minimum=0.85).status.value
    'pass'
    """
    if (minimum is None) == (maximum is None):
        raise ValueError("give either a minimum or a maximum")
    if isinstance(evidence, Estimate) and evidence.interval is None:
        return Decision(Status.INCONCLUSIVE, float("-inf"), float("inf"))
    if minimum is not None:
        lower, upper = _lower(evidence, alpha_pass, level), _upper(evidence, alpha_fail, level)
        passed, failed = lower >= minimum, upper < minimum
    else:
        assert maximum is not None
        lower, upper = _lower(evidence, alpha_fail, level), _upper(evidence, alpha_pass, level)
        passed, failed = upper <= maximum, lower > maximum
    if passed or failed:
        return Decision(Status.PASS if passed else Status.FAIL, lower, upper)
    threshold = minimum if minimum is not None else maximum
    assert threshold is not None
    return Decision(Status.INCONCLUSIVE, lower, upper, _n_to_settle(evidence, threshold, alpha_pass))


def _lower(evidence: Claim | Estimate, alpha: float, level: float) -> float:
    if isinstance(evidence, Claim):
        return evidence.lower(alpha)
    assert evidence.interval is not None
    return evidence.value - (evidence.value - evidence.interval.low) * _stretch(alpha, level)


def _upper(evidence: Claim | Estimate, alpha: float, level: float) -> float:
    if isinstance(evidence, Claim):
        return evidence.upper(alpha)
    assert evidence.interval is not None
    return evidence.value + (evidence.interval.high - evidence.value) * _stretch(alpha, level)


def _stretch(alpha: float, level: float) -> float:
    from scipy.special import ndtri  # type: ignore[import-untyped]

    return float(ndtri(1.0 - alpha) / ndtri((1.0 + level) / 2.0))


def _n_to_settle(evidence: Claim | Estimate, threshold: float, alpha: float) -> int | None:
    error, n = evidence.standard_error, evidence.n
    gap = abs(evidence.value - threshold)
    if error is None or n is None or not isfinite(error) or gap == 0.0:
        return None
    return needed_n(evidence.value, error, n, gap, alpha)
