"""``decision.md``: what was decided, between which options, why, and what was accepted with it (MADR-like)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from touchstone.core.evidence import to_plain
from touchstone.report import carried, numerals
from touchstone.report.another_run import AnotherRun, another_run
from touchstone.report.gallery import Gallery
from touchstone.report.markdown import bullets, escape, table
from touchstone.report.phrases import candidate_name, metric_name, phrase, recipe_words, statement_of
from touchstone.report.reading import Reading, mapping, records
from touchstone.report.story import WORDS, headline, sign_off, what_next
from touchstone.report.wording import clip

SCHEMA = "touchstone/decision-record/1"
_STATUS = {"ship": "accepted", "hold": "proposed, held back", "reject": "rejected"}
_NOT_RECORDED = "not recorded"


@dataclass(frozen=True, slots=True)
class Option:
    """A candidate that could have been taken."""

    name: str
    base: str
    score: str
    interval: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision as one object, from which its text is written."""

    title: str
    status: str
    date: str
    deciders: Sequence[str]
    context: Sequence[str]
    metric: str
    options: Sequence[Option]
    recipes: Sequence[str]
    """What the names of built-in recipes stand for."""
    outcome: str
    reasons: Sequence[str]
    risks: Sequence[str]
    waivers: Sequence[str]
    obligations: Sequence[str]
    watch: Sequence[str]
    review: str
    """Date by which it must be looked at again; empty where nothing ends."""
    next_step: str
    another_run: AnotherRun
    """Whether another run on the same data could change this."""
    digests: Sequence[tuple[str, str]]


def render(evidence: Mapping[str, Any], gallery: Gallery, study: Mapping[str, Any]) -> str:
    """The record's text; equal inputs give equal bytes (the date is ``gallery.made_on``).

    Parameters
    ----------
    evidence, gallery, study : as for :func:`touchstone.report.html.render`
    """
    return _text(decide(Reading(evidence, gallery, study)))


def render_json(evidence: Mapping[str, Any], gallery: Gallery, study: Mapping[str, Any]) -> str:
    """The same record for machines, from the same object as the text."""
    decided = to_plain(decide(Reading(evidence, gallery, study)))
    return json.dumps({"schema": SCHEMA, **decided}, indent=2, ensure_ascii=False) + "\n"


def decide(reading: Reading) -> Decision:
    """Gather what the record says; strings are as they came, nothing is escaped yet."""
    verdict = reading.verdict if reading.verdict in WORDS else "hold"
    return Decision(
        title=f"{WORDS[verdict]}: {reading.name}",
        status=_STATUS[verdict],
        date=reading.gallery.made_on or _NOT_RECORDED,
        deciders=_deciders(reading),
        context=_context(reading),
        metric=metric_name(str(reading.metric)) if reading.metric else "",
        options=_options(reading),
        recipes=recipes(reading),
        outcome=headline(reading),
        reasons=_reasons(reading),
        risks=_risks(reading),
        waivers=_waivers(reading),
        obligations=_obligations(reading),
        watch=_watch(reading),
        review=review(reading),
        next_step=what_next(reading),
        another_run=another_run(reading),
        digests=_digests(reading),
    )


def _deciders(reading: Reading) -> list[str]:
    judged_by = [mapping(finding.get("details")).get("policy") for finding in reading.of_check("govern.signoff")]
    policy = next(iter(judged_by), None) or reading.study.get("policy")
    found = [f"Touchstone, by its checks{f' under the policy {policy}' if policy else ''}"]
    owner = reading.use.get("owner")
    found += [f"{owner} (owner)"] if owner else []
    return [*found, *_signed(reading), f"Sign-off: {sign_off(reading)}"]


def _signed(reading: Reading) -> list[str]:
    """Every person who decided, in which role, when and until when; what no longer counts is said to."""
    said = []
    for finding in reading.of_check("govern.signoff"):
        for one in records(mapping(finding.get("details")).get("signatures")):
            did = "approved" if one.get("decision") == "approve" else "rejected"
            no_longer = [
                *(["has run out"] if one.get("expired") else []),
                *([f"fell: {', '.join(map(str, one['changed']))} changed since"] if one.get("changed") else []),
                *([f"is suspended by {one['suspended']}"] if one.get("suspended") else []),
            ]
            lapsed = f"; {', '.join(no_longer)}" if no_longer else ""
            said.append(
                f"{one.get('who')} ({one.get('role')}) {did} on {one.get('on')}, until {one.get('until')}{lapsed}"
            )
    return said


def _context(reading: Reading) -> list[str]:
    use, requirements = reading.use, mapping(reading.study.get("require"))
    facts = [("Purpose", use.get("purpose")), ("Use", use.get("use")), ("Task", reading.study.get("task"))]
    lines = [f"{label}: {text}" for label, text in facts if text]
    if requirements:
        lines.append(
            f"Thresholds fixed before the test set was opened: {'; '.join(_bound(*item) for item in requirements.items())}"
        )
    return lines


def _bound(metric: str, bounds: Any) -> str:
    said = []
    for bound in bounds if isinstance(bounds, list | tuple) else [bounds]:
        if not isinstance(bound, Mapping):
            said.append(str(bound))
            continue
        words = [
            f"at {word} {bound[key]}" for key, word in (("min", "least"), ("max", "most")) if bound.get(key) is not None
        ]
        place = bound.get("on")
        said.append(" and ".join(words) + (f" on {place}" if place not in (None, "test") else ""))
    return f"{metric_name(metric)} {', '.join(said)}"


def _options(reading: Reading) -> list[Option]:
    splits = reading.splits[:1]
    return [
        Option(
            candidate_name(str(row.get("candidate"))),
            str(row.get("base") or ""),
            numerals.score(row.get("value")),
            numerals.between(row.get("interval")),
            reading.is_chosen(row),
        )
        for split in splits
        for row in reading.rows(split, reading.metric)[:60]
    ]


def recipes(reading: Reading) -> list[str]:
    """Each built-in recipe that was compared, with what its name stands for: ``top-1: top block thawed``."""
    names = [
        str(row.get("candidate")) for split in reading.splits[:1] for row in reading.rows(split, reading.metric)[:60]
    ]
    told = {candidate_name(name): recipe_words(name, reading.study) for name in names}
    return [f"{name}: {words}" for name, words in told.items() if words]


def _reasons(reading: Reading) -> list[str]:
    lines = []
    for check in reading.reasons:
        grave = [f for f in reading.of_check(check) if f.get("status") in ("fail", "inconclusive")]
        said = clip(statement_of(grave[0], 1200), 400) if grave else ""
        lines.append(f"{check} ({phrase(check).topic.lower()}): {said}")
    return lines


def _risks(reading: Reading) -> list[str]:
    """Open questions of weight that do not hold the study back, and small failures: carried openly."""
    deciding = set(reading.reasons)
    grave = ("blocker", "major")
    risks = [f for f in reading.waived if f.get("status") == "fail" and f.get("severity") in grave]
    risks += [f for f in reading.open if f.get("severity") in grave and f.get("check") not in deciding]
    risks += [f for f in reading.failed if f.get("severity") == "minor" and f not in risks]
    lines = [f"{f.get('check')}: {clip(f.get('statement') or '', 400)}" for f in risks[:40]]
    topics = list(dict.fromkeys(str(f.get("check")) for f in reading.unmeasured))
    return [*lines, f"Not measured by this version: {', '.join(topics)}"] if topics else lines


def _waivers(reading: Reading) -> list[str]:
    lines = []
    for finding in reading.findings:
        waiver = mapping(finding.get("details")).get("waiver")
        if waiver:
            lines.append(f"{finding.get('check')}, {finding.get('subject')}: {carried.told(waiver)}")
    return lines


def _obligations(reading: Reading) -> list[str]:
    """What licences ask for, as the licence check lists it."""
    found = []
    for finding in reading.of_check("supply.license"):
        obligations = mapping(finding.get("details")).get("obligations")
        if isinstance(obligations, list | tuple):
            found += [f"{finding.get('subject')}: {carried.obligation(obligation)}" for obligation in obligations]
    return found


def _watch(reading: Reading) -> list[str]:
    """What was promised at release and is worth watching in use."""
    return [f"{_bound(*item)}" for item in mapping(reading.study.get("require")).items()]


def review(reading: Reading) -> str:
    """The day on which the first sign-off or waiver that counts today ends."""
    details = [mapping(finding.get("details")) for finding in reading.findings]
    ends = [mapping(one["waiver"]).get("until") for one in details if one.get("waiver")]
    for one in (signature for found in details for signature in records(found.get("signatures"))):
        if not (one.get("expired") or one.get("changed") or one.get("suspended")):
            ends.append(one.get("until"))
    return min((str(end)[:10] for end in ends if end), default="")


def _digests(reading: Reading) -> list[tuple[str, str]]:
    study = mapping(reading.evidence.get("study")).get("digest")
    found = [("study", str(study or _NOT_RECORDED)), ("evidence", reading.digest)]
    for finding in reading.of_check("supply.integrity"):
        value = mapping(finding.get("details")).get("digest")
        found += [(str(finding.get("subject")), str(value))] if value else []
    return found


def _text(decision: Decision) -> str:
    lines = [
        f"# {escape(decision.title, 160)}",
        "",
        f"- Status: {decision.status}",
        f"- Date: {escape(decision.date, 40)}",
        *(f"- {'Decided by: ' if not place else ''}{escape(who, 300)}" for place, who in enumerate(decision.deciders)),
        "",
    ]
    lines += _section("Context", bullets(escape(line) for line in decision.context))
    lines += _section("Options", _option_table(decision))
    lines += _section("Decision", [escape(decision.outcome)])
    lines += _section("Reasons", bullets(escape(line) for line in decision.reasons))
    lines += _section(
        "Risks carried openly", bullets(escape(line, 1200) for line in decision.risks) or ["None was found."]
    )
    lines += _section("Waivers", bullets(escape(line) for line in decision.waivers) or ["None."])
    lines += _section(
        "Obligations from licences", bullets(escape(line) for line in decision.obligations) or ["None is recorded."]
    )
    lines += _section(
        "To be watched in use",
        bullets(escape(line) for line in decision.watch) or ["No threshold was fixed in the study."],
    )
    lines += _section("Rollback target", ["Not recorded."])
    lines += _section("Review date", [escape(decision.review, 40) or "Not recorded."])
    lines += _section("Next step", [escape(decision.next_step, 1200)] if decision.next_step else [])
    another = decision.another_run
    can = "It could change the verdict." if another.can_change_the_verdict else "It cannot change the verdict."
    lines += _section("Another run", [can, "", *bullets(escape(line) for line in another.because)])
    lines += _section("Evidence", bullets(f"{escape(name, 100)}: `{_code(value)}`" for name, value in decision.digests))
    lines += ["Beside this file: `evidence.json`, `report.html`, `model_card.md`, `study.lock.yaml`.", ""]
    return "\n".join(lines)


def _section(title: str, lines: list[str]) -> list[str]:
    return [f"## {title}", "", *lines, ""] if lines else []


def _option_table(decision: Decision) -> list[str]:
    if not decision.options:
        return ["No candidate was compared: the run stopped before."]
    meant = "; ".join(escape(line, 160) for line in decision.recipes)
    rows = [
        [
            escape(option.name, 100) + (" **(chosen)**" if option.chosen else ""),
            escape(option.base or numerals.DASH, 100),
            option.score,
            option.interval,
        ]
        for option in decision.options
    ]
    lines = table(["option", "base", escape(decision.metric, 60), "95 % interval"], rows)
    return [*lines, "", f"{meant}."] if meant else lines


def _code(value: str) -> str:
    return clip(value, 100).replace("`", "'")
