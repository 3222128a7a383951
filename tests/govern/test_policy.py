from pathlib import Path

import pytest

from touchstone.core.errors import PolicyError
from touchstone.core.finding import Finding, Severity, Status
from touchstone.govern.policy import BUILT_IN, Policy, applied, find_policy


def finding(status: Status = Status.FAIL, severity: Severity = Severity.MAJOR, **details: object) -> Finding:
    return Finding("evaluate.calibration", "s", status, severity, "Said.", details=details)


STRICT = Policy("strict", {"evaluate.calibration": Severity.BLOCKER})


def test_the_three_policies_that_come_along() -> None:
    assert set(BUILT_IN) == {"default", "team", "regulated"}
    assert find_policy("regulated") is BUILT_IN["regulated"]
    assert len({policy.digest for policy in BUILT_IN.values()}) == 3


@pytest.mark.parametrize("status", [Status.FAIL, Status.INCONCLUSIVE])
def test_a_policy_moves_failing_and_doubtful_findings(status: Status) -> None:
    (moved,) = applied([finding(status)], STRICT)
    assert (moved.severity, moved.details["severity_before_policy"]) == (Severity.BLOCKER, "major")


def test_a_policy_moves_nothing_else() -> None:
    stay = [
        finding(Status.PASS),
        finding(Status.NOT_APPLICABLE),
        finding(severity=Severity.INFO, for_information="not chosen"),
        finding(Status.INCONCLUSIVE, Severity.INFO, unmeasured=True),
        Finding("data.size", "test", Status.FAIL, Severity.MINOR, "Said."),
    ]
    assert applied(stay, STRICT) == stay


def test_what_was_mended_stays_minor_and_its_unmended_severity_moves() -> None:
    (moved,) = applied([finding(severity=Severity.MINOR, severity_unmended="major")], STRICT)
    assert (moved.severity, moved.details["severity_unmended"]) == (Severity.MINOR, "blocker")


def write(folder: Path, text: str) -> Path:
    path = folder / "clinic.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_builds_on_a_policy(tmp_path: Path) -> None:
    write(
        tmp_path,
        "touchstone_policy: 1\nname: clinic\nextends: regulated\nseverities: {compare.probe: info}\nroles: [owner]\n",
    )
    policy = find_policy("clinic.yaml", tmp_path)
    assert (policy.name, policy.extends, policy.roles, policy.hold_on_inconclusive_major) == (
        "clinic",
        "regulated",
        ("owner",),
        True,
    )
    assert policy.severities["compare.probe"] is Severity.INFO
    assert policy.severities["evaluate.slices"] is Severity.BLOCKER


def test_the_digest_is_of_what_decides_and_of_nothing_else(tmp_path: Path) -> None:
    write(tmp_path, "touchstone_policy: 1\nname: other words\n# a remark\n")
    assert find_policy("clinic.yaml", tmp_path).digest == BUILT_IN["default"].digest
    write(tmp_path, "touchstone_policy: 1\nhold_on_inconclusive_major: true\n")
    assert find_policy("clinic.yaml", tmp_path).digest != BUILT_IN["default"].digest


def test_all_faults_of_a_file_are_told_at_once_with_lines(tmp_path: Path) -> None:
    write(
        tmp_path,
        "touchstone_policy: 2\nextends: regulatd\nseverity: {}\nseverities:\n  evaluate.calibratoin: blocker\n  data.size: grave\nroles: owner\n"
        "hold_on_inconclusive_major: maybe\nname: 3\n",
    )
    with pytest.raises(PolicyError) as raised:
        find_policy("clinic.yaml", tmp_path)
    lines = str(raised.value).splitlines()
    assert [line.split(" ")[0] for line in lines] == [f"clinic.yaml:{n}:" for n in (1, 2, 3, 5, 6, 7, 8, 9)]
    assert "did you mean 'regulated'?" in lines[1]
    assert "did you mean 'severities'?" in lines[2]
    assert "did you mean 'evaluate.calibration'?" in lines[3]


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "just words", "a: [1,\n", "a: \t- b: c: d\n"])
def test_what_is_no_policy_is_one_clear_fault(tmp_path: Path, text: str) -> None:
    write(tmp_path, text)
    with pytest.raises(PolicyError, match=r"clinic\.yaml"):
        find_policy("clinic.yaml", tmp_path)


def test_bytes_that_are_no_text_and_a_missing_file(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_bytes(b"\xff\xfe\x00a")
    with pytest.raises(PolicyError):
        find_policy("p.yaml", tmp_path)
    with pytest.raises(PolicyError, match="known: default, team, regulated"):
        find_policy("regulatd", tmp_path)
