"""Check ``evaluate.test_reuse``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from touchstone.checks.check import Check
from touchstone.checks.context import Context, Need
from touchstone.checks.words import plural
from touchstone.core.finding import Finding, Status


class TestReuse(Check):
    """How often was the test set looked at?

    **Question.** Has this very test set (by the digest of its content) been opened so often that the model may have
    been fitted to it, choice by choice?

    **Method.** Every opening of the sealed labels is counted, across runs and studies on this machine; showing or
    resuming a finished run opens nothing. A fail above the study's budget (`data.test_openings`, 3 by default).
    Within the budget the k-th opening holds every requirement to alpha/(k(k+1)), so that repeated looks are paid
    for.

    **Source.** Dwork et al. (Science 2015).

    **Cannot see.** Looks that went past Touchstone, and openings on other machines.
    """

    __test__ = False  # the id makes the name; this is no test class

    id: ClassVar[str] = "evaluate.test_reuse"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.DATA, Need.TEST})
    thresholds: ClassVar[Mapping[str, float]] = {"openings": 3}

    def run(self, context: Context) -> Iterator[Finding]:
        openings, budget = context.openings, context.study.data.test_openings
        changed = context.openings_changed_model
        details: dict[str, Any] = {"openings": openings, "budget": budget, "for_other_models": changed}
        times = plural(openings, "time")
        if openings > budget:
            model = ", for more than one model" if changed else ""
            yield self.finding(
                "test", Status.FAIL,
                f"The test set has been opened {times}{model}, and the study allows {plural(budget, 'opening')}: its scores have become a "
                "goal to tune for and flatter what was tuned.",
                value=float(openings), threshold=float(budget), n=len(context.data.test),
                remedy="label a fresh test set; until then believe the scores of the first opening", **details,
            )  # fmt: skip
            return
        paid = (
            f" Earlier openings were {'for another model' if changed else 'for the same model'}, so every bound is held to "
            f"{openings * (openings + 1)} times less error."
            if openings > 1 else ""
        )  # fmt: skip
        yield self.finding(
            "test", Status.PASS, f"The test set has been opened {times}; the study allows {plural(budget, 'opening')}.{paid}",
            value=float(openings), threshold=float(budget), n=len(context.data.test), **details,
        )  # fmt: skip
