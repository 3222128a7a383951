"""The findings that stand for checks that could not be asked: nothing passes by absence."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from touchstone.checks.context import Context, Need
from touchstone.checks.gains import is_brought
from touchstone.core.catalogue import Row
from touchstone.core.finding import Finding, Severity, Status

if TYPE_CHECKING:
    from touchstone.checks.check import Check

NO_CANDIDATE = "no adapted model"
_WHAT = {
    Need.DATA: "the data",
    Need.MODELS: "the files of the base model",
    Need.BASES: "the ranking of base models",
    Need.CANDIDATES: "the references and adapted models",
    Need.ADAPTED: "an adapted model",
    Need.TEST: "predictions on the test set",
}
_MEND = {
    "budget": "give the study more minutes (adapt.budget) and run it again: it goes on where it stopped",
}


def missing_need(
    check: Check, context: Context, available: Collection[Need], need: Need, reason: str | None
) -> Iterator[Finding]:
    """One finding for every subject of a check that lacks something: not applicable where the study cannot have it."""
    if need is not Need.DATA and not context.study.base_models and context.study.adapted is None:
        for subject in subjects(check.id, context, available):
            yield Finding(
                check.id, subject, Status.NOT_APPLICABLE, check.severity,
                "The study names no base model, so only its data can be looked at.",
                details={"reason": "no base model"},
            )  # fmt: skip
        return
    why = reason or "the run did not come that far"
    for subject in subjects(check.id, context, available):
        yield Finding(
            check.id, subject, Status.INCONCLUSIVE, check.severity,
            f"Not measured: {_WHAT[need]} could not be had ({why}).",
            remedy=_MEND.get(why, f"mend what is said here ({why}) and run the study again"),
            details={"reason": why, "missing": need.name.lower()},
        )  # fmt: skip


def unmeasured(row: Row, context: Context, available: Collection[Need]) -> Iterator[Finding]:
    """One finding for every subject of a check that this version only names."""
    for subject in subjects(row.id, context, available):
        if reason := _cannot_apply(row.id, context, available):
            yield Finding(row.id, subject, Status.NOT_APPLICABLE, row.severity, reason)
        else:
            yield Finding(
                row.id, subject, Status.INCONCLUSIVE, Severity.INFO,
                f"This version does not measure it yet (the question: {row.question}).",
                remedy="look at it by hand, or run a later version",
                details={"unmeasured": True},
            )  # fmt: skip


def subjects(id: str, context: Context, available: Collection[Need]) -> tuple[str, ...]:
    """What a check of this id is about in this study."""
    group = id.split(".")[0]
    if group in ("supply", "base"):
        return tuple(base.written for base in context.study.base_models) or ("no base model",)
    if group == "data":
        return ("train",)
    if group in ("adapt", "compare", "evaluate"):
        judged = context.judged if Need.ADAPTED in available else ()
        return tuple(candidate.subject for candidate in judged[:1]) or (NO_CANDIDATE,)
    return ("run",)


def _cannot_apply(id: str, context: Context, available: Collection[Need]) -> str | None:
    study = context.study
    no_model = not study.base_models and study.adapted is None
    if id.split(".")[0] in ("supply", "base", "adapt", "compare", "evaluate") and no_model:
        return "The study names no base model, so only its data can be looked at."
    if id == "data.coverage" and study.data.unlabelled is None:
        return (
            "The study gives no sample of what deployment sees (data.unlabelled), so there is nothing to compare with."
        )
    if (
        id == "adapt.augmentation"
        and Need.ADAPTED in available
        and context.chosen is not None
        and not is_brought(context.chosen)
    ):
        recipe = context.chosen.recipe
        if recipe is None or recipe.augment == "none":
            return "This model was trained without augmentation."
    return None
