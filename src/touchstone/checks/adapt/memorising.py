"""What memorising leaves behind: a validation loss past its best, a wide gap in accuracy, a wide gap in loss."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from touchstone.checks.adapt.evidence import paired, validation_losses
from touchstone.checks.context import Context
from touchstone.checks.gains import at_hand, gain, item_losses
from touchstone.core.measures import Candidate
from touchstone.stats.claims import Claim


@dataclass(frozen=True, slots=True)
class Rise:
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


def rise(context: Context, candidate: Candidate) -> Rise | None:
    trace, own = candidate.trace, validation_losses(context, candidate)
    if trace is None or trace.best_losses is None or own is None or len(own) != len(trace.best_losses):
        return None
    best = float(np.mean(trace.best_losses))
    final = own if trace.final_losses is None else trace.final_losses
    relative = (float(np.mean(final)) - best) / max(best, 1e-9)
    return Rise(best, paired(own, trace.best_losses, context.groups("validation")), relative)


def wider_gap(context: Context, candidate: Candidate) -> Claim | None:
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


def train_accuracy(candidate: Candidate) -> float | None:
    trace = candidate.trace
    if trace is None or trace.train_probabilities is None or trace.train_labels is None:
        return None
    return float(_right(trace.train_probabilities, trace.train_labels).mean())


def probe_train_accuracy(context: Context) -> float:
    probe = context.reference("linear-probe")
    return 1.0 if probe is None else float(_probe_train(probe).mean())


@dataclass(frozen=True, slots=True)
class LossGap:
    """Log-loss of what was learnt by heart and of what is new, in nats, means over seeds."""

    worse: Claim
    """Test log-loss minus the frozen probe's, of the models at hand: items random."""
    probe: float
    """The probe's test log-loss."""
    test: float
    train: float
    cool: Claim | None = None
    """How much wider its gap in log-loss between training and test is than the probe's, each of the four at the
    temperature that suits it best: over-confidence alone leaves nothing. None where the probe's side is not known."""

    @property
    def by_heart(self) -> bool:
        """Whether training examples are known far better than new ones: a third of the loss or less."""
        return self.train <= self.test / 3


def loss_gap(context: Context, candidate: Candidate) -> LossGap | None:
    """How sure the candidate is of training examples and how wrong of new ones; None where either is not known."""
    trace, probe = candidate.trace, context.reference("linear-probe")
    if trace is None or trace.train_probabilities is None or trace.train_labels is None or probe is None:
        return None
    labels = context.labels("test")
    losses = [float(item_losses(context.probabilities(one, "test"), labels).mean()) for one in (probe, candidate)]
    train = float(item_losses(trace.train_probabilities, trace.train_labels).mean())
    return LossGap(
        at_hand(gain(context, candidate, probe, "log_loss")),
        losses[0],
        losses[1],
        train,
        _cool_gap(context, candidate, probe),
    )


def _cool_gap(context: Context, candidate: Candidate, probe: Candidate) -> Claim | None:
    own, theirs, labels = candidate.trace, probe.trace, context.labels("test")
    if own is None or own.train_probabilities is None or own.train_labels is None:
        return None
    if theirs is None or theirs.train_probabilities is None or theirs.train_labels is None:
        return None
    difference = cool_losses(context.probabilities(candidate, "test"), labels) - cool_losses(
        context.probabilities(probe, "test"), labels
    )
    mine, its = (
        cool_losses(own.train_probabilities, own.train_labels),
        cool_losses(theirs.train_probabilities, theirs.train_labels),
    )
    value = float(difference.mean() - mine.mean() + its.mean())
    error = sqrt(_variance(difference) + _variance(mine) + _variance(its))
    return Claim(value, error, min(len(mine), len(its), len(difference)) - 1, len(difference))


def cool_losses(probabilities: NDArray[Any], labels: NDArray[Any]) -> NDArray[np.float64]:
    """Log-loss in nats of each item at each seed's own best temperature on these items, mean over seeds: (S, n, K) -> (n,)."""
    from touchstone.stats.temperature import fit_temperature, losses_at

    found = []
    for one in probabilities:
        # the floor of float32: logits that were stretched far still differ there
        logits = np.log(np.maximum(np.asarray(one, dtype=np.float64), float(np.finfo(np.float32).tiny)))
        # to a common scale first, so that the range of temperatures reaches every model
        logits = logits / max(float(logits.std(axis=1).mean()), 1e-9)
        found.append(losses_at(logits, labels, fit_temperature(logits, labels)))
    return np.asarray(np.mean(found, axis=0), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Heart:
    """Training examples that the probe, trained on the same ones, gets wrong, beside test examples that it gets wrong.

    A model that only learnt better features is right on such test examples as often; labels learnt by heart are right
    in training alone. The probe saw its training examples, so those that it still gets wrong are the harder ones.
    """

    right_train: int
    wrong_train: int
    """Training examples that the probe gets wrong; ``right_train`` of them, at the least, the candidate knows."""
    right_test: int
    wrong_test: int
    p_value: float
    """One-sided, Fisher's exact test, of the seed that shows least."""


def by_heart(context: Context, candidate: Candidate) -> Heart | None:
    """Hold them against each other; None where the same training examples were not asked of both, or items share groups."""
    trace, probe = candidate.trace, context.reference("linear-probe")
    if (
        trace is None
        or trace.train_probabilities is None
        or trace.train_labels is None
        or context.groups("test") is not None
    ):
        return None
    if (
        probe is None
        or probe.trace is None
        or probe.trace.train_probabilities is None
        or probe.trace.train_labels is None
    ):
        return None
    # both were asked of all training examples, though not in one order
    if not np.array_equal(np.sort(trace.train_labels), np.sort(probe.trace.train_labels)):
        return None
    labels = context.labels("test")
    missed = int((probe.trace.train_probabilities[0].argmax(1) != probe.trace.train_labels).sum())
    missed_test = context.probabilities(probe, "test")[0].argmax(1) != labels
    if not missed or not missed_test.any():
        return None
    found = []
    for train, test in zip(trace.train_probabilities, context.probabilities(candidate, "test"), strict=False):
        own_errors = int((train.argmax(1) != trace.train_labels).sum())
        known = max(0, missed - own_errors)
        right = int((test.argmax(1) == labels)[missed_test].sum())
        found.append(
            Heart(known, missed, right, int(missed_test.sum()), _fisher(known, missed, right, int(missed_test.sum())))
        )
    return max(found, key=lambda heart: heart.p_value)


def _fisher(right: int, n: int, other_right: int, other_n: int) -> float:
    """One-sided p-value that the first share is the larger one by chance."""
    from scipy.stats import fisher_exact  # type: ignore[import-untyped]

    table = [[right, n - right], [other_right, other_n - other_right]]
    return float(fisher_exact(table, alternative="greater").pvalue)


@dataclass(frozen=True, slots=True)
class Traces:
    """All that memorising could have left behind on one candidate; None where it is not known."""

    rise: Rise | None
    gap: Claim | None
    loss: LossGap | None
    fitted: float | None
    """Accuracy on its own training examples."""
    probe_fitted: float
    heart: Heart | None = None

    @classmethod
    def of(cls, context: Context, candidate: Candidate) -> Traces:
        """Look for all of them."""
        return cls(
            rise(context, candidate), wider_gap(context, candidate), loss_gap(context, candidate),
            train_accuracy(candidate), probe_train_accuracy(context), by_heart(context, candidate),
        )  # fmt: skip

    def details(self) -> dict[str, Any]:
        """The numbers for a finding's details."""
        found: dict[str, Any] = {"train_accuracy": self.fitted, "probe_train_accuracy": self.probe_fitted}
        if self.rise is not None:
            found |= {
                "best_validation_loss": self.rise.best, "shipped_above_best": self.rise.shipped.value,
                "shipped_above_best_interval": self.rise.shipped.interval(), "last_step_above_best_relative": self.rise.final_relative,
            }  # fmt: skip
        if self.gap is not None:
            found |= {"gap_wider_than_probe": self.gap.value, "gap_wider_than_probe_interval": self.gap.interval()}
        if self.loss is not None:
            found |= {
                "train_loss": self.loss.train, "test_loss": self.loss.test, "probe_test_loss": self.loss.probe,
                "test_loss_above_probe_interval": self.loss.worse.interval(),
            }  # fmt: skip
            if self.loss.cool is not None:
                found |= {
                    "loss_gap_wider_at_best_temperatures": self.loss.cool.value,
                    "loss_gap_wider_at_best_temperatures_interval": self.loss.cool.interval(),
                }  # fmt: skip
        if self.heart is not None:
            found["where_the_probe_errs"] = {
                "train_right": self.heart.right_train, "train": self.heart.wrong_train, "test_right": self.heart.right_test,
                "test": self.heart.wrong_test, "p_value": self.heart.p_value,
            }  # fmt: skip
        return found
