"""When several findings fail together: the likely common cause, and the next cheapest experiment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from touchstone.core.finding import Finding, Severity, Status

MIN_TOGETHER = 2
"""A single failing check already names its own remedy."""


@dataclass(frozen=True, slots=True)
class Cause:
    """A guess at what lies behind several findings; it is a reading of them, not a further measurement."""

    name: str
    sentence: str
    """What probably happened and what to try next, for a person who does not train models."""
    checks: tuple[str, ...]
    """The failing checks that it would explain."""


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A cause shows when every check of ``core`` fails, together with some of ``along``."""

    name: str
    core: frozenset[str]
    along: frozenset[str]
    cause: str
    experiment: str

    def matches(self, failing: set[str]) -> frozenset[str]:
        explained = (self.core | self.along) & failing
        whole = self.core <= failing and len(explained) >= MIN_TOGETHER
        return frozenset(explained) if whole else frozenset()


def _pattern(name: str, core: str, along: str, cause: str, experiment: str) -> _Pattern:
    return _Pattern(name, frozenset(core.split()), frozenset(along.split()), cause, experiment)


_LEAKS = "data.leakage data.group_leakage data.time_leakage"

# Order is causal: what spoils the measurement itself stands before what spoils the training, and that
# before what only limits the result; of two patterns that explain equally much the earlier one wins.
_PATTERNS: tuple[_Pattern, ...] = (
    *(
        _pattern(
            "test set not independent", leak, f"{_LEAKS} data.duplicates evaluate.shift adapt.overfitting evaluate.test_reuse",
            "the test set is not independent of the training data, so every score on it flatters",
            "split again by content, group and time, and run the study once more; no new labels are needed",
        )
        for leak in _LEAKS.split()
    ),
    _pattern(
        "training too hot", "adapt.learning_rate",
        "adapt.forgetting adapt.overfitting adapt.stability compare.probe compare.scratch compare.majority compare.non_transfer "
        "evaluate.calibration evaluate.per_class evaluate.requirements evaluate.shift",
        "training started too hot and overwrote what the base model knew",
        "run the same recipe once more at a tenth of the learning rate with warm-up, one seed",
    ),
    _pattern(
        "base of another domain", "base.domain",
        "compare.scratch compare.non_transfer compare.majority compare.probe evaluate.requirements evaluate.per_class evaluate.shift adapt.forgetting",
        "the base model was trained on data unlike these, so there is little in it to reuse",
        "rank one or two other base models (`touchstone rank`), which takes a single pass over the data each",
    ),
    _pattern(
        "learnt nothing", "compare.majority data.imbalance", "evaluate.per_class evaluate.requirements compare.probe",
        "one class dominates the data and the model falls back on guessing it",
        "shift the decision thresholds by the class shares (logit adjustment) on the finished model, which needs no training",
    ),
    _pattern(
        "rare classes starved", "data.imbalance evaluate.per_class", "evaluate.requirements evaluate.slices",
        "the rare classes have too few examples beside the common one",
        "shift the decision thresholds by the class shares (logit adjustment) first, then label more of the rare classes",
    ),
    _pattern(
        "too much thawed", "adapt.overfitting",
        "adapt.forgetting adapt.stability data.size evaluate.calibration compare.probe compare.scratch compare.non_transfer "
        "evaluate.requirements evaluate.shift",
        "more of the model was thawed than this much data can carry, so it memorises",
        "train the top block alone, or keep the linear probe, which is already measured",
    ),
    _pattern(
        "knowledge overwritten", "adapt.forgetting", "adapt.stability compare.probe compare.scratch evaluate.shift evaluate.requirements",
        "fine-tuning overwrote what the base model knew",
        "mix the tuned weights half and half with the base's (weight interpolation), which needs no training",
    ),
    _pattern(
        "easy task", "compare.non_transfer", "compare.scratch compare.probe",
        "the task is solved as well without this base model",
        "keep the simpler model, which is already measured, or try it on harder data before paying for transfer",
    ),
    _pattern(
        "transfer does not help", "compare.scratch", "compare.probe compare.majority evaluate.requirements",
        "this base model brings no advantage for these data",
        "rank one or two other base models (`touchstone rank`), which takes a single pass over the data each",
    ),
    _pattern(
        "too little data", "data.size",
        "adapt.stability evaluate.requirements evaluate.per_class evaluate.calibration compare.probe compare.non_transfer",
        "there are too few examples for what is asked",
        "label more test examples first: they settle open questions without any training",
    ),
    _pattern(
        "a group is missing in training", "evaluate.slices", "evaluate.shift evaluate.requirements evaluate.per_class",
        "a part of the population is thin in the training data or looks different there",
        "label about a hundred examples of the worst slice and train the linear probe again, which takes seconds",
    ),
    _pattern(
        "unreliable labels or files", "data.duplicates data.readable", "evaluate.per_class adapt.stability",
        "the data were collected with little control over files and labels",
        "look through the flagged examples (flagged.csv) and mend them before anything is trained again",
    ),
    _pattern(
        "far from the requirement", "evaluate.requirements", "evaluate.per_class evaluate.calibration evaluate.shift evaluate.slices",
        "the model is not good enough for the bounds of this study, and not by chance",
        "look at the worst mistakes in the report; then add labels where they gather, before trying other recipes",
    ),
)  # fmt: skip


_OF_ANSWERS = ("adapt", "compare", "evaluate")
_SEEN: Mapping[str, tuple[str, str]] = {
    "renamed": (
        "classes in another order",
        "the model and the test set name the classes in different orders, so that every score here is of wrong names; "
        "next cheapest experiment: mend the names (id2label in the model's config.json, or the labels) and ask again",
    ),
    "one_answer": (
        "one answer",
        "the model gives the same answer to everything, so that nothing else here says anything about it; next cheapest experiment: "
        "look at labels and class shares, then train again at a tenth of the learning rate",
    ),
}  # fmt: skip
"""Causes that stand in the details of a finding, by their key."""


def likely_cause(findings: Sequence[Finding]) -> Cause | None:
    """The cause that explains most of the failing findings, or None where fewer than two fail together.

    What the run mended and what is only for information does not count. Grave findings count more than minor ones,
    and of two causes that explain equally much the one further up the chain (data, training, result) is named.
    """
    deciding = [finding for finding in findings if _counts(finding)]
    failing = {finding.check for finding in deciding}
    if len(failing) < MIN_TOGETHER:
        return None
    if known := _measured(deciding):
        return known
    best = max(_PATTERNS, key=lambda pattern: _weight(pattern.matches(failing), deciding))
    explained = best.matches(failing)
    if not explained:
        return None
    together = _listed(sorted(explained))
    sentence = f"Likely common cause of {together}: {best.cause}; next cheapest experiment: {best.experiment}."
    return Cause(best.name, sentence, tuple(sorted(explained)))


def _measured(failing: Sequence[Finding]) -> Cause | None:
    """A cause that a check has seen itself, and what of the failing checks it spoils."""
    for finding in failing:
        for key, (name, told) in _SEEN.items():
            if key in finding.details:
                spoilt = sorted({each.check for each in failing if each.check.split(".")[0] in _OF_ANSWERS})
                return Cause(name, f"Likely common cause of {_listed(spoilt)}: {told}.", tuple(spoilt))
    return None


def _counts(finding: Finding) -> bool:
    return (
        finding.status is Status.FAIL
        and finding.severity is not Severity.INFO
        and "severity_unmended" not in finding.details
        and "waiver" not in finding.details
    )


def _weight(explained: Iterable[str], findings: Sequence[Finding]) -> float:
    grave = {f.check for f in findings if f.severity in (Severity.BLOCKER, Severity.MAJOR)}
    return sum(2.0 if check in grave else 1.0 for check in explained)


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]
