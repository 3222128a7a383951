"""Check ``adapt.overfitting``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from touchstone.checks.adapt.evidence import FROZEN, Earned, earned
from touchstone.checks.adapt.memorising import LossGap, Rise, Traces
from touchstone.checks.context import Context
from touchstone.checks.doubt import Doubt, more
from touchstone.checks.judged import JudgedCheck, is_frozen
from touchstone.checks.words import between, percent, plural, points, things
from touchstone.core.finding import Finding, Severity, Status
from touchstone.core.measures import Candidate
from touchstone.stats.claims import Claim
from touchstone.stats.decide import ALPHA, ALPHA_PASS
from touchstone.stats.power import needed_n


class Overfitting(JudgedCheck):
    """Does it memorise?

    **Question.** Did training go on until the model learnt its examples by heart, or were more layers thawed than
    this much data can carry?

    **Method.** A gap between training and test accuracy is usual for large networks and never alarms by itself.
    Three things do: (1) the validation loss of what would ship lies above its own best during training, by a tenth
    or more and for certain, item by item; where training passed its best but the weights of the best step ship,
    nothing is wrong. (2) The train-to-test gap is at least 10 points wider than the frozen probe's, while no gain over
    the probe is proven, and that is certain: the gap is more than 5 points wider for certain, or the model is right,
    more often for certain than on test examples that the probe gets wrong, on training examples that the probe gets
    wrong although it was trained on them, and its test log-loss is a fifth above the probe's. (3) It knows its training
    examples three times as well as new ones, in log-loss, and on new ones its log-loss is half as large again as the
    probe's, for certain, while no gain is proven; and its gap in log-loss is for certain wider than the probe's even
    with each side at its own best temperature: over-confidence alone is no memorising (`evaluate.calibration`). A gap
    that is 10 points wider and earned nothing never passes. Training examples are asked in evaluation mode without
    augmentation.

    **Source.** Zhang et al. (ICLR 2017) on why the gap alone says little; Guo et al. (ICML 2017) on loss that grows
    while accuracy stands still.

    **Cannot see.** Memorised single examples that cost nothing in accuracy (`evaluate.privacy`).
    """

    id: ClassVar[str] = "adapt.overfitting"
    thresholds: ClassVar[Mapping[str, float]] = {
        "relative_rise": 0.1, "least_rise_nats": 0.02, "wider_gap": 0.1, "wider_gap_for_certain": 0.05,
        "cool_gap_nats": 0.1, "loss_above_probe": 0.5, "least_loss_above_probe_nats": 0.05, "fits_training": 0.5,
        "heart_loss": 0.2,
    }  # fmt: skip

    def judge(self, context: Context, candidate: Candidate) -> Iterator[Finding]:
        if is_frozen(candidate):
            yield self.not_applicable(candidate, FROZEN)
            return
        seen, gained = Traces.of(context, candidate), earned(context, candidate)
        if seen.fitted is not None and seen.fitted < self.thresholds["fits_training"] * seen.probe_fitted:
            yield self._stated(
                candidate, seen, Status.PASS,
                f"It does not memorise: it is right on only {percent(seen.fitted)} of its own training examples, so whatever is wrong is something else.",
            )  # fmt: skip
        elif faults := list(self._faults(seen, gained is not None and gained.proven)):
            yield self._stated(
                candidate, seen, Status.FAIL, f"The model memorises: {' and '.join(faults)}.",
                remedy="stop at the best validation loss, thaw fewer blocks, or ship the frozen base with a trained head; more labels help most",
            )  # fmt: skip
        else:
            yield self._rest(context, candidate, seen, gained)

    def _faults(self, seen: Traces, earns: bool) -> Iterator[str]:
        alpha, rise, gap, loss = ALPHA[Severity.MAJOR], seen.rise, seen.gap, seen.loss
        if rise is not None and rise.shipped.lower(alpha) > 0 and rise.shipped.value >= self._harmful_rise(rise):
            yield (
                f"its validation loss rose {percent(rise.relative)} above its own best while training went on ({rise.best:.2f} to "
                f"{rise.best + rise.shipped.value:.2f})"
            )
        if gap is not None and self._is_wide(gap, alpha) and not earns:
            yield (
                f"between training and new examples it loses {points(gap.value)} more than the frozen probe does ({_range(gap)}), "
                "and nothing is gained for it"
            )
        elif (
            gap is not None
            and gap.value >= self.thresholds["wider_gap"]
            and not earns
            and self._learnt_by_heart(seen, alpha)
            and self._dearer(seen.loss)
        ):
            heart = seen.heart
            assert heart is not None, "looked at by _learnt_by_heart"
            known = "all" if heart.right_train == heart.wrong_train else f"at least {heart.right_train}"
            yield (
                f"of {plural(heart.wrong_train, 'training example')} that the frozen probe gets wrong it knows {known}, of "
                f"{plural(heart.wrong_test, 'test example')} that the probe gets wrong {heart.right_test}: between training and new examples "
                f"it loses {points(gap.value)} more than the probe does, and nothing is shown to be gained for it"
            )
        if loss is not None and loss.by_heart and not earns and self._costs(loss, alpha) and self._stays(loss, alpha):
            yield (
                f"it is sure of its training examples (log-loss {loss.train:.2f}) and wrong about new ones ({loss.test:.2f}, where the "
                f"frozen probe has {loss.probe:.2f}), and nothing is gained for it"
            )

    def _harmful_rise(self, rise: Rise) -> float:
        """Nats of rise that matter: a tenth of the best loss, and never next to nothing."""
        return max(self.thresholds["relative_rise"] * rise.best, self.thresholds["least_rise_nats"])

    def _is_wide(self, gap: Claim, alpha: float) -> bool:
        return gap.lower(alpha) > self.thresholds["wider_gap_for_certain"] and gap.value >= self.thresholds["wider_gap"]

    def _costs(self, loss: LossGap, alpha: float) -> bool:
        matters = max(self.thresholds["loss_above_probe"] * loss.probe, self.thresholds["least_loss_above_probe_nats"])
        return loss.worse.lower(alpha) > 0 and loss.worse.value >= matters

    def _learnt_by_heart(self, seen: Traces, alpha: float) -> bool:
        return seen.heart is not None and seen.heart.p_value < alpha

    def _dearer(self, loss: LossGap | None) -> bool:
        """Whether new examples cost it more than the probe: a network that knows its own and is as good on new ones is usual."""
        return loss is None or (
            loss.worse.lower(ALPHA_PASS) > 0 and loss.worse.value >= self.thresholds["heart_loss"] * loss.probe
        )

    def _stays(self, loss: LossGap, alpha: float) -> bool:
        """Whether the gap in loss is more than over-confidence."""
        return (
            loss.cool is not None and loss.cool.lower(alpha) > 0 and loss.cool.value >= self.thresholds["cool_gap_nats"]
        )

    def _rest(self, context: Context, candidate: Candidate, seen: Traces, gained: Earned | None) -> Finding:
        if seen.rise is None and seen.gap is None:
            return self._stated(
                candidate, seen, Status.INCONCLUSIVE,
                "Neither the course of training nor answers on training examples are known, so memorising cannot be told.",
                remedy="keep the training examples' predictions and the validation losses of the training",
            )  # fmt: skip
        rise, gap = seen.rise, seen.gap
        flat = rise is None or rise.shipped.upper(ALPHA_PASS) < self._harmful_rise(rise)
        narrow = gap is not None and gap.upper(ALPHA_PASS) < self.thresholds["wider_gap"]
        earns = gained is not None and gained.proven
        wide = gap is not None and gap.value >= self.thresholds["wider_gap"]
        if gap is not None and wide and not earns:
            return self._stated(
                candidate, seen, Status.INCONCLUSIVE,
                f"Whether the model memorises cannot be told: between training and new examples it loses {points(gap.value)} more than the "
                f"frozen probe does ({_range(gap)}), and nothing is shown to be gained for it.",
                remedy="look over the training labels (`data.label_noise`), train again up to the best validation loss, or ship the frozen "
                "base with a trained head; more labelled training examples tell most",
            )  # fmt: skip
        if gap is not None and wide and flat:
            shown = f"it gains over the frozen probe on new examples, though it loses {points(gap.value)} more than that between training and new ones"
        elif self._costs_nothing(seen.loss):
            shown = "on new examples its log-loss is no worse than the frozen probe's"
        elif flat and narrow:
            shown = "it loses no more between training and new examples than the frozen probe does"
        elif flat and gained is not None and gained.proven:
            shown = "it gains over the frozen probe on new examples"
        else:
            doubt = self._doubt(context, seen, flat)
            known = (
                "how much it loses between training and new examples" if flat else "how far its loss is above its best"
            )
            return self._stated(
                candidate, seen, Status.INCONCLUSIVE, f"Whether the model memorises cannot be told: {known} is not known well enough.",
                remedy=doubt.remedy, **doubt.details,
            )  # fmt: skip
        past = ""
        if rise is not None and rise.passed_best:
            past = f" Training went past its best, by {percent(rise.final_relative)} of loss, but the weights of the best step are kept."
        return self._stated(candidate, seen, Status.PASS, f"No sign of memorising: {shown}.{past}")

    def _costs_nothing(self, loss: LossGap | None) -> bool:
        if loss is None:
            return False
        return loss.worse.upper(ALPHA_PASS) < max(
            self.thresholds["relative_rise"] * loss.probe, self.thresholds["least_rise_nats"]
        )

    def _doubt(self, context: Context, seen: Traces, flat: bool) -> Doubt:
        if flat or seen.rise is None:
            claim, tolerance, split = seen.gap, self.thresholds["wider_gap"], "test"
        else:
            claim, tolerance, split = seen.rise.shipped, self._harmful_rise(seen.rise), "validation"
        if claim is None:
            return Doubt("keep the predictions on training examples, so that they can be compared with new ones")
        needed = needed_n(claim.value, claim.standard_error, claim.n, tolerance, ALPHA[Severity.MAJOR])
        return more(claim.n, needed, f"labelled {split} {things(context.study.task)}", "the model memorises")

    def _stated(
        self,
        candidate: Candidate,
        seen: Traces,
        status: Status,
        told: str,
        *,
        remedy: str | None = None,
        **details: Any,
    ) -> Finding:
        """The finding's own number is the wider gap in accuracy, else the rise of the loss."""
        numbers: dict[str, Any] = {}
        if seen.gap is not None:
            numbers = {
                "value": seen.gap.value,
                "interval": seen.gap.interval(),
                "threshold": self.thresholds["wider_gap"],
                "n": seen.gap.n,
            }
        elif seen.rise is not None:
            claim = seen.rise.shipped
            numbers = {
                "value": claim.value,
                "interval": claim.interval(),
                "threshold": self._harmful_rise(seen.rise),
                "n": claim.n,
            }
        return self.finding(candidate.subject, status, told, remedy=remedy, **numbers, **seen.details(), **details)


def _range(claim: Claim) -> str:
    interval = claim.interval()
    return between(interval.low, interval.high)
