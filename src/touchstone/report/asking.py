"""The questions that are open now: those that the run named, less what a sign-off or a waiver has settled since."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from touchstone.core import catalogue
from touchstone.report import numerals
from touchstone.report.reading import GRAVITY, Reading, decides, mapping, waiver_of
from touchstone.report.wording import capital, sentence

MOST = 12


def open_questions(reading: Reading) -> list[str]:
    """Whole sentences, most important first, each with the cheapest way to close it.

    A run names its questions in the words of the catalogue. These are asked again of the findings as they stand now;
    questions in other words are taken as they are.
    """
    named = list(reading.gallery.open_questions)
    asked = tuple(_asks(row.question) for row in catalogue.rows().values())
    if not named or not all(question.startswith(asked) for question in named):
        return [sentence(question) for question in named[:MOST]]
    by_check: dict[str, list[Mapping[str, Any]]] = {}
    for finding in undecided(reading):
        by_check.setdefault(str(finding.get("check")), []).append(finding)
    return [_question(group[0]) for group in list(by_check.values())[:MOST]]


def undecided(reading: Reading) -> list[Mapping[str, Any]]:
    """What is open of weight and speaks of what would ship, gravest and then cheapest first; what is waived asks nothing."""
    found = [
        finding for finding in reading.open
        if finding.get("severity") in ("blocker", "major") and not waiver_of(finding)
        and decides(finding)
    ]  # fmt: skip
    return sorted(found, key=_order)


def _order(finding: Mapping[str, Any]) -> tuple[int, float]:
    more = mapping(finding.get("details")).get("needed_more")
    return GRAVITY.index(str(finding.get("severity"))), float(more) if numerals.is_number(more) else float("inf")


def _question(finding: Mapping[str, Any]) -> str:
    row = catalogue.rows().get(str(finding.get("check")))
    asks = _asks(row.question) if row else ""
    close = str(finding.get("remedy") or finding.get("statement") or "no cheap way to close it is known")
    return sentence(f"{asks} {capital(close)}")


def _asks(question: str) -> str:
    return f"{capital(question).split('?')[0].rstrip(':;. ')}?"
