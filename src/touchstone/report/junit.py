"""JUnit XML for pipelines: one test case per finding; a fail is a failure, a doubt is skipped or, on wish, an error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

from touchstone.report.reading import mapping, records
from touchstone.report.wording import clip


def render(evidence: Mapping[str, Any], *, doubt_is_error: bool = False) -> str:
    """The text of a JUnit file; equal evidence gives equal bytes.

    Parameters
    ----------
    doubt_is_error : count findings that could not be decided as errors instead of skipped cases
    """
    findings = records(evidence.get("findings"))
    statuses = [finding.get("status") for finding in findings]
    doubts, absent = statuses.count("inconclusive"), statuses.count("not_applicable")
    counts = {
        "tests": str(len(findings)),
        "failures": str(statuses.count("fail")),
        "errors": str(doubts if doubt_is_error else 0),
        "skipped": str(absent if doubt_is_error else absent + doubts),
    }
    name = clip(mapping(evidence.get("study")).get("name") or "touchstone", 200)
    root = ElementTree.Element("testsuites", {"name": "touchstone", **counts})
    suite = ElementTree.SubElement(root, "testsuite", {"name": name, **counts})
    for finding in findings:
        _case(suite, finding, doubt_is_error)
    ElementTree.indent(root)
    return "<?xml version='1.0' encoding='utf-8'?>\n" + ElementTree.tostring(root, encoding="unicode") + "\n"


def _case(suite: ElementTree.Element, finding: Mapping[str, Any], doubt_is_error: bool) -> None:
    made = {"classname": clip(finding.get("check"), 200), "name": clip(finding.get("subject"), 300), "time": "0"}
    case = ElementTree.SubElement(suite, "testcase", made)
    statement = clip(finding.get("statement"), 2000)
    status, severity = finding.get("status"), clip(finding.get("severity"), 20)
    if status == "fail":
        told = ElementTree.SubElement(case, "failure", {"type": severity, "message": statement})
        told.text = clip(finding.get("remedy") or "", 2000)
    elif status == "inconclusive" and doubt_is_error:
        ElementTree.SubElement(case, "error", {"type": severity, "message": statement})
    elif status in ("inconclusive", "not_applicable"):
        ElementTree.SubElement(case, "skipped", {"message": statement})
