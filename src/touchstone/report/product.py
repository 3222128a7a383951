"""One page in plain words for whoever answers for a product: what it rests on, who approved it, what is due."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from touchstone.report.markdown import bullets, escape
from touchstone.report.wording import clip

_WORDS = {"ship": "In order", "hold": "Look at it", "reject": "Suspended"}
_CRITICAL = {
    1: "nobody would notice",
    2: "a nuisance",
    3: "work stops",
    4: "many people are hit",
    5: "lives or livelihoods",
}


@dataclass(frozen=True, slots=True)
class Part:
    """A heading with sentences; each has a status (pass, fail, inconclusive) as the report marks them."""

    title: str
    lines: tuple[tuple[str, str], ...]
    otherwise: str
    """What is said where there are none."""


@dataclass(frozen=True, slots=True)
class ProductPage:
    """The page as one object, from which both forms are written."""

    name: str
    verdict: str
    """ship, hold or reject: how the page is coloured."""
    word: str
    headline: str
    facts: tuple[tuple[str, str], ...]
    parts: tuple[Part, ...]
    log: str


def as_html(plain: Mapping[str, Any]) -> str:
    """A whole HTML document that loads nothing; equal inputs give equal bytes."""
    from touchstone.report.html import template

    return template("product.html").render(page=told(plain))


def as_markdown(plain: Mapping[str, Any]) -> str:
    """The same page as Markdown."""
    page = told(plain)
    lines = [f"# {escape(page.name, 200)}", "", f"**{page.word}.** {escape(page.headline, 1200)}", ""]
    lines += [*bullets(f"{label}: {escape(text)}" for label, text in page.facts), ""]
    for part in page.parts:
        said = bullets(escape(line, 1200) for _, line in part.lines) or [part.otherwise]
        lines += [f"## {part.title}", "", *said, ""]
    return "\n".join([*lines, escape(page.log), ""])


def told(plain: Mapping[str, Any]) -> ProductPage:
    """Put what the registry knows of a product into sentences.

    Parameters
    ----------
    plain : what ``touchstone registry page --json`` prints
    """
    product, late = plain["product"], [one for one in plain["due"] if one["overdue"]]
    open_ = [one for one in plain["advisories"] if not one["settled"]]
    return ProductPage(
        clip(product["name"], 200), *_verdict(plain, late, open_), _facts(plain),
        (
            Part("What it rests on", tuple(_rests(plain)), "Nothing is recorded."),
            Part("Who approved it, and until when", tuple(_approved(plain)), "Nobody has signed for what it rests on."),
            Part("Advisories", tuple(map(_advisory, plain["advisories"])), "None is known."),
            Part("What is due", tuple(map(_due, plain["due"])), "Nothing within 90 days."),
            Part("What it could change to", tuple(("inconclusive", clip(name, 200)) for name in plain["substitutes"]),
                 "No other base was tried in its studies."),
            Part("What happened", tuple(("noted", _event(one)) for one in plain["history"][-20:]), "Nothing is recorded."),
        ),
        f"As the registry stood on {plain['on']}, at event {plain['log']['event']:,} ({plain['log']['hash'][:16]}).",
    )  # fmt: skip


def _verdict(plain: Mapping[str, Any], late: list[Any], open_: list[Any]) -> tuple[str, str, str]:
    state = plain["product"]["state"]
    because = [f"the advisory {one['name']} waits for an answer until {one['due']}" for one in open_]
    because += [f"{one['what']} and should have been looked at by {one['day']}" for one in late]
    run_out = [one["who"] for one in _signed(plain) if one["decision"] == "approve" and one["stands"] == "has run out"]
    counting = [one for one in _signed(plain) if one["decision"] == "approve" and not one["stands"]]
    if run_out and not counting:
        because.append(f"the approval of {', '.join(dict.fromkeys(run_out))} has run out")
    said = f"{'; '.join(because)}." if because else ""
    said = said[:1].upper() + said[1:]
    if state == "retired":
        return "hold", "Retired", f"It ended on {plain['product']['until']}."
    if state == "suspended":
        return "reject", _WORDS["reject"], said or "Somebody must look at what it rests on."
    if because or state == "affected":
        return "hold", _WORDS["hold"], said
    return "ship", _WORDS["ship"], "Nothing that the registry knows speaks against it."


def _facts(plain: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    level, users = plain["criticality"], plain["users"]
    runs = ", ".join(f"{one['where']} since {one['since']}" for one in plain["deployments"])
    return (
        ("Owner", str(plain["owner"])), ("Criticality", f"{level} of 5: {_CRITICAL.get(level, '')}"),
        ("Users", "not recorded" if users is None else f"{users:,}"), ("Runs in", runs or "nowhere that is recorded"),
        ("Page of", str(plain["on"])),
    )  # fmt: skip


def _rests(plain: Mapping[str, Any]) -> list[tuple[str, str]]:
    lines = []
    for model in plain["models"]:
        latest = model["runs"][0] if model["runs"] else None
        judged = f"judged {latest['verdict']} on {latest['on']}" if latest else "which no run has judged"
        lines.append(
            (latest["verdict"] if latest else "inconclusive", f"The model {clip(model['name'], 120)}, {judged}.")
        )
        for base in model["made_from"]:
            known = [
                f"published by {base['publisher']}" if base["publisher"] else "",
                f"licence {base['license']}" if base["license"] else "",
            ]
            seen = f"last looked at on {base['looked_at']}" if base["looked_at"] else "never vetted"
            said = ", ".join([*(one for one in known if one), seen])
            lines.append(("noted", f"It was made from {clip(base['name'], 200)}: {said}."))
    return lines


def _signed(plain: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [one for model in plain["models"] for run in model["runs"] for one in run["signed"]]


def _approved(plain: Mapping[str, Any]) -> list[tuple[str, str]]:
    lines, late = [], any(one["overdue"] for one in plain["due"])
    for one in _signed(plain):
        did = "approved" if one["decision"] == "approve" else "refused"
        alone = ", alone, by breaking the glass" if one["break_glass"] else ""
        rest = (
            f" It {'is ' if one['stands'].startswith(('replaced', 'suspended')) else ''}{one['stands']}."
            if one["stands"]
            else ""
        )
        why = f" Because: {clip(one['reason'], 300)}" if one["reason"] else ""
        counts = not one["stands"] and one["decision"] == "approve" and not late
        if late and not one["stands"] and one["decision"] == "approve":
            rest = " It does not count while something is overdue."
        status = "pass" if counts else "inconclusive" if one["decision"] == "approve" else "fail"
        lines.append(
            (status, f"{one['who']} ({one['role']}) {did} on {one['on']}{alone}, until {one['until']}.{rest}{why}")
        )
    waived = [one for model in plain["models"] for run in model["runs"] for one in run["waived"]]
    lines += [
        (
            "inconclusive",
            f"Waived until {one['until']}: {one['check']} of {clip(one['subject'], 120)} stands against it and is carried openly.",
        )
        for one in waived
    ]
    return lines


def _advisory(one: Mapping[str, Any]) -> tuple[str, str]:
    answer = (
        f"answered {one['answer'].replace('_', ' ')} on {one['answered']}"
        if one["answered"]
        else f"to be answered by {one['due']}"
    )
    helps = f" What helps: {clip(one['mitigation'], 300)}" if one["mitigation"] else ""
    said = clip(one["statement"], 400).rstrip(".")
    return "pass" if one[
        "settled"
    ] else "fail", f"{clip(one['name'], 80)} ({one['severity']}): {said}; {answer}.{helps}"


def _due(one: Mapping[str, Any]) -> tuple[str, str]:
    late = "Overdue since" if one["overdue"] else "By"
    return "fail" if one[
        "overdue"
    ] else "inconclusive", f"{late} {one['day']}: {clip(one['what'], 200)}. {clip(one['do'], 300)}"


def _event(one: Mapping[str, Any]) -> str:
    return f"{one['on']}: {one['who']}{' (' + one['role'] + ')' if one['role'] else ''}: {one['did']}"
