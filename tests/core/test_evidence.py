"""Evidence becomes plain data with the contract's keys."""

import json

import numpy as np
import pytest

from touchstone.core.evidence import Comparison, Evidence, RankedBase, to_plain
from touchstone.core.finding import Finding, Severity, Status, Verdict
from touchstone.core.interval import Interval

KEYS = ["schema", "study", "verdict", "reasons", "findings", "comparison", "bases", "chosen", "cost"]


def evidence() -> Evidence:
    finding = Finding("data.size", "test", Status.INCONCLUSIVE, Severity.MINOR, "Too few.", value=0.5,
                      interval=Interval(0.4, 0.6), details={"wanted": np.int64(3), "odd": float("nan")})  # fmt: skip
    row = Comparison("probe", "reference", None, "test", "accuracy", 0.5, Interval(0.4, 0.6))
    return Evidence(
        "s", "sha256:0", Verdict.HOLD, ("data.size",), (finding,), (row,), (RankedBase("b", 1, 0.5, None, True),)
    )


def test_the_keys_are_those_of_the_contract_and_intervals_are_pairs() -> None:
    plain = json.loads(evidence().as_json())
    assert list(plain) == KEYS
    assert plain["findings"][0]["interval"] == [0.4, 0.6]
    assert list(plain["findings"][0]) == ["check", "subject", "status", "severity", "statement", "value", "interval",
                                          "threshold", "n", "remedy", "details"]  # fmt: skip
    assert plain["findings"][0]["details"] == {"wanted": 3, "odd": None}


def test_an_early_stop_has_every_key_and_empty_parts() -> None:
    plain = Evidence("s", "sha256:0", Verdict.REJECT, (), ()).as_mapping()
    assert list(plain) == KEYS
    assert plain["comparison"] == [] and plain["chosen"] is None


def test_what_json_cannot_hold_is_refused_not_guessed() -> None:
    with pytest.raises(TypeError, match="object"):
        to_plain(object())


def test_a_file_name_that_is_not_utf8_can_be_written() -> None:
    assert to_plain("caf\udce9.png") == "caf\\udce9.png"
