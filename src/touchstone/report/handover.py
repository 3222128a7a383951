"""What goes with a model that is handed on: a summary of the evidence, and the notices of licences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from touchstone.report.decision import decide
from touchstone.report.gallery import Gallery
from touchstone.report.markdown import bullets, escape, table
from touchstone.report.reading import Reading, mapping, records
from touchstone.report.story import how_good

_MARKS = ("pass", "fail", "inconclusive", "not_applicable")


def summary(evidence: Mapping[str, Any], study: Mapping[str, Any], against: Sequence[str]) -> str:
    """``EVIDENCE.md``: the verdict, why, what was checked, and the digests to hold it against.

    Parameters
    ----------
    against : what speaks against handing the model on; empty where nothing does
    """
    reading = Reading(evidence, Gallery(), study)
    decided = decide(reading)
    lines = ["# Evidence", ""]
    if against:
        lines += [f"**Handed on although {escape('; '.join(against), 1200)}.**", ""]
    lines += [escape(decided.outcome, 1200), "", escape(how_good(reading), 1200), ""]
    for title, said in (
        ("Reasons", decided.reasons), ("Waivers", decided.waivers), ("Risks carried openly", decided.risks),
    ):  # fmt: skip
        lines += [f"## {title}", "", *(bullets(escape(line, 1200) for line in said) or ["None."]), ""]
    rows = [
        [escape(f.get("check")), escape(f.get("subject"), 100), str(f.get("status")), str(f.get("severity")), escape(f.get("statement"))]
        for f in sorted(reading.findings, key=lambda f: _order(str(f.get("status"))))
        if f.get("status") != "not_applicable"
    ]  # fmt: skip
    lines += ["## What was checked", "", *table(["check", "of", "status", "severity", "finding"], rows), ""]
    lines += ["## Digests", "", *bullets(f"{escape(name, 100)}: `{value}`" for name, value in decided.digests), ""]
    return "\n".join(lines)


def _order(status: str) -> int:
    return (1, 0, 2, 3)[_MARKS.index(status)] if status in _MARKS else 1


def notices(evidence: Mapping[str, Any], study: Mapping[str, Any], texts: Sequence[str]) -> str:
    """``NOTICE.md``: whose work the model holds, under which terms, and what they oblige to.

    Parameters
    ----------
    texts : names of the licence files that lie beside it
    """
    reading = Reading(evidence, Gallery(), study)
    base = str(mapping(evidence.get("chosen")).get("base") or "")
    lines = ["# Notices", "", "This model was made from the work of others. Their terms go on to hold.", ""]
    for finding in reading.of_check("supply.license"):
        details = mapping(finding.get("details"))
        if finding.get("subject") not in (base, "data"):
            continue
        parts = records(details.get("components")) or [
            {"role": "data", "name": "training data", "license": details.get("license")}
        ]
        lines += bullets(_component(part) for part in parts)
        duties = details.get("obligations")
        if isinstance(duties, Sequence) and duties:
            lines += ["", "Obligations:", "", *bullets(escape(_duty(one), 1200) for one in duties)]
    provenance = next(
        (mapping(f.get("details")) for f in reading.of_check("supply.provenance") if f.get("subject") == base), {}
    )
    for label, key in (("Source", "source"), ("Publisher", "publisher"), ("Revision", "revision")):
        if provenance.get(key):
            lines.append(f"- {label} of the base: {escape(provenance[key], 300)}")
    lines += [
        "",
        f"Licence texts beside this file: {', '.join(f'`{name}`' for name in texts) or 'none were found with the base'}.",
    ]
    use = escape(reading.use.get("use") or "unknown", 40)
    lines += ["", f"The terms were read for the use `{use}`. Handing the model on is another use where that is not redistribution: "
              "`touchstone vet BASE --use redistribution` reads them for it. This is no legal advice.", ""]  # fmt: skip
    return "\n".join(lines)


def _component(part: Mapping[str, Any]) -> str:
    roles = {"base": "Base model", "base_data": "Data of the base", "data": "Training data"}
    name = str(part.get("name") or "").rstrip("/").rpartition("/")[2]
    role = roles.get(str(part.get("role")), escape(part.get("role"), 40))
    return f"{role}: {escape(name, 200)}, licence {escape(part.get('license') or 'not known', 100)}"


def _duty(one: Any) -> str:
    plain = mapping(one)
    return str(plain.get("meet") or plain.get("text") or plain or one)
