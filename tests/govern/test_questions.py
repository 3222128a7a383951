from touchstone.core.finding import Finding, Severity, Status
from touchstone.govern.questions import open_questions


def doubt(check: str, severity: Severity, more: int | None = None, subject: str = "s", **details: object) -> Finding:
    extra = {} if more is None else {"needed_more": more}
    return Finding(
        check,
        subject,
        Status.INCONCLUSIVE,
        severity,
        f"{check} is open.",
        remedy=f"about {more} more would do",
        details={**extra, **details},
    )


def test_gravest_first_then_cheapest() -> None:
    found = [
        doubt("compare.probe", Severity.MINOR, 10),
        doubt("evaluate.shift", Severity.MAJOR, 500),
        doubt("evaluate.calibration", Severity.MAJOR, 80),
        doubt("evaluate.requirements", Severity.BLOCKER, 9000),
        doubt("adapt.stability", Severity.MAJOR),
    ]
    asked = [question.check for question in open_questions(found)]
    assert asked == [
        "evaluate.requirements",
        "evaluate.calibration",
        "evaluate.shift",
        "adapt.stability",
        "compare.probe",
    ]
    assert [question.holds for question in open_questions(found)] == [True, False, False, False, False]


def test_few_are_named() -> None:
    ids = [
        "adapt.stability",
        "adapt.forgetting",
        "adapt.overfitting",
        "evaluate.shift",
        "evaluate.slices",
        "evaluate.per_class",
        "compare.probe",
    ]
    assert len(open_questions([doubt(id, Severity.MAJOR) for id in ids])) == 5
    assert len(open_questions([doubt(id, Severity.MAJOR) for id in ids], limit=3)) == 3


def test_one_question_for_all_subjects_of_a_check_answered_by_the_cheapest() -> None:
    (question,) = open_questions([doubt("evaluate.slices", Severity.MAJOR, n, f"camera={n}") for n in (300, 40, 90)])
    assert question.subjects == ("camera=40", "camera=90", "camera=300")
    assert question.close == "about 40 more would do"


def test_what_nobody_can_answer_or_nobody_ships_is_left_out() -> None:
    found = [
        doubt("evaluate.ood", Severity.INFO, unmeasured=True),
        doubt("evaluate.shift", Severity.INFO, for_information="not chosen"),
        Finding("data.size", "test", Status.PASS, Severity.MINOR, "Fine."),
        Finding("data.leakage", "train~test", Status.FAIL, Severity.MAJOR, "Bad."),
    ]
    assert open_questions(found) == ()


def test_order_never_matters() -> None:
    found = [
        doubt("evaluate.shift", Severity.MAJOR, 5),
        doubt("evaluate.slices", Severity.MAJOR, 5),
        doubt("compare.probe", Severity.MINOR, 5),
    ]
    assert open_questions(found) == open_questions(found[::-1])
