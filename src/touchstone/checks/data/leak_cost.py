"""What leaked examples do to a score: accuracy with and without them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from touchstone.checks.context import Context
from touchstone.core.finding import Severity
from touchstone.core.measures import Candidate
from touchstone.dataset.leaks import Crossing
from touchstone.evaluate.held_out import fitted
from touchstone.stats.claims import Claim
from touchstone.stats.decide import ALPHA

_MOST, _ORIGINALS = 2000, 1000
"""Clean and leaked test examples each, of which the cheap probe is asked, and
originals that it learns beside the sample."""


@dataclass(frozen=True, slots=True)
class LeakCost:
    """Accuracy of one model on a test set as given, and without what leaked."""

    model: str
    """In words: ``a linear probe on simple features``."""
    with_copies: float
    without: float
    moved: Claim
    """Accuracy with the copies minus accuracy without them, on the same examples."""

    def proven(self, points: float) -> bool:
        """Whether the copies flatter by at least so much, beyond doubt."""
        return self.moved.value >= points and self.moved.lower(ALPHA[Severity.BLOCKER]) > 0

    def details(self) -> dict[str, Any]:
        return {
            "model": self.model, "accuracy_with_copies": self.with_copies, "accuracy_without": self.without,
            "accuracy_moved_by": self.moved.value, "accuracy_moved_interval": self.moved.interval(),
        }  # fmt: skip

    def __str__(self) -> str:
        before, after = f"{self.with_copies:.3f}", f"{self.without:.3f}"
        if before == after:
            return f"without them the accuracy of {self.model} stays at {after}"
        word = "falls" if self.without < self.with_copies else "rises"
        return f"without them the accuracy of {self.model} {word} from {before} to {after}"


def leak_costs(context: Context, crossings: Sequence[Crossing]) -> list[LeakCost]:
    """What the copies in the test set did to the chosen model and to the linear probe, or to a cheap probe.

    The first is what decides; empty where no model was asked about the copies.
    """
    models = [("the chosen model", context.chosen), ("the linear probe", context.reference("linear-probe"))]
    found = [
        cost
        for i, (name, model) in enumerate(models)
        if model is not None and all(model is not before for _, before in models[:i])
        if (cost := _of_candidate(context, name, model)) is not None
    ]
    if not found and (cheap := _of_probe(context, crossings)) is not None:
        found.append(cheap)
    return found


def _of_candidate(context: Context, name: str, model: Candidate) -> LeakCost | None:
    """Accuracy of a trained model, where it was measured on both."""
    if context.data.left_out is None:
        return None
    try:
        clean = context.shipped(model, "test").argmax(1) == context.labels("test")
        copies = context.shipped(model, "left_out").argmax(1) == context.labels("left_out")
    except KeyError:  # the desk holds no predictions for a split that nobody asked the model about
        return None
    return _cost(name, clean, copies, len(copies) / (len(clean) + len(copies)))


def _of_probe(context: Context, crossings: Sequence[Crossing]) -> LeakCost | None:
    """Accuracy of a linear probe that learns from the training examples as given, in an audit."""
    answers, given, probed = context.data.answers, context.data.given.get("test"), context.probed
    leaked = np.unique([one.second_index for one in crossings]).astype(np.int64)
    if answers is None or given is None or probed is None or not len(leaked):
        return None
    clean = np.setdiff1d(np.arange(len(given)), leaked)
    share = len(leaked) / len(given)
    if not len(clean):
        return None
    rng = np.random.default_rng(context.seed)
    clean, leaked = (np.sort(rng.permutation(part)[:_MOST]) for part in (clean, leaked))
    learnt, labels = _with_originals(context, crossings)
    classifier = fitted(learnt, labels, len(context.data.classes), penalty_c=probed.penalty_c, seed=context.seed)

    def right(rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        seen = context.features(given.take(rows))
        return np.asarray(classifier.probabilities(seen).argmax(1) == answers[rows], dtype=bool)

    return _cost(f"a linear probe on {probed.source}", right(clean), right(leaked), share)


def _with_originals(context: Context, crossings: Sequence[Crossing]) -> tuple[Any, NDArray[np.int64]]:
    """The probed training examples, and those that the copies are copies of."""
    probed = context.probed
    assert probed is not None, "a probe was asked for"
    train, known = context.data.given["train"], set(probed.examples.names)
    wanted = {one.first for one in crossings if one.first_split == "train"} - known
    rows = [i for i, name in enumerate(train.names) if name in wanted and train.labels[i] >= 0][:_ORIGINALS]
    if not rows:
        return probed.features, probed.labels
    more = context.features(train.take(rows))
    if hasattr(more, "tocsr"):
        from scipy.sparse import vstack  # type: ignore[import-untyped]

        both = vstack([probed.features, more]).tocsr()
    else:
        both = np.concatenate([probed.features, more])
    return both, np.concatenate([probed.labels, train.labels[rows]])


def _cost(model: str, clean: NDArray[Any], copies: NDArray[Any], share: float) -> LeakCost:
    """From right and wrong answers; ``share`` of the whole are copies.

    mean(whole) - mean(clean) = share * (mean(copies) - mean(clean)): two independent means.
    """
    without = float(clean.mean())
    value = share * (float(copies.mean()) - without)
    error = share * float(np.sqrt(_variance_of_mean(clean) + _variance_of_mean(copies)))
    n = len(clean) + len(copies)
    return LeakCost(model, without + value, without, Claim(value, error, max(1, min(len(clean), len(copies)) - 1), n))


def _variance_of_mean(right: NDArray[Any]) -> float:
    """Of a share of right answers; add-one, so that a flawless sample is not taken for certainty."""
    n = len(right)
    share = (float(right.sum()) + 1) / (n + 2)
    return share * (1 - share) / n
