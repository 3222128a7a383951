"""Check ``data.imbalance``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from touchstone.checks.check import Check
from touchstone.checks.context import Context, Need
from touchstone.checks.words import counted, percent, quoted
from touchstone.core.finding import Finding, Status
from touchstone.dataset.model import UNLABELLED


class Imbalance(Check):
    """Can guessing the majority look good?

    **Question.** Is one class so common that a model which always names it would look accurate?

    **Method.** Classes are counted in the labelled training data (and in a validation set that was given). A fail
    where the largest class holds at least 90 %, or at least 80 % among four or more classes, or where the smallest
    class has at most a twentieth of the largest. Counted, so there is no error of estimation; the tests that a
    model must pass in spite of imbalance are `compare.majority` and `evaluate.per_class`.

    **Source.** On the remedies: Menon et al. (ICLR 2021), Ren et al. (NeurIPS 2020); that balancing by resampling
    does not help strong learners: Elor and Averbuch-Elor (2022).

    **Cannot see.** Whether deployment meets the classes in the same proportions as the training data do.
    """

    id: ClassVar[str] = "data.imbalance"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.DATA})
    thresholds: ClassVar[Mapping[str, float]] = {
        "majority_share": 0.9, "majority_share_of_four_classes": 0.8, "smallest_to_largest": 0.05,
    }  # fmt: skip

    def run(self, context: Context) -> Iterator[Finding]:
        data = context.data
        labels = [data.train.labels]
        if "validation" in data.made_here:
            labels.append(data.validation.labels)
        yield self._judge("train", np.concatenate(labels), data.classes, context.study.task)
        if "validation" in data.given and len(data.validation):
            yield self._judge("validation", data.validation.labels, data.classes, context.study.task)

    def _judge(self, split: str, labels: NDArray[Any], classes: tuple[str, ...], task: str) -> Finding:
        known = labels[labels != UNLABELLED]
        n = len(known)
        if n == 0 or len(classes) < 2:
            return self.finding(
                split, Status.INCONCLUSIVE, f"`{split}` holds no labelled examples of two classes, so shares cannot be compared.",
                remedy="give labelled examples of at least two classes", needed_more=2, needed_what="classes",
            )  # fmt: skip
        counts = np.bincount(known, minlength=len(classes))
        largest, smallest = int(counts.argmax()), int(counts.argmin())
        share, ratio = counts[largest] / n, counts[smallest] / counts[largest]
        details: dict[str, Any] = {
            "counts": dict(zip(classes, counts.tolist(), strict=True)),
            "smallest_to_largest": float(ratio),
        }
        most = self.thresholds["majority_share_of_four_classes" if len(classes) >= 4 else "majority_share"]
        if share >= most or ratio <= self.thresholds["smallest_to_largest"]:
            rare = [
                c
                for c, k in zip(classes, counts, strict=True)
                if k <= self.thresholds["smallest_to_largest"] * counts[largest]
            ]
            thin = f" {quoted(rare)} {'has' if len(rare) == 1 else 'have'} at most a twentieth of that." if rare else ""
            return self.finding(
                split, Status.FAIL,
                f"{percent(share)} of {counted(n, task)} of `{split}` are `{classes[largest]}`: a model that always guesses it looks "
                f"{percent(share)} accurate and has learnt nothing.{thin}",
                value=float(share), threshold=most, n=n,
                remedy="judge by balanced accuracy, macro F1 and per-class recall; shift decision thresholds by the class shares "
                "(logit adjustment, free) before reweighting the loss; label more of the rare classes",
                **details,
            )  # fmt: skip
        return self.finding(
            split, Status.PASS,
            f"The most common class, `{classes[largest]}`, makes up {percent(share)} of {counted(n, task)} of `{split}`: "
            "always guessing it would not look good.",
            value=float(share), threshold=most, n=n, **details,
        )  # fmt: skip
