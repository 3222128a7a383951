"""Check ``adapt.overfitting``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from touchstone.checks.adapt.evidence import FROZEN, Earned, earned, paired, validation_losses
from touchstone.checks.context import Context
from touchstone.checks.doubt import more
from touchstone.checks.judged import JudgedCheck, is_frozen
from touchstone.checks.words import between, percent, points, things
from touchstone.core.finding import Finding, Severity, Status
from touchstone.core.measures import Candidate
from touchstone.stats.claims import Claim
from touchstone.stats.decide import ALPHA, ALPHA_PASS
from touchstone.stats.power import needed_n


class Overfitting(JudgedCheck):
    """Does it memorise?

    **Question.** Did training go on until the model learnt its examples by heart, or were more layers thawed than
    this much data can carry?

    **Method.** A gap between training and test accuracy is usual for large networks and never alarms by itself. Two
    things do: (1) the validation loss of what would ship lies above its own best during training, by a tenth or
    more and for certain, item by item; where training passed its best but the weights of the best step ship,
    nothing is wrong. (2) The train-to-test gap is at least 10 points wider than the frozen probe's and more than 5
    for certain, while no gain over the probe is proven. Training accuracy is taken in evaluation mode without
    augmentation.

    **Source.** Zhang et al. (ICLR 2017) on why the gap alone says little.

    **Cannot see.** Memorised single examples that cost nothing in accuracy (`evaluate.privacy`).
    """

    id: ClassVar[str] = "adapt.overfitting"
    thresholds: ClassVar[Mapping[str, float]] = {
        "relative_rise": 0.1, "least_rise_nats": 0.02, "wider_gap": 0.1, "wider_gap_for_certain": 0.05, "fits_training": 0.5,
    }  # fmt: skip

    def judge(self, context: Context, candidate: Candidate) -> Iterator[Finding]:
        if is_frozen(candidate):
            yield self.not_applicable(candidate, FROZEN)
            return
        rise, gap, gained = _rise(context, candidate), _gap(context, candidate), earned(context, candidate)
        details = _details(rise, gap)
        numbers = _numbers(rise, gap, self.thresholds["wider_gap"], None if rise is None else self._tolerance(rise))
        fitted = _train_accuracy(candidate)
        if fitted is not None and fitted < self.thresholds["fits_training"] * _probe_train_accuracy(context):
            yield self.finding(
                candidate.subject, Status.PASS,
                f"It does not memorise: it is right on only {percent(fitted)} of its own training examples, so whatever is wrong is something else.",
                **numbers, **details,
            )  # fmt: skip
            return
        faults = list(self._faults(rise, gap, gained))
        if faults:
            yield self.finding(
                candidate.subject, Status.FAIL, f"The model memorises: {' and '.join(faults)}.",
                remedy="stop at the best validation loss, thaw fewer blocks, or ship the linear probe; more labels help most",
                **numbers, **details,
            )  # fmt: skip
            return
        yield self._rest(context, candidate, rise, gap, gained, numbers, details)

    def _faults(self, rise: _Rise | None, gap: Claim | None, gained: Earned | None) -> Iterator[str]:
        alpha = ALPHA[Severity.MAJOR]
        if rise is not None and rise.shipped.lower(alpha) > 0 and rise.shipped.value >= self._tolerance(rise):
            yield (
                f"its validation loss rose {percent(rise.relative)} above its own best while training went on ({rise.best:.2f} to "
                f"{rise.best + rise.shipped.value:.2f})"
            )
        if gap is not None and self._wide(gap, alpha) and not (gained is not None and gained.proven):
            yield (
                f"between training and new examples it loses {points(gap.value)} more than the frozen probe does ({_range(gap)}), and nothing is gained for it"
            )

    def _tolerance(self, rise: _Rise) -> float:
        """Nats of rise that matter: a tenth of the best loss, and never next to nothing."""
        return max(self.thresholds["relative_rise"] * rise.best, self.thresholds["least_rise_nats"])

    def _wide(self, gap: Claim, alpha: float) -> bool:
        return gap.lower(alpha) > self.thresholds["wider_gap_for_certain"] and gap.value >= self.thresholds["wider_gap"]

    def _rest(
        self, context: Context, candidate: Candidate, rise: _Rise | None, gap: Claim | None, gained: Earned | None,
        numbers: dict[str, Any], details: dict[str, Any],
    ) -> Finding:  # fmt: skip
        flat = rise is None or rise.shipped.upper(ALPHA_PASS) < self._tolerance(rise)
        narrow = gap is not None and gap.upper(ALPHA_PASS) < self.thresholds["wider_gap"]
        earns = gained is not None and gained.proven
        if rise is None and gap is None:
            return self.finding(
                candidate.subject, Status.INCONCLUSIVE, "Neither the course of training nor answers on training examples are "
                "known, so memorising cannot be told.",
                remedy="keep the training examples' predictions and the validation losses of the training", **details,
            )  # fmt: skip
        if flat and (narrow or earns):
            told = "its validation loss stayed at its best" if rise is not None else "no training log to look at"
            if rise is not None and rise.passed_best:
                told = f"training went past its best, by {percent(rise.final_relative)} of loss, but the weights of the best step are kept"
            shown = (
                "it loses no more between training and new examples than the frozen probe does"
                if narrow
                else "it gains over the frozen probe on new examples"
            )
            return self.finding(
                candidate.subject, Status.PASS, f"No sign of memorising: {told}, and {shown}.", **numbers, **details
            )
        claim, tolerance = (
            (gap, self.thresholds["wider_gap"]) if flat or rise is None else (rise.shipped, self._tolerance(rise))
        )
        needed = (
            None
            if claim is None
            else needed_n(claim.value, claim.standard_error, claim.n, tolerance, ALPHA[Severity.MAJOR])
        )
        split = "test" if flat else "validation"
        doubt = more(
            0 if claim is None else claim.n,
            needed,
            f"labelled {split} {things(context.study.task)}",
            "the model memorises",
        )
        known = (
            "how far its loss is above its best" if not flat else "how much it loses between training and new examples"
        )
        return self.finding(
            candidate.subject, Status.INCONCLUSIVE, f"Whether the model memorises cannot be told: {known} is not known well enough.",
            remedy=doubt.remedy, **numbers, **{**details, **doubt.details},
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Rise:
    """How far validation loss lies above its own best."""

    best: float
    """Mean validation loss at the best evaluation, nats."""
    shipped: Claim
    """Loss of what the candidate predicts, minus the best, per item."""
    final_relative: float
    """The same for the last step, relative to the best."""

    @property
    def relative(self) -> float:
        return self.shipped.value / max(self.best, 1e-9)

    @property
    def passed_best(self) -> bool:
        return self.final_relative >= 0.1 > self.relative


def _rise(context: Context, candidate: Candidate) -> _Rise | None:
    trace, own = candidate.trace, validation_losses(context, candidate)
    if trace is None or trace.best_losses is None or own is None or len(own) != len(trace.best_losses):
        return None
    best = float(np.mean(trace.best_losses))
    final = own if trace.final_losses is None else trace.final_losses
    relative = (float(np.mean(final)) - best) / max(best, 1e-9)
    return _Rise(best, paired(own, trace.best_losses, context.groups("validation")), relative)


def _gap(context: Context, candidate: Candidate) -> Claim | None:
    """How much wider the candidate's train-to-test gap is than the probe's, in accuracy, seed means.

    Where the probe's training accuracy is not known it is taken as 100 %, which makes its gap as wide as it can be and
    this number as small: it errs on the side of silence.
    """
    trace, probe = candidate.trace, context.reference("linear-probe")
    if trace is None or trace.train_probabilities is None or trace.train_labels is None or probe is None:
        return None
    labels = context.labels("test")
    own_train = _right(trace.train_probabilities, trace.train_labels)
    probe_train = _probe_train(probe)
    difference = _right(context.probabilities(probe, "test"), labels) - _right(
        context.probabilities(candidate, "test"), labels
    )
    value = float(own_train.mean() - probe_train.mean() + difference.mean())
    # Two samples: training items and test items; an extra 1/n keeps a flawless sample from being taken for certainty.
    error = sqrt(_variance(own_train) + _variance(probe_train) + _variance(difference))
    return Claim(value, error, min(len(own_train), len(difference)) - 1, len(difference))


def _probe_train(probe: Candidate) -> NDArray[np.float64]:
    if probe.trace is not None and probe.trace.train_probabilities is not None and probe.trace.train_labels is not None:
        return _right(probe.trace.train_probabilities, probe.trace.train_labels)
    return np.ones(1)


def _right(probabilities: NDArray[Any], labels: NDArray[Any]) -> NDArray[np.float64]:
    """Correctness of each item, mean over seeds: (S, n, K) -> (n,)."""
    return np.asarray((probabilities.argmax(2) == labels[None]).mean(axis=0), dtype=np.float64)


def _variance(values: NDArray[np.float64]) -> float:
    n = len(values)
    return 0.0 if n < 2 else float(values.var(ddof=1)) / n + 1.0 / n**2


def _details(rise: _Rise | None, gap: Claim | None) -> dict[str, Any]:
    details: dict[str, Any] = {}
    if rise is not None:
        details |= {
            "best_validation_loss": rise.best, "shipped_above_best": rise.shipped.value,
            "shipped_above_best_interval": rise.shipped.interval(), "last_step_above_best_relative": rise.final_relative,
        }  # fmt: skip
    if gap is not None:
        details |= {"gap_wider_than_probe": gap.value, "gap_wider_than_probe_interval": gap.interval()}
    return details


def _train_accuracy(candidate: Candidate) -> float | None:
    trace = candidate.trace
    if trace is None or trace.train_probabilities is None or trace.train_labels is None:
        return None
    return float(_right(trace.train_probabilities, trace.train_labels).mean())


def _probe_train_accuracy(context: Context) -> float:
    probe = context.reference("linear-probe")
    return 1.0 if probe is None else float(_probe_train(probe).mean())


def _numbers(rise: _Rise | None, gap: Claim | None, wider: float, rising: float | None) -> dict[str, Any]:
    """The finding's own number: the wider gap in accuracy, else the rise of the loss."""
    if gap is not None:
        return {"value": gap.value, "interval": gap.interval(), "threshold": wider, "n": gap.n}
    if rise is not None:
        return {
            "value": rise.shipped.value,
            "interval": rise.shipped.interval(),
            "threshold": rising,
            "n": rise.shipped.n,
        }
    return {}


def _range(claim: Claim) -> str:
    interval = claim.interval()
    return between(interval.low, interval.high)
