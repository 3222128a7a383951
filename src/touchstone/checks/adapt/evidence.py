"""What several checks of adaptation ask alike: how a candidate stands to the linear probe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from touchstone.checks.context import Context
from touchstone.checks.gains import gain, item_losses, primary_metric
from touchstone.core.measures import Candidate
from touchstone.evaluate import metrics
from touchstone.stats.claims import Claim, item_claim

FROZEN = "Nothing of the base model was trained (a head on frozen features), so the question does not arise."


@dataclass(frozen=True, slots=True)
class Earned:
    """What fine-tuning gained over the probe on the test set."""

    metric: str
    gain: Claim

    @property
    def proven(self) -> bool:
        """A positive gain at one-sided 5 %."""
        return self.gain.lower(0.05) > 0

    @property
    def harm(self) -> Claim:
        """Probe minus fine-tuned: larger is worse."""
        return self.gain.negated()


def earned(context: Context, candidate: Candidate, split: str = "test") -> Earned | None:
    """The gain over the linear probe; None where no probe was made."""
    probe = context.reference("linear-probe")
    if probe is None:
        return None
    metric = primary_metric(context.study)
    return Earned(metric, gain(context, candidate, probe, metric, split))


def each_seed(context: Context, candidate: Candidate) -> list[Claim]:
    """The gain over the linear probe of every single training, as a claim about that model: items random alone."""
    probe = context.reference("linear-probe")
    if probe is None:
        return []
    metric, reference = primary_metric(context.study), context.probabilities(probe, "test")
    return [
        metrics.difference(
            metric, one, reference, context.labels("test"), a_deterministic=True, b_deterministic=True,
            groups=context.groups("test"), seed=context.seed,
        )
        for one in context.probabilities(candidate, "test")
    ]  # fmt: skip


def validation_losses(context: Context, candidate: Candidate) -> NDArray[np.float64] | None:
    """Negative log-likelihood of each validation item, mean over seeds; None without validation predictions."""
    labels = context.labels("validation")
    probabilities = candidate.validation_probabilities
    if probabilities.ndim != 3 or probabilities.shape[1] != len(labels) or len(labels) < 2:
        return None
    return item_losses(probabilities, labels)


def paired(later: NDArray[Any], earlier: NDArray[Any], groups: NDArray[Any] | None) -> Claim:
    """The rise from ``earlier`` to ``later`` as a claim over items; losses have no upper end, so neither has the claim."""
    return item_claim(
        np.asarray(later, dtype=np.float64) - np.asarray(earlier, dtype=np.float64), groups=groups, scale=0.0
    )


def mean_or_none(values: Any) -> float | None:
    """The mean of some numbers, None for none."""
    return float(np.mean(values)) if len(values) else None
