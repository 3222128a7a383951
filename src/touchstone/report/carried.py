"""What is carried openly: waivers in sentences, and what a licence asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from touchstone.report.phrases import phrase
from touchstone.report.reading import mapping, waiver_of
from touchstone.report.wording import clip, listed, sentence


def until(waiver: Any) -> str:
    """``until 2026-12-24, waived by Maria``; only what is known."""
    facts = mapping(waiver)
    end, who = _end(facts), clip(facts.get("by") or "", 80)
    return ", ".join([*([f"until {end}"] if end else []), *([f"waived by {who}"] if who else [])])


def told(waiver: Any) -> str:
    """A waiver as a sentence: ``Waived by Maria until 2026-12-24: my own plant.``"""
    facts = mapping(waiver)
    if not facts:
        return sentence(clip(waiver or "", 200))
    who, end, reason = clip(facts.get("by") or "", 80), _end(facts), clip(facts.get("reason") or "", 400)
    role = clip(facts.get("role") or "", 60)
    said = f"Waived{f' by {who}' if who else ''}{f' ({role})' if who and role else ''}{f' until {end}' if end else ''}"
    said += f": {reason}" if reason else ""
    asker = clip(facts.get("requested_by") or "", 80)
    more = [
        f"Asked for by {asker}." if asker and asker != who else "",
        "Signed by the one who asked for it." if facts.get("self_signed") is True else "",
        f"Meanwhile: {clip(facts['control'], 300)}." if facts.get("control") else "",
        "Renewed once." if facts.get("renewal") == 1 else "",
    ]
    return " ".join([sentence(said), *(one for one in more if one)])


def standing(findings: Sequence[Mapping[str, Any]]) -> str:
    """The serious failures under a waiver, each with its end and who answers for it, as the rest of a sentence."""
    seen: dict[str, list[str]] = {}
    for finding in findings:
        by = seen.setdefault(phrase(str(finding.get("check"))).failed, [])
        said = until(waiver_of(finding))
        by += [said] if said and said not in by else []
    return listed([f"{failed} ({'; '.join(by)})" if by else failed for failed, by in seen.items()])


def obligation(value: Any) -> str:
    """What a licence asks for: ``Apache-2.0, section 4(a): give every recipient a copy (ship LICENSE beside the weights)``."""
    facts = mapping(value)
    if not facts:
        return clip(value, 400)
    where = ", ".join(
        [
            *([clip(facts["licence"], 100)] if facts.get("licence") else []),
            *([f"section {clip(facts['section'], 40)}"] if facts.get("section") else []),
        ]
    )
    asks, how = clip(facts.get("text") or facts.get("code") or "", 400), clip(facts.get("meet") or "", 300)
    return ": ".join(part for part in (where, asks) if part) + (f". To meet it: {how}." if how else "")


def _end(facts: Mapping[str, Any]) -> str:
    return clip(facts.get("until") or facts.get("to") or "", 10)
