"""SARIF 2.1.0 for code-scanning pages: one rule per check, one result per finding that fails or doubts.

References
----------
OASIS SARIF 2.1.0; GitHub takes at most 25,000 results of a run and 20 tags of a rule.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from touchstone.core import catalogue, digest
from touchstone.report.reading import mapping, records
from touchstone.report.wording import clip, visible

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
MOST_RESULTS = 5000
_LEVELS = {"blocker": "error", "major": "error", "minor": "warning", "info": "note"}


def render(evidence: Mapping[str, Any], *, study_file: str = "study.yaml") -> str:
    """The text of a SARIF file; equal evidence gives equal bytes.

    Parameters
    ----------
    study_file : where a finding that speaks of no file is shown, relative to the repository
    """
    return json.dumps(sarif(evidence, study_file=study_file), indent=2, ensure_ascii=False) + "\n"


def sarif(evidence: Mapping[str, Any], *, study_file: str = "study.yaml") -> dict[str, Any]:
    """The document as plain data."""
    findings = [f for f in records(evidence.get("findings")) if f.get("status") in ("fail", "inconclusive")]
    rules = list(dict.fromkeys(_id(f) for f in findings))
    driver = {
        "name": "touchstone",
        "informationUri": "https://github.com/touchstone-ml/touchstone",
        "rules": [_rule(id) for id in rules],
    }
    results = [_result(f, rules.index(_id(f)), study_file) for f in findings[:MOST_RESULTS]]
    run = {
        "tool": {"driver": driver},
        "results": results,
        "properties": {"verdict": evidence.get("verdict"), "left_out": max(0, len(findings) - MOST_RESULTS)},
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _id(finding: Mapping[str, Any]) -> str:
    return clip(finding.get("check"), 200)


def _rule(id: str) -> dict[str, Any]:
    row = catalogue.rows().get(id)
    return {
        "id": id,
        "shortDescription": {"text": row.question if row else id},
        "helpUri": f"https://github.com/touchstone-ml/touchstone/blob/main/docs/checks/{quote(id)}.md",
        "properties": {"tags": [id.split(".")[0]]},
    }


def _result(finding: Mapping[str, Any], rule: int, study_file: str) -> dict[str, Any]:
    failed = finding.get("status") == "fail"
    level = _LEVELS.get(str(finding.get("severity")), "warning")
    text = clip(finding.get("statement"), 2000)
    if finding.get("remedy"):
        text += f" Mend: {clip(finding['remedy'], 1000)}"
    identity = digest.of_data([_id(finding), visible(str(finding.get("subject")))])
    return {
        "ruleId": _id(finding),
        "ruleIndex": rule,
        "level": level if failed else "none",  # the standard gives a level to failures alone
        "kind": "fail" if failed else "review",
        "message": {"text": f"{clip(finding.get('subject'), 200)}: {text}"},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": _place(finding, study_file)}}}],
        "partialFingerprints": {"touchstone/v1": identity.removeprefix("sha256:")},
        "properties": {"severity": finding.get("severity"), "status": finding.get("status")},
    }


def _place(finding: Mapping[str, Any], study_file: str) -> str:
    """The model file that a finding is about, relative where it was written so; else the study file."""
    file = mapping(finding.get("details")).get("file")
    subject = str(finding.get("subject"))
    if not isinstance(file, str) or not file:
        return study_file
    base = "" if subject.startswith(("/", "..")) or ":" in subject else subject.rstrip("/") + "/"
    return quote(visible(base + file if not file.startswith(base) else file))
