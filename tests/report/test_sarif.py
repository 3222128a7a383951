from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import Any

import pytest

from tests.report import hostile_runs, told_runs
from tests.report.told_runs import finding
from touchstone.report import sarif

RUNS = [told_runs.ship, told_runs.hold, told_runs.reject, hostile_runs.hostile]


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run.__name__)
def test_the_document_keeps_to_the_standard(run: Any) -> None:
    """The parts of the SARIF 2.1.0 schema that are used, written out: the schema itself is not shipped."""
    evidence = run().evidence
    made = json.loads(sarif.render(evidence))
    assert set(made) == {"$schema", "version", "runs"}
    assert made["version"] == "2.1.0"
    (one,) = made["runs"]
    rules = one["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    told = [f for f in evidence["findings"] if f["status"] in ("fail", "inconclusive")]
    assert len(one["results"]) == len(told)
    for result in one["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("none", "note", "warning", "error")
        assert (result["kind"] == "fail") == (result["level"] != "none")
        assert result["message"]["text"]
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert uri
        assert " " not in uri
        assert len(result["partialFingerprints"]["touchstone/v1"]) == 64


def test_a_fault_of_a_model_file_points_at_it() -> None:
    one = finding("supply.files", "models/m", "fail", "A pickle.", file="pytorch model.bin", kind="hostile")
    (result,) = sarif.sarif({"findings": [one]})["runs"][0]["results"]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "models/m/pytorch%20model.bin"
    assert not PurePosixPath(uri).is_absolute()
    assert result["level"] == "error"


def test_a_fingerprint_stays_while_numbers_move() -> None:
    first = finding("data.leakage", "train~test", "fail", "312 images leak.", value=0.26)
    second = {**first, "statement": "300 images leak.", "value": 0.25}
    marks = [sarif.sarif({"findings": [f]})["runs"][0]["results"][0]["partialFingerprints"] for f in (first, second)]
    assert marks[0] == marks[1]


def test_too_many_results_are_cut_and_counted() -> None:
    many = [finding("evaluate.slices", f"camera={i}", "fail", "Served worse.") for i in range(sarif.MOST_RESULTS + 7)]
    (run,) = sarif.sarif({"findings": many})["runs"]
    assert len(run["results"]) == sarif.MOST_RESULTS
    assert run["properties"]["left_out"] == 7
