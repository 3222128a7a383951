from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest

from tests.report import hostile_runs, told_runs
from touchstone.report import junit


@pytest.mark.parametrize(
    "run", [told_runs.ship, told_runs.hold, told_runs.reject, hostile_runs.hostile], ids=lambda run: run.__name__
)
@pytest.mark.parametrize("doubt_is_error", [False, True])
def test_one_case_a_finding_and_the_counts_agree(run: Any, doubt_is_error: bool) -> None:
    evidence = run().evidence
    root = ElementTree.fromstring(junit.render(evidence, doubt_is_error=doubt_is_error))
    suite = root.find("testsuite")
    assert suite is not None
    cases = suite.findall("testcase")
    assert len(cases) == len(evidence["findings"]) == int(suite.attrib["tests"])
    for kind, counted in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        assert sum(case.find(kind) is not None for case in cases) == int(suite.attrib[counted])
    statuses = [finding["status"] for finding in evidence["findings"]]
    assert int(suite.attrib["failures"]) == statuses.count("fail")
    assert int(suite.attrib["errors"]) == (statuses.count("inconclusive") if doubt_is_error else 0)


def test_equal_evidence_gives_equal_bytes() -> None:
    assert junit.render(told_runs.ship().evidence) == junit.render(told_runs.ship().evidence)
