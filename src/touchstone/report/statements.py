"""Findings as a list to read: failed, in doubt, passed; the same check's further subjects folded under the gravest."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from touchstone.report import numerals
from touchstone.report.phrases import SEVERITIES, phrase
from touchstone.report.reading import Reading, mapping
from touchstone.report.wording import clip, sentence

MOST_CHECKS = 60
MOST_SUBJECTS = 30
_MOST_DETAILS = 12
_MOST_ITEMS = 8


@dataclass(frozen=True, slots=True)
class Statement:
    """One finding, in strings."""

    subject: str
    severity: str
    severity_words: str
    text: str
    measured: str
    remedy: str
    waiver: str
    details: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Topic:
    """One check of one status: its gravest finding, and the rest."""

    check: str
    topic: str
    lead: Statement
    rest: Sequence[Statement]
    more: int


@dataclass(frozen=True, slots=True)
class Group:
    """All topics of one status."""

    status: str
    title: str
    topics: Sequence[Topic]
    n: int


def groups(reading: Reading) -> list[Group]:
    """Failed, in doubt, failed without weight, passed; empty groups left out."""
    grave = [finding for finding in reading.failed if finding.get("severity") in ("blocker", "major")]
    light = [finding for finding in reading.failed if finding.get("severity") not in ("blocker", "major")]
    kinds = (
        ("fail", "Failed", grave),
        ("inconclusive", "In doubt", reading.open),
        ("noted", "Failed, but of little weight", light),
        ("pass", "Passed", reading.passed),
    )
    return [Group(status, title, _topics(found), len(found)) for status, title, found in kinds if found]


def topics_of(findings: Sequence[Mapping[str, Any]]) -> list[str]:
    """The topics of some findings, each once."""
    return list(dict.fromkeys(phrase(str(finding.get("check"))).topic for finding in findings))


def _topics(findings: Sequence[Mapping[str, Any]]) -> list[Topic]:
    places = {check: place for place, check in reversed(list(enumerate(str(f.get("check")) for f in findings)))}
    ordered = sorted(findings, key=lambda finding: places[str(finding.get("check"))])
    topics = []
    for check, same in groupby(ordered, key=lambda finding: str(finding.get("check"))):
        lead, *rest = same
        shown = [statement(finding) for finding in rest[:MOST_SUBJECTS]]
        topics.append(Topic(clip(check, 60), phrase(check).topic, statement(lead), shown, len(rest) - len(shown)))
    return topics[:MOST_CHECKS]


def statement(finding: Mapping[str, Any]) -> Statement:
    """A finding as strings, each of bounded length."""
    severity = str(finding.get("severity"))
    details = mapping(finding.get("details"))
    return Statement(
        subject=clip(finding.get("subject") or "", 120),
        severity=severity if severity in SEVERITIES else "info",
        severity_words=SEVERITIES.get(severity, clip(severity, 20)),
        text=sentence(finding.get("statement") or "", 900),
        measured=_measured(finding),
        remedy=sentence(finding.get("remedy") or "", 600),
        waiver=_waiver(details.get("waiver")),
        details=[
            (clip(key, 60), _detail(value)) for key, value in list(details.items())[:_MOST_DETAILS] if key != "waiver"
        ],
    )


def _measured(finding: Mapping[str, Any]) -> str:
    parts = []
    if numerals.is_number(finding.get("value")):
        spread = numerals.between(finding.get("interval"))
        parts.append(
            f"measured {numerals.score(finding['value'])}" + (f" ({spread})" if spread != numerals.DASH else "")
        )
    if numerals.is_number(finding.get("threshold")):
        parts.append(f"limit {numerals.score(finding['threshold'])}")
    if numerals.is_number(finding.get("n")):
        parts.append(f"n = {numerals.count(finding['n'])}")
    return ", ".join(parts)


def _waiver(value: Any) -> str:
    if not value:
        return ""
    facts = mapping(value)
    if not facts:
        return clip(value, 200)
    return "; ".join(f"{clip(key, 30)}: {clip(fact, 120)}" for key, fact in facts.items())


def _detail(value: Any) -> str:
    if isinstance(value, list | tuple):
        shown = ", ".join(_short(item) for item in value[:_MOST_ITEMS])
        rest = len(value) - _MOST_ITEMS
        return f"{shown} … and {rest:,} more" if rest > 0 else shown
    if isinstance(value, Mapping):
        shown = ", ".join(f"{clip(key, 50)}: {_short(item)}" for key, item in list(value.items())[:_MOST_ITEMS])
        rest = len(value) - _MOST_ITEMS
        return f"{shown} … and {rest:,} more" if rest > 0 else shown
    return clip(_short(value), 400)


def _short(value: Any) -> str:
    if value is None:
        return numerals.DASH
    if isinstance(value, bool):
        return "yes" if value else "no"
    if numerals.is_number(value):
        return numerals.count(value) if isinstance(value, int) else f"{value:.4g}"
    if isinstance(value, str):
        return clip(value, 120)
    return clip(json.dumps(value, ensure_ascii=False, default=str), 120)
