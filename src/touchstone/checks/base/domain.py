"""Check ``base.domain``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from touchstone.checks.check import Check
from touchstone.checks.context import Context, Need
from touchstone.checks.doubt import more
from touchstone.checks.judged import for_information
from touchstone.checks.words import between, percent, points, things
from touchstone.core.finding import Finding, Severity, Status
from touchstone.core.measures import BaseScore
from touchstone.stats.claims import Claim, item_claim
from touchstone.stats.decide import ALPHA, ALPHA_PASS
from touchstone.stats.power import needed_n

_THIN = 10
"""Examples of a class below which its cross-fitted accuracy says little."""


class Domain(Check):
    """Was the base trained on data like this?

    **Question.** Do the base model's frozen features help with these data: more than another candidate's, more than
    the same architecture with random weights, more than raw pixels or word counts?

    **Method.** One linear probe per base on frozen features, cross-fitted on training data, all on the same
    examples and folds. Three paired contrasts: D1, the best candidate minus this base; D2, this base minus its
    random-weights twin; D3, this base minus the raw-feature reference. A fail where D1 is at least 5 points (3
    where the best is above 90 %) and positive for certain, or D2 is below 2 points for certain, or D3 is negative
    for certain. A pass needs D2 above 2 points for certain (where the twin was measured), no failing contrast, and
    plain features that are not ahead at one-sided 5 %; where they are ahead and that is not certain enough to fail,
    the answer is open and says so;
    two classes or more with fewer than 10 examples leave what is not plain open. Major for the chosen base, else
    information.

    **Source.** Random weights as the honest zero, and why no single transferability score is trusted: Agostinelli
    et al. (ECCV 2022), Sorkhei et al. (TMLR 2025).

    **Cannot see.** What fine-tuning could still make of a base whose frozen features do not fit; and whether a
    weaker base of the right domain is weak for another reason: a lost contrast says "fits worse", not "saw other
    things".
    """

    id: ClassVar[str] = "base.domain"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.DATA, Need.BASES})
    thresholds: ClassVar[Mapping[str, float]] = {
        "behind_best": 0.05, "behind_best_when_above_90": 0.03, "over_random_weights": 0.02, "over_raw_features": 0.0,
    }  # fmt: skip

    def run(self, context: Context) -> Iterator[Finding]:
        ranked = {score.base: score for score in context.bases}
        for base in context.study.base_models:
            if base.written not in ranked:
                why = context.missing.get(base.written, "it could not be used")
                yield self.finding(
                    base.written, Status.INCONCLUSIVE, f"This base model was not ranked ({why}), so whether it fits is not known.",
                    severity=Severity.INFO, remedy="mend what is said about this base model, or leave it out of the study", reason=why,
                )  # fmt: skip
        for score in context.bases:
            finding = _same_as(self._judge(context, score), score)
            yield finding if score.chosen else for_information(finding, "a base model that was not chosen")

    def _judge(self, context: Context, score: BaseScore) -> Finding:
        contrasts = _Contrasts.of(context, score)
        details = {
            **contrasts.details(),
            "best_block": score.best_block,
            "notes": list(score.notes),
            "rank": score.rank,
        }
        numbers: dict[str, Any] = {
            "value": score.accuracy.value, "interval": score.accuracy.interval, "n": len(score.items),
        }  # fmt: skip
        if score.accuracy.interval is None:
            details["no_interval"] = score.accuracy.missing or "not given by the ranking"
        reach = f"A linear probe on its frozen features is right in {percent(score.accuracy.value)} of cases"
        if faults := self._faults(contrasts):
            return self.finding(
                score.base, Status.FAIL, f"{reach}: {'; '.join(faults)}.",
                remedy=_remedy(contrasts), faults=faults, **numbers, **details,
            )  # fmt: skip
        if open_ := self._open(context, contrasts):
            asked, doubt = open_
            thin = _thin_classes(context)
            if len(thin) >= 2:
                return self.finding(
                    score.base, Status.INCONCLUSIVE,
                    f"{reach}, but {len(thin)} classes have fewer than {_THIN} examples, too few to tell what the base brings.",
                    remedy=f"label at least {_THIN} training {things(context.study.task)} of each class", **numbers, **details,
                )  # fmt: skip
            return self.finding(
                score.base, Status.INCONCLUSIVE, f"{reach}; {asked}{self._behind_raw(contrasts)}.",
                remedy=doubt.remedy, **numbers, **{**details, **doubt.details},
            )  # fmt: skip
        return self.finding(score.base, Status.PASS, f"{reach}; {self._praise(contrasts)}.", **numbers, **details)

    def _tolerance(self, contrasts: _Contrasts) -> float:
        return self.thresholds["behind_best_when_above_90" if contrasts.best_accuracy > 0.9 else "behind_best"]

    def _faults(self, contrasts: _Contrasts) -> list[str]:
        alpha, faults = ALPHA[Severity.MAJOR], []
        behind, twin, raw = contrasts.behind, contrasts.over_twin, contrasts.over_raw
        if behind is not None and behind.lower(alpha) > 0 and behind.value >= self._tolerance(contrasts):
            faults.append(f"{points(behind.value)} behind the best candidate ({_range(behind)})")
        if twin is not None and twin.upper(ALPHA_PASS) < self.thresholds["over_random_weights"]:
            faults.append(
                f"only {points(twin.value, sign=True)} over the same architecture with random weights ({_range(twin)}), so "
                f"pretraining brings nothing that could be measured"
            )
        if raw is not None and raw.upper(alpha) < self.thresholds["over_raw_features"]:
            faults.append(f"{points(-raw.value)} worse than plain features without any model ({_range(raw)})")
        return faults

    def _open(self, context: Context, contrasts: _Contrasts) -> tuple[str, Any] | None:
        behind, twin = contrasts.behind, contrasts.over_twin
        task, least = context.study.task, self.thresholds["over_random_weights"]
        what = f"labelled training {things(task)}"
        if twin is not None and twin.lower(ALPHA_PASS) <= least:
            needed = needed_n(
                least - twin.value, twin.standard_error, twin.n, max(abs(twin.value - least), 0.01), ALPHA_PASS
            )
            return (
                f"that is {points(twin.value, sign=True)} over the same architecture with random weights ({_range(twin)}), which "
                f"may or may not be worth having",
                more(twin.n, needed, what, "pretraining on other data helps here"),
            )
        if behind is not None and behind.upper(ALPHA_PASS) >= self._tolerance(contrasts):
            needed = needed_n(
                behind.value, behind.standard_error, behind.n, self._tolerance(contrasts), ALPHA[Severity.MAJOR]
            )
            return (
                f"{points(behind.value)} behind the best candidate ({_range(behind)}), which may or may not matter",
                more(behind.n, needed, what, "this base is really behind the best"),
            )
        raw = contrasts.over_raw
        if raw is not None and raw.upper(ALPHA_PASS) < self.thresholds["over_raw_features"]:
            needed = needed_n(raw.value, raw.standard_error, raw.n, -raw.value, ALPHA[Severity.MAJOR])
            return (
                "whether its features are worth having is open",
                more(raw.n, needed, what, "plain features really do better"),
            )
        if twin is None and contrasts.over_raw is None and behind is None:
            return (
                "it is the only candidate, and neither random weights nor plain features were measured beside it",
                more(len(contrasts.items), None, what, "pretraining helps here"),
            )
        return None

    def _behind_raw(self, contrasts: _Contrasts) -> str:
        """A clause where plain features do better, though not for certain enough to fail."""
        raw = contrasts.over_raw
        if raw is None or raw.value >= self.thresholds["over_raw_features"]:
            return ""
        sure = raw.upper(ALPHA_PASS) < self.thresholds["over_raw_features"]
        how = "most likely" if sure else "perhaps"
        return f"; plain features without any model do better, {how}: by {points(-raw.value)} ({between(-raw.interval().high, -raw.interval().low)})"

    def _praise(self, contrasts: _Contrasts) -> str:
        said = []
        if contrasts.over_twin is not None:
            said.append(
                f"{points(contrasts.over_twin.value, sign=True)} over the same architecture with random weights ({_range(contrasts.over_twin)})"
            )
        if contrasts.over_raw is not None:
            said.append(
                f"{points(contrasts.over_raw.value, sign=True)} over plain features without a model ({_range(contrasts.over_raw)})"
            )
        if contrasts.behind is not None:
            said.append("not shown to be behind the best candidate by an amount that matters")
        return "; ".join(said) or "the best of the candidates"


@dataclass(frozen=True, slots=True)
class _Contrasts:
    items: NDArray[Any]
    behind: Claim | None
    """D1; None for the best itself."""
    over_twin: Claim | None
    """D2."""
    over_raw: Claim | None
    """D3."""
    best: str
    best_accuracy: float

    @classmethod
    def of(cls, context: Context, score: BaseScore) -> _Contrasts:
        best = max(context.bases, key=lambda other: (float(np.mean(other.items)), -other.rank))
        raw = context.raw_reference_items
        groups = _groups(context, len(score.items))
        return cls(
            score.items,
            None if best.base == score.base else item_claim(best.items - score.items, groups=groups),
            None if score.twin_items is None else item_claim(score.items - score.twin_items, groups=groups),
            None if raw is None or len(raw) != len(score.items) else item_claim(score.items - raw, groups=groups),
            best.base,
            float(np.mean(best.items)),
        )

    def details(self) -> dict[str, Any]:
        named = {"behind_best": self.behind, "over_random_weights": self.over_twin, "over_raw_features": self.over_raw}
        told = {name: {"difference": c.value, "interval": c.interval()} for name, c in named.items() if c is not None}
        return {"contrasts": told, "best": self.best}


def _groups(context: Context, n: int) -> NDArray[Any] | None:
    """Groups of the ranked items; None where ranking used other items than the training split in its order."""
    groups = context.groups("train")
    return groups if groups is not None and len(groups) == n else None


def _thin_classes(context: Context) -> list[str]:
    labels = context.labels("train")
    counts = np.bincount(labels[labels >= 0], minlength=len(context.data.classes))
    return [name for name, count in zip(context.data.classes, counts, strict=True) if count < _THIN]


def _same_as(finding: Finding, score: BaseScore) -> Finding:
    """The finding, with a word where the same base stands in the study under another name."""
    if score.same_as is None:
        return finding
    said = f"{finding.statement} It is `{score.same_as}` under another name: the very same weights."
    return replace(finding, statement=said, details={**finding.details, "same_as": score.same_as})


def _remedy(contrasts: _Contrasts) -> str:
    if contrasts.behind is not None:
        return f"use `{contrasts.best}` instead: it fits these data better"
    return "look for a base model trained on data like these; a simple model without a base may do as well until then"


def _range(claim: Claim) -> str:
    interval = claim.interval()
    return between(interval.low, interval.high)
