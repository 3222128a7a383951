"""Findings as a list to read: failed, in doubt, passed; the same check's further subjects folded under the gravest.

What was found about recipes and bases that will not ship is folded together, one line for each of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from touchstone.report import carried, numerals
from touchstone.report.phrases import SEVERITIES, base_name, phrase, statement_of
from touchstone.report.reading import Reading, decides, mapping, waiver_of
from touchstone.report.wording import clip, counted, listed, sentence

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


@dataclass(frozen=True, slots=True)
class Aside:
    """One recipe or base that was not chosen, and what was found about it."""

    name: str
    summary: str
    lines: Sequence[tuple[str, str, str]]
    """Status, topic and statement of what failed or stayed open."""
    more: int


def asides(reading: Reading) -> list[Aside]:
    """What was found about recipes and bases that will not ship, one entry each."""
    shipped = str(mapping(reading.evidence.get("chosen")).get("base") or "")
    by_name: dict[str, list[Mapping[str, Any]]] = {}
    for finding in reading.aside:
        by_name.setdefault(_short_name(str(finding.get("subject") or ""), shipped), []).append(finding)
    return [_aside(name, found) for name, found in list(by_name.items())[:MOST_CHECKS]]


def _short_name(subject: str, shipped: str) -> str:
    """A recipe without the base that ships; a base or a recipe on another base by the last part of its path."""
    recipe, _, base = subject.partition("@")
    if not base or "/" in recipe:
        return clip(base_name(subject) or subject, 80)
    return clip(recipe if base == shipped else f"{recipe} on {base_name(base)}", 80)


def _aside(name: str, found: Sequence[Mapping[str, Any]]) -> Aside:
    failed = [finding for finding in found if finding.get("status") == "fail"]
    passed = [finding for finding in found if finding.get("status") in ("pass", "not_applicable")]
    doubts = [finding for finding in found if finding not in failed and finding not in passed]
    counts = [
        *([f"{len(failed):,} failed"] if failed else []),
        *([f"{len(doubts):,} in doubt"] if doubts else []),
        *([f"{n:,} passed"] if (n := sum(f.get("status") == "pass" for f in passed)) else []),
    ]
    lines = [
        (
            "noted" if finding in failed else "inconclusive",
            phrase(str(finding.get("check"))).topic,
            statement_of(finding),
        )
        for finding in [*failed, *doubts]
    ]
    return Aside(
        name,
        listed(counts) or counted(len(found), "finding"),
        lines[:MOST_SUBJECTS],
        max(0, len(lines) - MOST_SUBJECTS),
    )


def groups(reading: Reading) -> list[Group]:
    """Failed, failed under a waiver, in doubt, failed without weight, passed; empty groups left out."""
    failed = list(filter(decides, reading.failed))
    grave = [finding for finding in failed if finding.get("severity") in ("blocker", "major")]
    light = [finding for finding in failed if finding.get("severity") not in ("blocker", "major")]
    kinds = (
        ("fail", "Failed", [finding for finding in grave if not waiver_of(finding)]),
        ("fail", "Failed, carried under a waiver", [finding for finding in grave if waiver_of(finding)]),
        ("inconclusive", "In doubt", list(filter(decides, reading.open))),
        ("noted", "Failed, but of little weight", light),
        ("pass", "Passed", list(filter(decides, reading.passed))),
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
        text=statement_of(finding, 900),
        measured=_measured(finding),
        remedy=sentence(finding.get("remedy") or "", 600),
        waiver=carried.told(waiver_of(finding)) if waiver_of(finding) else "",
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


def _detail(value: Any) -> str:
    if (
        isinstance(value, list | tuple)
        and value
        and all(isinstance(item, Mapping) and "text" in item for item in value)
    ):
        return clip(" ".join(sentence(carried.obligation(item)) for item in value), 1200)
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
        return numerals.count(value) if isinstance(value, int) else numerals.brief(value)
    if isinstance(value, str):
        return clip(value, 120)
    return clip(json.dumps(value, ensure_ascii=False, default=str), 120)
