"""The catalogue of checks: one line per check, so that listing it imports no check.

An id is a path: check ``data.leakage`` is class ``Leakage`` in ``touchstone.checks.data.leakage``.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from touchstone.core.finding import Severity

if TYPE_CHECKING:
    from touchstone.checks.check import Check

ENTRY_POINT_GROUP = "touchstone.checks"


@dataclass(frozen=True, slots=True)
class Row:
    """One check: its id, the severity of a fail, and the question it answers.

    ``measured`` is false for a check that this version only names: it answers ``inconclusive``
    with severity ``info``, so that nothing passes by absence.
    """

    id: str
    severity: Severity
    question: str
    severity_note: str = ""
    measured: bool = True
    target: str = ""

    @property
    def group(self) -> str:
        return self.id.split(".")[0]

    def load(self) -> Check:
        """Import the check's class and make one."""
        module, _, name = self.target.partition(":")
        check: Check = getattr(importlib.import_module(module), name)()
        return check


def _row(id: str, severity: Severity, question: str, note: str = "", measured: bool = True) -> Row:
    group, _, name = id.partition(".")
    class_name = "".join(part.capitalize() for part in name.split("_"))
    target = f"touchstone.checks.{group}.{name}:{class_name}" if measured else ""
    return Row(id, severity, question, note, measured, target)


_B, _M, _m, _i = Severity.BLOCKER, Severity.MAJOR, Severity.MINOR, Severity.INFO

BUILT_IN: tuple[Row, ...] = (
    _row("supply.files", _B, "is any file able to run code, or malformed?"),
    _row("supply.integrity", _B, "are these the bytes that were vouched for?"),
    _row("supply.provenance", _M, "who published it, and can that be shown?"),
    _row("supply.license", _B, "does every licence allow the intended use?"),
    _row(
        "supply.documentation",
        _m,
        "are training data and known limits written down?",
        "major if commercial",
    ),
    _row("supply.backdoor", _B, "does it behave oddly on special inputs?", measured=False),
    _row("data.readable", _m, "can every example be read, with a label?", "major from 1 %"),
    _row("data.duplicates", _m, "are examples repeated, or labelled two ways?", "major if labels conflict in 0.5 %"),
    _row(
        "data.leakage",
        _M,
        "does evaluation data also stand in training data?",
        "blocker from 1 % of test or a proven point of score",
    ),
    _row(
        "data.group_leakage",
        _M,
        "does one subject or source stand on both sides?",
        "blocker if declared, else major when harm is proven",
    ),
    _row(
        "data.time_leakage",
        _M,
        "is the future used to predict the past?",
        "blocker if declared, else major when harm is proven",
    ),
    _row("data.label_proxy", _M, "does something trivial give the label away?"),
    _row("data.imbalance", _m, "can guessing the majority look good?"),
    _row("data.label_noise", _M, "how many labels are wrong?"),
    _row("data.coverage", _M, "does training cover what deployment sees?"),
    _row("data.privacy", _M, "do personal data stand in it?"),
    _row("data.size", _m, "can this much data answer the question?"),
    _row("base.domain", _M, "was the base trained on data like this?", "major if chosen, else info"),
    _row("base.bias", _M, "which associations come along with the base?", measured=False),
    _row("adapt.learning_rate", _M, "did training start too hot?"),
    _row("adapt.forgetting", _M, "did fine-tuning overwrite what the base knew?"),
    _row("adapt.overfitting", _M, "does it memorise?"),
    _row("adapt.augmentation", _M, "does augmentation add an artefact or break labels?", measured=False),
    _row("adapt.stability", _M, "would another seed say the same?"),
    _row("compare.majority", _B, "better than always guessing one class?"),
    _row("compare.non_transfer", _M, "better than a simple model with no pretraining?"),
    _row("compare.scratch", _B, "did transfer help, beyond doubt?", "blocker if harmful, else major"),
    _row("compare.probe", _m, "did fine-tuning earn its cost over the frozen base?"),
    _row("evaluate.requirements", _B, "are the study's own thresholds met, with their uncertainty?"),
    _row("evaluate.per_class", _M, "is any class failed?"),
    _row("evaluate.slices", _M, "is any group, declared or discovered, served worse?"),
    _row("evaluate.shift", _M, "does it hold on data from elsewhere or later?"),
    _row("evaluate.ood", _M, "does it know what it does not know?", measured=False),
    _row("evaluate.calibration", _M, "do its probabilities mean what they say?"),
    _row("evaluate.robustness", _m, "does it survive ordinary damage?", measured=False),
    _row("evaluate.shortcut", _M, "does it look at the right thing?", measured=False),
    _row("evaluate.privacy", _m, "can its training examples be told from others?", "major if personal", measured=False),
    _row("evaluate.latency", _i, "is it fast enough where it will run?", "blocker when required"),
    _row("evaluate.test_reuse", _M, "how often was the test set looked at?"),
    _row("cost.energy", _i, "what did it cost, and what did transfer save?", "minor over budget"),
    _row(
        "govern.checkpoint",
        _M,
        "are the five confirmations there? licence, source, slices and shift, transfer shown to help, limits documented",
    ),
    _row("govern.signoff", _B, "have the roles that the policy names signed?"),
)


@cache
def rows() -> dict[str, Row]:
    """Every check by id: the built-in ones, then those that other packages add by entry point."""
    found = {row.id: row for row in BUILT_IN}
    for point in entry_points(group=ENTRY_POINT_GROUP):
        if point.name not in found:
            check = point.load()
            found[point.name] = Row(point.name, check.severity, check.question, target=point.value)
    return found
