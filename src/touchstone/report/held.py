"""The chosen candidate held against each reference: what the check found goes before what the pages could work out anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from touchstone.report import numerals
from touchstone.report.phrases import SMALLER_IS_BETTER
from touchstone.report.reading import Reading, decides, mapping

GUESSING = "majority"
CHECKS = {
    GUESSING: "compare.majority",
    "non-transfer": "compare.non_transfer",
    "scratch": "compare.scratch",
    "linear-probe": "compare.probe",
}
"""Reference -> the check that decides about it; most humble first."""
_UNDERTRAINED = "reference undertrained"


@dataclass(frozen=True, slots=True)
class Held:
    """A difference to one reference, turned so that plus is better."""

    reference: str
    metric: str
    value: float
    interval: tuple[float, float] | None
    status: str
    """``pass`` only where the check passes, or where no check speaks and the interval excludes zero."""
    ahead: str
    """``better``, ``worse`` or ``same``, by the interval alone."""
    why_not: str
    """Why a win does not count; empty where it does, or where there is none."""

    @property
    def spread(self) -> tuple[float, float] | None:
        """The interval, where it rules anything out: two recipes of one training each tell nothing of their spread."""
        return None if self.interval == (-1.0, 1.0) else self.interval


def guessing(reading: Reading) -> str:
    """What was found about guessing the commonest class: a status, or empty where nothing was."""
    found = _finding(reading, GUESSING)
    return str(found.get("status")) if found else ""


def against(reading: Reading) -> list[Held]:
    """The chosen candidate against each of its references, most humble first."""
    row = reading.chosen_row(reading.metric)
    if row is None:
        return []
    versus = {str(name): mapping(difference) for name, difference in mapping(row.get("versus")).items()}
    order = list(CHECKS)
    names = sorted(versus, key=lambda name: (order.index(name) if name in CHECKS else len(order), name))
    found = [
        _held(reading, name, str(row.get("metric")), versus[name]) for name in names if name != row.get("candidate")
    ]
    return [held for held in found if held is not None]


def _finding(reading: Reading, reference: str) -> Mapping[str, Any]:
    """What the check says of the chosen candidate; empty where it says nothing or does not apply."""
    check = CHECKS.get(reference, "")
    spoken = filter(decides, reading.of_check(check))
    return next((f for f in spoken if f.get("status") != "not_applicable"), {})


def _held(reading: Reading, reference: str, metric: str, versus: Mapping[str, Any]) -> Held | None:
    finding = _finding(reading, reference)
    details = mapping(finding.get("details"))
    value, ends = versus.get("difference"), numerals.interval(versus.get("interval"))
    sign = -1 if metric in SMALLER_IS_BETTER else 1
    own = numerals.interval(finding.get("interval"))
    # The check of guessing tells a difference in accuracy and names no metric; the others name theirs and turn it so that plus is better.
    counted_in = str(details.get("metric") or ("accuracy" if reference == GUESSING else metric))
    if own is not None and numerals.is_number(finding.get("value")) and counted_in == metric:
        value, ends, sign = finding["value"], own, 1
    if not numerals.is_number(value):
        return None
    low, high = sorted((sign * ends[0], sign * ends[1])) if ends else (0.0, 0.0)
    ahead = "better" if low > 0 else "worse" if high < 0 else "same"
    by_interval = {"better": "pass", "worse": "fail", "same": "inconclusive"}[ahead]
    status = str(finding.get("status")) if finding else by_interval
    why_not = ""
    if ahead == "better" and reference != GUESSING and guessing(reading) not in ("", "pass"):
        # Above a reference that is worse than guessing is no win.
        status, why_not = "inconclusive" if status == "pass" else status, "it is not shown to beat guessing"
    elif ahead == "better" and status != "pass":
        undertrained = details.get("reason") == _UNDERTRAINED
        why_not = "that one was still improving when its budget ended" if undertrained else "it is not proven"
    return Held(reference, metric, sign * float(value), (low, high) if ends else None, status, ahead, why_not)
