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
    return LossGap(at_hand(gain(context, candidate, probe, "log_loss")), losses[0], losses[1], train)


@dataclass(frozen=True, slots=True)
class Traces:
    """All that memorising could have left behind on one candidate; None where it is not known."""

    rise: Rise | None
    gap: Claim | None
    loss: LossGap | None
    fitted: float | None
    """Accuracy on its own training examples."""
    probe_fitted: float

    @classmethod
    def of(cls, context: Context, candidate: Candidate) -> Traces:
        """Look for all of them."""
        return cls(
            rise(context, candidate), wider_gap(context, candidate), loss_gap(context, candidate),
            train_accuracy(candidate), probe_train_accuracy(context),
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
        return found
