import pytest

from touchstone.core.finding import Finding, Severity, Status
from touchstone.govern.causes import _PATTERNS, likely_cause


def failing(*ids: str, severity: Severity = Severity.MAJOR, **details: object) -> list[Finding]:
    return [Finding(id, "s", Status.FAIL, severity, "Said.", details=details) for id in ids]


@pytest.mark.parametrize(
    ("ids", "name"),
    [
        (("adapt.learning_rate", "adapt.forgetting", "compare.probe"), "training too hot"),
        (("base.domain", "compare.scratch", "compare.non_transfer"), "base of another domain"),
        (("adapt.overfitting", "data.size", "evaluate.calibration"), "too much thawed"),
        (("data.group_leakage", "evaluate.shift"), "test set not independent"),
        (("data.leakage", "data.duplicates"), "test set not independent"),
        (("data.imbalance", "compare.majority", "evaluate.per_class"), "learnt nothing"),
        (("data.imbalance", "evaluate.per_class"), "rare classes starved"),
        (("compare.non_transfer", "compare.scratch"), "easy task"),
        (("data.size", "evaluate.requirements"), "too little data"),
    ],
)
def test_names_the_likely_common_cause(ids: tuple[str, ...], name: str) -> None:
    cause = likely_cause(failing(*ids))
    assert cause is not None and cause.name == name
    assert set(cause.checks) <= set(ids) and len(cause.checks) >= 2
    assert "next cheapest experiment" in cause.sentence and cause.sentence.endswith(".")


def test_one_failing_check_names_its_own_remedy() -> None:
    assert likely_cause(failing("adapt.learning_rate")) is None
    assert likely_cause(failing("adapt.learning_rate", "adapt.learning_rate")) is None
    assert likely_cause([]) is None


def test_what_was_mended_or_only_informs_explains_nothing() -> None:
    assert (
        likely_cause(failing("data.leakage", "data.duplicates", severity=Severity.MINOR, severity_unmended="blocker"))
        is None
    )
    assert likely_cause(failing("adapt.learning_rate", "adapt.forgetting", severity=Severity.INFO)) is None


def test_unrelated_findings_get_no_common_cause() -> None:
    assert likely_cause(failing("evaluate.latency", "cost.energy")) is None


def test_grave_findings_count_more() -> None:
    several = failing("data.imbalance", "evaluate.per_class", severity=Severity.MINOR) + failing(
        "adapt.learning_rate", "adapt.forgetting"
    )
    cause = likely_cause(several)
    assert cause is not None and cause.name == "training too hot"


def test_order_never_matters() -> None:
    several = failing("base.domain", "compare.scratch", "adapt.forgetting", "evaluate.shift", "data.size")
    assert likely_cause(several) == likely_cause(several[::-1])


def test_patterns_speak_of_checks_that_exist() -> None:
    from touchstone.core import catalogue

    for pattern in _PATTERNS:
        assert pattern.core | pattern.along <= set(catalogue.rows())


@pytest.mark.parametrize(("key", "name"), [("renamed", "classes in another order"), ("one_answer", "one answer")])
def test_a_cause_that_a_check_saw_itself_comes_before_guesses(key: str, name: str) -> None:
    seen = failing("compare.majority", severity=Severity.BLOCKER, **{key: {"a": "b"}})
    cause = likely_cause([*failing("adapt.learning_rate", "adapt.forgetting", "data.duplicates"), *seen])
    assert cause is not None and cause.name == name
    assert cause.checks == ("adapt.forgetting", "adapt.learning_rate", "compare.majority")
