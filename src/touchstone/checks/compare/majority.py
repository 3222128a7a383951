"""Check ``compare.majority``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from touchstone.checks.compare.contest import asked_of, balanced_accuracy, everyone
from touchstone.checks.context import Context
from touchstone.checks.doubt import more
from touchstone.checks.gains import evidence_split, is_brought
from touchstone.checks.judged import JudgedCheck
from touchstone.checks.words import percent, plural, points
from touchstone.core.finding import Finding, Severity, Status
from touchstone.core.measures import Candidate
from touchstone.evaluate import metrics
from touchstone.stats.claims import Claim, item_claim
from touchstone.stats.decide import ALPHA, ALPHA_PASS
from touchstone.stats.intervals import clopper_pearson
from touchstone.stats.paired import mcnemar
from touchstone.stats.power import needed_n


class Majority(JudgedCheck):
    """Better than always guessing one class?

    **Question.** Has the model learnt anything, or would always naming the most common class look as good?

    **Method.** On the sealed test items, about the very model that would ship; of a frozen base whose test set was made
    here and holds fewer than 200, also on every training example, predicted out of fold. Fail (blocker) where it is a
    degenerate guess: its balanced accuracy is below chance plus five points for certain, or its Matthews
    correlation is below 0.05 for certain, or it gives the same answer every time although five test examples or
    more are of other classes, or it gives at least 98 % of its answers to one class that makes up at most 90 % of
    the test set; or where it would be right far more often (by 30 points or more, and more often than not for
    certain) if its answers bore other classes' names. Pass only where both are proven: more accurate than the majority guess (exact McNemar test, 5 %),
    and balanced accuracy above chance. Where balanced accuracy is proven but plain accuracy is not (one class so
    common that guessing it is hard to beat), the answer is open with severity major.

    **Source.** McNemar (1947), exact form.

    **Cannot see.** Whether the model is any good: only that it is not a guess.
    """

    id: ClassVar[str] = "compare.majority"
    thresholds: ClassVar[Mapping[str, float]] = {
        "balanced_accuracy_over_chance": 0.05, "matthews_correlation": 0.05, "one_class_predicted": 0.98, "one_class_present": 0.9,
        "least_others_missed": 5, "renamed": 0.3,
    }  # fmt: skip

    def judge(self, context: Context, candidate: Candidate) -> Iterator[Finding]:
        split = evidence_split(context, candidate)
        shipped, labels, groups = context.shipped(candidate, split), context.labels(split), context.groups(split)
        guesses, n = shipped.argmax(1), len(labels)
        if n == 0:
            yield self.finding(
                candidate.subject,
                Status.INCONCLUSIVE,
                "There are no test examples to compare on.",
                remedy="label test examples",
            )
            return
        right, common = guesses == labels, labels == _majority(context)
        present = len(np.unique(labels))
        balanced = balanced_accuracy(shipped, labels, groups)
        over_guess = item_claim(right.astype(float) - common, groups=groups)
        details: dict[str, Any] = {
            "accuracy": float(right.mean()), "majority_accuracy": float(common.mean()),
            "balanced_accuracy": balanced.value, "balanced_accuracy_interval": balanced.interval(), "chance": 1 / present,
            "difference_interval": over_guess.interval(), "split": split,
        }  # fmt: skip
        told = (
            f"accuracy {percent(right.mean())} where always guessing the most common class gives {percent(common.mean())}; "
            f"averaged over classes {percent(balanced.value)} where guessing gives {percent(1 / present)}{everyone(split, n)}"
        )
        read, mended = self._renamed(guesses, labels, context.data.classes)
        if read:
            yield self._other_names(candidate, read, mended, over_guess, told, details)
            return
        if len(np.unique(guesses)) == 1:
            details["one_answer"] = context.data.classes[int(guesses[0])]
        if why := self._degenerate(shipped, labels, groups, balanced, present, context.seed):
            yield self.finding(
                candidate.subject, Status.FAIL, f"The model learnt next to nothing: {told}; {why}.",
                value=over_guess.value, interval=over_guess.interval(), threshold=0.0, n=n,
                remedy="look at labels and class shares first, then shift the decision thresholds by the class shares or lower "
                "the learning rate; do not use it as it is",
                degenerate=why, **details,
            )  # fmt: skip
            return
        only, missed = int((right & ~common).sum()), int((~right & common).sum())
        p_value = mcnemar(only, missed, two_sided=False) if groups is None else over_guess.p_value()
        accurate, balances = p_value < ALPHA_PASS and over_guess.value > 0, balanced.lower(ALPHA_PASS) > 1 / present
        if accurate and balances:
            yield self.finding(
                candidate.subject, Status.PASS, f"Better than guessing, beyond doubt: {told}.",
                value=over_guess.value, interval=over_guess.interval(), threshold=0.0, n=n, p_value=p_value, **details,
            )  # fmt: skip
            return
        yield self._open(context, candidate, over_guess, balanced, balances, told, {**details, "p_value": p_value})

    def _renamed(self, guesses: Any, labels: Any, classes: Sequence[str]) -> tuple[dict[str, str], float]:
        """Which class each answer should be read as, where that mends the model, and how often it would then be right."""
        from scipy.optimize import linear_sum_assignment  # type: ignore[import-untyped]

        counts = np.zeros((len(classes), len(classes)), dtype=np.int64)
        np.add.at(counts, (guesses, labels), 1)
        answers, truths = linear_sum_assignment(-counts)
        right, n = int(counts[answers, truths].sum()), len(labels)
        better = right - int(np.trace(counts)) >= self.thresholds["renamed"] * n
        if not better or clopper_pearson(right, n, level=1 - 2 * ALPHA[Severity.BLOCKER]).low <= 0.5:
            return {}, 0.0
        given = counts.sum(axis=1) > 0
        read = {classes[i]: classes[j] for i, j in zip(answers, truths, strict=True) if i != j and given[i]}
        return read, right / n

    def _other_names(
        self, candidate: Candidate, read: Mapping[str, str], right: float, over_guess: Claim, told: str, details: dict[str, Any]
    ) -> Finding:  # fmt: skip
        (answer, meant), *rest = read.items()
        others = f", and so on for {plural(len(rest), 'other class', 'other classes')}" if rest else ""
        where, mend = (
            ("lists its classes in another order than its training had them",
             "mend id2label in the model's config.json: the names in the order in which training numbered them")
            if is_brought(candidate)
            else ("was trained on labels that name the classes otherwise than the test set does",
                  "look at the labels of training and test data: one of them follows another list of classes")
        )  # fmt: skip
        return self.finding(
            candidate.subject, Status.FAIL,
            f"The model's answers bear other classes' names: {told}. Were {answer!r} read as {meant!r}{others}, it would be right "
            f"in {percent(right)}: it did learn, but {where}.",
            value=over_guess.value, interval=over_guess.interval(), threshold=0.0, n=over_guess.n,
            remedy=mend, renamed=dict(read), **details,
        )  # fmt: skip

    def _open(
        self,
        context: Context,
        candidate: Candidate,
        over_guess: Claim,
        balanced: Claim,
        balances: bool,
        told: str,
        details: dict[str, Any],
    ) -> Finding:
        asked, gap = (over_guess, over_guess.value) if balances else (balanced, balanced.value - details["chance"])
        needed = needed_n(asked.value, asked.standard_error, asked.n, gap, ALPHA_PASS) if gap > 0 else None
        doubt = more(
            over_guess.n,
            needed,
            asked_of(context, details["split"]),
            "the model beats guessing the most common class",
        )
        which = "plain accuracy" if balances else "the average over classes"
        return self.finding(
            candidate.subject, Status.INCONCLUSIVE,
            f"Not shown to be better than guessing by {which}: {told} (difference {points(over_guess.value, sign=True)}).",
            severity=Severity.MAJOR if balances else Severity.BLOCKER,
            value=over_guess.value, interval=over_guess.interval(), threshold=0.0, n=over_guess.n,
            remedy=doubt.remedy, **details, **doubt.details,
        )  # fmt: skip

    def _degenerate(
        self, shipped: Any, labels: Any, groups: Any, balanced: Claim, present: int, seed: int
    ) -> str | None:
        if present < 2:
            return None
        if balanced.upper(ALPHA_PASS) < 1 / present + self.thresholds["balanced_accuracy_over_chance"]:
            return "for certain no more than five points above chance when classes count equally"
        matthews = metrics.estimate("mcc", shipped, labels, groups=groups, level=1 - 2 * ALPHA_PASS, seed=seed)
        if matthews.interval is not None and matthews.interval.high < self.thresholds["matthews_correlation"]:
            return "its answers hardly correlate with the truth"
        counts = np.bincount(shipped.argmax(1), minlength=shipped.shape[1])
        favourite = int(counts.argmax())
        if counts[favourite] == len(labels) and (labels != favourite).sum() >= self.thresholds["least_others_missed"]:
            return f"it gave the same answer every time, though {int((labels != favourite).sum())} test examples are of other classes"
        if counts[favourite] >= self.thresholds["one_class_predicted"] * len(labels) and (
            (labels == favourite).mean() <= self.thresholds["one_class_present"]
        ):
            return f"it gives {percent(counts[favourite] / len(labels))} of its answers to one class"
        return None


def _majority(context: Context) -> int:
    """The most common class of training: what a guess without looking would name."""
    known = context.labels("train")
    return int(np.bincount(known[known >= 0]).argmax())
