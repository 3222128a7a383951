"""Check ``evaluate.calibration``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import ceil
from typing import Any, ClassVar

from touchstone.checks.context import Context
from touchstone.checks.doubt import more
from touchstone.checks.judged import JudgedCheck
from touchstone.checks.words import counted, percent, points, things
from touchstone.core.finding import Finding, Severity, Status
from touchstone.core.interval import Estimate
from touchstone.core.measures import Candidate
from touchstone.evaluate import metrics
from touchstone.evaluate.calibration import (
    calibration_estimate,
    consistency,
    overconfidence,
    temperature,
    tempered,
    top_label,
)
from touchstone.stats.claims import Claim
from touchstone.stats.decide import ALPHA, ALPHA_PASS
from touchstone.stats.power import needed_n


class Calibration(JudgedCheck):
    """Do its probabilities mean what they say?

    **Question.** When the model says 90 %, is it right nine times in ten? Whoever sets a threshold on its
    confidence relies on that.

    **Method.** Debiased calibration error of the top answer over bins of equal count, and plain over-confidence
    (mean confidence minus accuracy), of what would ship on the sealed test items. The null comes from the model
    itself: labels drawn 2,000 times from its own confidences. A fail where that is rejected at 1 in 1,000 and the
    error or the over-confidence is 5 points or more; a pass where both are below 5 points for certain. Below 200
    items only over-confidence can decide. A model that is only more modest than it need be fails with severity minor:
    whoever trusts it is not misled.

    **Source.** Kumar, Liang and Ma (NeurIPS 2019) on debiasing; Broecker and Smith (2007), Vaicenavicius et al.
    (AISTATS 2019) on the null; Guo et al. (ICML 2017) on the remedy; the usual plug-in error alarms on calibrated
    models below 400 items.

    **Cannot see.** Calibration of single classes or slices, and on data from elsewhere.
    """

    id: ClassVar[str] = "evaluate.calibration"
    thresholds: ClassVar[Mapping[str, float]] = {"error": 0.05, "least_items": 200}

    def judge(self, context: Context, candidate: Candidate) -> Iterator[Finding]:
        shipped, labels, groups = context.shipped(candidate, "test"), context.labels("test"), context.groups("test")
        n, tolerance = len(labels), self.thresholds["error"]
        if n < 2:
            yield self.finding(
                candidate.subject,
                Status.INCONCLUSIVE,
                "There are too few test examples to compare confidence with truth.",
                remedy="label test examples",
            )
            return
        error = calibration_estimate(shipped, labels, groups=groups, seed=context.seed)
        signed = overconfidence(shipped, labels, groups=groups)
        null = consistency(shipped, labels, groups=groups, seed=context.seed)
        confidence, right = top_label(shipped, labels)
        seen = (
            f"On {counted(n, context.study.task)} it is {percent(float(confidence.mean()))} sure on average and right in {percent(float(right.mean()))}; "
            f"less what chance alone shows, the calibration error is {points(error.value)}"
        )
        alpha = ALPHA[Severity.MAJOR]
        enough = n >= self.thresholds["least_items"]
        rejected = null.p_value < alpha and enough and max(error.value, abs(signed.value)) >= tolerance
        far = abs(signed.value) >= tolerance and min(null.p_signed, 1.0) < alpha and _excludes_zero(signed, alpha)
        numbers: dict[str, Any] = {"value": error.value, "interval": error.interval, "threshold": tolerance, "n": n}
        details: dict[str, Any] = {
            "overconfidence": signed.value, "overconfidence_interval": signed.interval(), "p_value": null.p_value,
            "log_loss": metrics.value("log_loss", shipped, labels), "brier": metrics.value("brier", shipped, labels),
            **({} if error.interval is not None else {"no_interval": error.missing}),
        }  # fmt: skip
        if rejected or far:
            too_modest = _too_modest(signed, error.value)
            way = (
                "promises too much"
                if signed.value > tolerance / 2
                else "is more modest than it need be"
                if signed.value < -tolerance / 2
                else "is off in both directions"
            )
            remedy, extra = _remedy(context, candidate, error.value)
            yield self.finding(
                candidate.subject, Status.FAIL, f"{seen}: its confidence {way}, so a threshold on it does not mean what it says.",
                severity=Severity.MINOR if too_modest else Severity.MAJOR,
                remedy=remedy, **numbers, **details, **extra,
            )  # fmt: skip
            return
        bounded = error.interval is not None and error.interval.high < tolerance
        modest = signed.upper(ALPHA_PASS) < tolerance and signed.lower(ALPHA_PASS) > -tolerance
        if enough and bounded and modest:
            yield self.finding(
                candidate.subject, Status.PASS, f"{seen}: its probabilities mean what they say.", **numbers, **details
            )
            return
        spread = error.standard_error if error.standard_error and enough else signed.standard_error
        if enough and error.interval is not None and error.interval.high >= tolerance > error.value:
            # a pass needs the upper bound below the tolerance: the distance to it shrinks with the root of n
            needed = ceil(n * ((error.interval.high - error.value) / (tolerance - error.value)) ** 2)
        else:
            needed = needed_n(error.value, spread, n, tolerance, ALPHA_PASS) or 0
        doubt = more(
            n,
            max(needed, int(self.thresholds["least_items"]), n + 1),
            f"labelled test {things(context.study.task)}",
            "its probabilities can be relied on",
        )
        yield self.finding(
            candidate.subject, Status.INCONCLUSIVE, f"{seen}; {self._open(error, n, null.p_value, context.study.task)}.",
            remedy=doubt.remedy, **numbers, **details, **doubt.details,
        )  # fmt: skip

    def _open(self, error: Estimate, n: int, p_value: float, task: str) -> str:
        """Why it is neither a fail nor a pass."""
        tolerance = points(self.thresholds["error"])
        if n < self.thresholds["least_items"]:
            return f"{counted(n, task)} are too few to vouch for its probabilities (of {self.thresholds['least_items']:g} it can be told)"
        if error.value >= self.thresholds["error"]:
            return f"that is more than {tolerance}, but chance alone may make it look so (p = {p_value:.3f})"
        return f"whether it reaches {tolerance} is neither shown nor ruled out"


def _excludes_zero(claim: Claim, alpha: float) -> bool:
    return bool(claim.lower(alpha) > 0 or claim.upper(alpha) < 0)


def _too_modest(signed: Claim, error: float) -> bool:
    """Whether it errs on the side of modesty: most of the error is confidence that it lacks."""
    return signed.upper(ALPHA_PASS) < 0 and -signed.value >= 0.6 * error


def _remedy(context: Context, candidate: Candidate, error: float) -> tuple[str, dict[str, Any]]:
    """Temperature scaling fitted on validation, and what it would make of the calibration error on the test set."""
    labels = context.labels("validation")
    if context.study.adapted is not None and context.study.data.validation is None:
        # what is validation here was cut from training data, which a model from elsewhere has been trained on
        things_ = things(context.study.task)
        return f"scale the model's temperature on 50 labelled {things_} or more that its training has not seen", {}
    probabilities = candidate.validation_probabilities
    if len(labels) < 50 or probabilities.ndim != 3 or probabilities.shape[1] != len(labels):
        return "label 50 validation examples or more, and scale the model's temperature on them", {}
    value = temperature(probabilities[0], labels)
    after = calibration_estimate(
        tempered(context.shipped(candidate, "test"), value),
        context.labels("test"),
        groups=context.groups("test"),
        seed=context.seed,
    )
    if after.value > 0.8 * error:
        return (
            f"put no threshold on its confidence: one temperature does not mend it (fitted on validation, the error would be {points(after.value)})",
            {"temperature": value, "error_after_temperature": after.value},
        )
    return (
        f"divide the model's logits by a temperature of {value:.2f} (fitted on validation, changes no answer): its calibration "
        f"error would be {points(after.value)}",
        {"temperature": value, "error_after_temperature": after.value},
    )
