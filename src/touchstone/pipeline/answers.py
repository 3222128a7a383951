"""What candidates answered about labelled examples that they were not trained on, two of them side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from touchstone.pipeline.contender import OUT_OF_FOLD, Contender

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from touchstone.dataset.model import Dataset
    from touchstone.stats.claims import Claim


@dataclass(frozen=True)
class Answers:
    """Whether each of n examples was answered right, and its log-loss in nats, both (n,)."""

    right: NDArray[Any]
    losses: NDArray[Any]

    @classmethod
    def of(cls, probabilities: NDArray[Any], labels: NDArray[Any]) -> Self:
        """From class probabilities (n, classes)."""
        from touchstone.checks.gains import item_losses

        return cls(probabilities.argmax(1) == labels, item_losses(probabilities[None], labels))

    def __getitem__(self, rows: NDArray[Any]) -> Answers:
        return Answers(self.right[rows], self.losses[rows])

    def and_(self, more: Answers) -> Answers:
        """These and more."""
        import numpy as np

        return Answers(np.concatenate([self.right, more.right]), np.concatenate([self.losses, more.losses]))


@dataclass(frozen=True)
class Shown:
    """All that one candidate showed: on validation, and on training examples by models trained without them."""

    validation: Answers
    rows: NDArray[Any]
    """(m,) places of those training examples."""
    train: Answers
    """(m,)"""


def shown(contender: Contender, data: Dataset) -> Shown:
    """What a candidate showed; where folds of its training were run, theirs are among it."""
    import numpy as np

    validation = Answers.of(contender.shipped["validation"], data.validation.labels)
    if contender.cross_fitted:
        place = {digest: row for row, digest in enumerate(data.train.digests)}
        rows = np.array([place[digest] for digest, _, _ in contender.cross_fitted])
        right = np.array([right for _, right, _ in contender.cross_fitted])
        return Shown(validation, rows, Answers(right, np.array([loss for *_, loss in contender.cross_fitted])))
    if OUT_OF_FOLD in contender.predictions:
        labels = data.train.labels
        return Shown(validation, np.arange(len(labels)), Answers.of(contender.predictions[OUT_OF_FOLD][0], labels))
    return Shown(validation, np.zeros(0, np.int64), Answers(np.zeros(0, bool), np.zeros(0)))


def common(one: Shown, other: Shown) -> tuple[Answers, Answers]:
    """What two candidates answered of the same examples."""
    import numpy as np

    _, mine, others = np.intersect1d(one.rows, other.rows, return_indices=True)
    return one.validation.and_(one.train[mine]), other.validation.and_(other.train[others])


def gains(one: Shown, other: Shown) -> tuple[Claim, Claim]:
    """By how much the one is better than the other, in accuracy and in log-loss (nats), on what both answered."""
    from touchstone.stats.claims import recipe_claim

    mine, others = common(one, other)
    pairs = ((mine.right.astype(float)[None], others.right.astype(float)[None]), (-mine.losses[None], -others.losses[None]))  # fmt: skip
    accuracy, loss = (
        recipe_claim(first, second, pooled=None, a_deterministic=True, b_deterministic=True) for first, second in pairs
    )
    return accuracy, loss
