"""A candidate held against a reference: the claim, and the word that it earns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite
from typing import Any

from touchstone.checks.context import CROSS_FITTED, Context
from touchstone.checks.doubt import Doubt, beyond_numbers, undecided
from touchstone.checks.gains import at_hand, evidence_split, gain, is_fixed, primary_metric, seed_scores
from touchstone.checks.words import between, named, points, things
from touchstone.core.finding import Severity
from touchstone.core.measures import Candidate
from touchstone.evaluate import metrics
from touchstone.stats.claims import Claim, item_claim
from touchstone.stats.decide import ALPHA, ALPHA_PASS

POINT = 0.01
"""A point of score: what counts as a difference in use."""
OF_REMAINING_ERROR = 0.05
"""Near the ceiling a twentieth of the remaining error counts as well."""
LEVEL = 0.95


class Word(StrEnum):
    """What a comparison shows."""

    HELPFUL = "PROVEN HELPFUL"
    HARMFUL = "HARMFUL"
    EQUIVALENT = "EQUIVALENT"
    NOT_PROVEN = "NOT PROVEN"


@dataclass(frozen=True, slots=True)
class Contest:
    """A candidate against a reference on one metric, both seed means, on the same test items."""

    metric: str
    candidate: Candidate
    reference: Candidate
    score: float
    reference_score: float
    claim: Claim
    word: Word
    beside: Mapping[str, Any]
    """The same gain by accuracy and balanced accuracy, whichever is not the metric."""
    split: str = "test"
    """The examples that were asked, see :func:`touchstone.checks.gains.evidence_split`."""
    guesses: bool = False
    """The candidate is not shown to be better than chance: between two that guess a score may differ, and nothing helped."""

    @property
    def headline(self) -> str:
        """The word as it opens a sentence; where the score is a point lower, equivalent is the best that can be said."""
        at_best = " AT BEST" if self.word is Word.EQUIVALENT and self.claim.value < -POINT else ""
        return f"{self.word}{at_best}"

    @property
    def harm_excluded(self) -> bool:
        """Whether a loss of a point or more is ruled out at one-sided 5 %."""
        return self.claim.lower(0.05) > -POINT

    @property
    def of_one_training(self) -> bool:
        """Whether the claim is about the model at hand because no recipe was trained more than once."""
        return not is_fixed(self.candidate) and len(self.candidate.seeds) == 1 and self.claim.seed_error == 0

    def told(self, reference: str, of_these: Claim | None = None) -> str:
        """The numbers in one clause; ``reference`` says what it is held against, ``of_these`` how these very models differ."""
        # "No better" was decided for the models as they are: the interval of the recipes would seem to deny it.
        as_they_are = of_these is not None or self.word is Word.EQUIVALENT or self.of_one_training
        shown = of_these or (at_hand(self.claim) if as_they_are else self.claim)
        interval = shown.interval(LEVEL)
        finite = isfinite(interval.low) and isfinite(interval.high) and isfinite(shown.standard_error)
        range_ = (
            between(interval.low, interval.high) + (" for these very models" if as_they_are else "")
            if finite
            else "with one training the spread from seed to seed is not known"
        )
        return (
            f"{named(self.metric)} {self.score:.3f} against {self.reference_score:.3f} of {reference}, a difference of "
            f"{points(self.claim.value, sign=True)} ({range_})"
            + everyone(self.split, self.claim.n)
            + (", and this model is not shown to be better than guessing" if self.guesses else "")
        )

    def doubt(self, context: Context, question: str) -> Doubt:
        """What would settle an open comparison; for a model that may be guessing, no number of examples does."""
        if self.guesses:
            first = "first make this model better than guessing (`compare.majority`); until then no comparison shows that anything helped"
            return beyond_numbers(first, asked_of(context, self.split))
        effect = max(abs(self.claim.value), _least(self.reference_score))
        return undecided(self.claim, effect, 0.025, asked_of(context, self.split), question)

    def details(self) -> dict[str, Any]:
        """What a reader needs to check the comparison, the fairness ledger included."""
        harmful, equivalent, helpful = self.claim.probabilities(POINT)
        return {
            "word": str(self.word), "metric": self.metric, "reference": self.reference.name, "split": self.split,
            "score": self.score, "reference_score": self.reference_score, "seeds": self.claim.seeds,
            "standard_error": self.claim.standard_error, "degrees_of_freedom": self.claim.df,
            "evidence": {"harmful": harmful, "equivalent": equivalent, "helpful": helpful},
            "also": self.beside, "ledger": {one.subject: _effort(one) for one in (self.candidate, self.reference)},
        }  # fmt: skip


def contest(
    context: Context, candidate: Candidate, reference: Candidate, severity: Severity, *, alpha_helpful: float = 0.025
) -> Contest:
    """Hold a candidate against a reference on the study's primary metric.

    PROVEN HELPFUL: the gain's lower bound lies above 0 and the gain is a point, or a twentieth of the remaining error,
    and the candidate is better than chance for certain.
    HARMFUL: its upper bound at the severity's error rate lies below 0 and the loss is a point or more.
    EQUIVALENT: these trained models are for certain (one-sided 2.5 %, items random) not a point better, or not a
    twentieth of the remaining error where that is more; as good or worse is the same to whoever has to choose.

    Parameters
    ----------
    severity : of the harm, sets its false-alarm rate
    alpha_helpful : one-sided error of a wrong praise; half of 5 %, because scratch and non-transfer are one family
    """
    metric, split = primary_metric(context.study), evidence_split(context, candidate, reference)
    found = gain(context, candidate, reference, metric, split)
    scores = [float(seed_scores(context, one, metric, split).mean()) for one in (candidate, reference)]
    beside = {}
    for other in ("accuracy", "balanced_accuracy"):
        if other != metric:
            claim = gain(context, candidate, reference, other, split)
            beside[other] = {"difference": claim.value, "interval": claim.interval(LEVEL)}
    word, guesses = _word(found, scores[1], severity, alpha_helpful), _guesses(context, candidate)
    if guesses and word is Word.HELPFUL:
        word = Word.NOT_PROVEN
    return Contest(metric, candidate, reference, scores[0], scores[1], found, word, beside, split, guesses)


def balanced_accuracy(shipped: Any, labels: Any, groups: Any) -> Claim:
    """Balanced accuracy of one model as a claim over items."""
    scores, weights = metrics.item_scores("balanced_accuracy", shipped, labels)
    return item_claim(scores[0], groups=groups, weights=weights, strata=labels)


def everyone(split: str, n: int) -> str:
    """A clause that says so where more than the test set was asked."""
    return f", on {n:,} examples, those of training predicted out of fold" if split == CROSS_FITTED else ""


def asked_of(context: Context, split: str) -> str:
    """Of which examples more would settle an open question."""
    return f"labelled {'' if split == CROSS_FITTED else 'test '}{things(context.study.task)}"


def _guesses(context: Context, candidate: Candidate) -> bool:
    split = evidence_split(context, candidate)
    labels = context.labels(split)
    present = len(set(labels.tolist()))
    if present < 2:
        return False
    found = balanced_accuracy(context.shipped(candidate, split), labels, context.groups(split))
    return found.lower(ALPHA_PASS) <= 1 / present


def frozen_base_wins(context: Context, held: Contest) -> Contest | None:
    """The frozen linear probe on the candidate's own base against the same reference, where it scores higher.

    Then a loss of the candidate's is not the base model's doing. None where the probe was not made, stands on another
    base, is the candidate, or does no better than the reference.
    """
    probe = context.reference("linear-probe")
    if probe is None or probe.base != held.candidate.base or probe.subject == held.candidate.subject:
        return None
    found = contest(context, probe, held.reference, Severity.BLOCKER)
    return found if found.claim.value > 0 and not found.guesses else None


def against_best(context: Context, held: Contest) -> Claim | None:
    """What would ship against the reference's best training, picked on validation; items random, models as they are.

    Where one of few trainings of the reference failed, the spread from seed to seed drowns every comparison of
    recipes; its best training is the harder opponent and has no such spread. None where there are not several.
    """
    import numpy as np

    reference, labels = held.reference, context.data.validation.labels
    validation = np.asarray(reference.validation_probabilities)
    if reference.deterministic or len(validation) < 2 or validation.shape[1] != len(labels) or not len(labels):
        return None
    right = (validation.argmax(2) == labels).mean(1)
    best = int(np.argmax(right))
    return metrics.difference(
        held.metric, context.shipped(held.candidate, "test"), context.probabilities(reference, "test")[best],
        context.labels("test"), a_deterministic=True, b_deterministic=True, groups=context.groups("test"),
        seed=context.seed,
    )  # fmt: skip


def helps(claim: Claim, reference_score: float, alpha: float = 0.025) -> bool:
    """Whether a gain is beyond doubt and worth the name."""
    return claim.lower(alpha) > 0 and claim.value >= _least(reference_score)


def _word(claim: Claim, reference_score: float, severity: Severity, alpha_helpful: float) -> Word:
    if helps(claim, reference_score, alpha_helpful):
        return Word.HELPFUL
    if claim.upper(ALPHA[severity]) < 0 and -claim.value >= POINT:
        return Word.HARMFUL
    # "No better" speaks of the models at hand, which are what could ship: items are random, seeds are not.
    if at_hand(claim).upper((1 - LEVEL) / 2) < max(POINT, OF_REMAINING_ERROR * (1 - reference_score)):
        return Word.EQUIVALENT
    return Word.NOT_PROVEN


def _least(reference_score: float) -> float:
    """The least gain worth the name: a point, or a twentieth of the remaining error where that is less."""
    return min(POINT, max(OF_REMAINING_ERROR * (1 - reference_score), 1e-4))


def _effort(candidate: Candidate) -> dict[str, Any]:
    effort = candidate.effort
    return {
        "configs_tried": effort.configs_tried, "examples_seen": effort.examples_seen, "seconds": effort.seconds,
        "selected_on": effort.selected_on, "augmentations": list(effort.augmentations),
    }  # fmt: skip
