import numpy as np
import pytest

from tests.checks.desk import Desk, candidate, dataset, likely, readable, study, texts
from touchstone.checks.evaluate.per_class import PerClass
from touchstone.core.finding import Finding, Severity, Status

CHECK = PerClass()


def desk(counts: tuple[int, ...], recalls: tuple[float, ...], seed: int = 0) -> Desk:
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(len(counts)), counts)
    right = rng.random(len(labels)) < np.array(recalls)[labels]
    model = candidate("tuned")
    data = dataset(texts(labels, "a"), texts(labels, "t"), classes=len(counts))
    return Desk(study(), data, candidates=[model], chosen_subject=model.subject, opened={"test": labels},
                predictions={(model.subject, "test"): likely(labels, right, len(counts))[None]})  # fmt: skip


def found(one: Desk) -> list[Finding]:
    result = list(CHECK.run(one))
    for finding in result:
        readable(finding)
    return result


# The weakest that must trip: a class never recognised in 40 test items, one of ten classes.
@pytest.mark.parametrize(
    ("counts", "recall"), [((40,) * 10, 0.0), ((100,) * 10, 0.04), ((30, 400), 0.0), ((25, 25), 0.0)]
)
def test_trips_on_a_failed_class_under_a_fine_average(counts: tuple[int, ...], recall: float) -> None:
    failed = [one for one in found(desk(counts, (recall, *(0.95,) * (len(counts) - 1)))) if one.status is Status.FAIL]
    assert [(one.subject, one.severity) for one in failed] == [("class=c0", Severity.MAJOR)]
    assert "taken for `c1`" in failed[0].statement


@pytest.mark.parametrize("recalls", [(0.95,) * 10, (0.6, *(0.95,) * 9), (0.5,) * 10])
def test_never_trips_on_classes_that_are_merely_harder(recalls: tuple[float, ...]) -> None:
    for seed in range(20):
        assert all(one.status is Status.PASS for one in found(desk((60,) * 10, recalls, seed)))


def test_a_long_tail_with_a_competent_model_never_trips() -> None:
    for seed in range(20):
        assert all(
            one.status is not Status.FAIL
            for one in found(desk((300, 150, 80, 40, 20, 12), (0.95, 0.9, 0.9, 0.85, 0.8, 0.8), seed))
        )


def test_classes_with_too_few_items_are_one_open_question() -> None:
    (finding,) = found(desk((200, 200, 5, 3), (0.95, 0.95, 0.0, 1.0)))
    assert finding.status is Status.INCONCLUSIVE
    assert finding.details["needed_more"] == 12
    assert set(finding.details["thin_classes"]) == {"c2", "c3"}


def test_where_no_class_can_be_judged_none_is_said_to_be() -> None:
    (finding,) = found(desk((2,) * 6, (0.5,) * 6))
    assert finding.status is Status.INCONCLUSIVE
    assert "can be judged" not in finding.statement


def test_a_class_in_doubt_is_not_counted_among_those_that_can_be_judged() -> None:
    open_ = [
        one
        for seed in range(20)
        for one in found(desk((25,) * 10, (0.12, *(0.95,) * 9), seed))
        if one.status is Status.INCONCLUSIVE
    ]
    assert open_
    for one in open_:
        told = float(one.statement.rsplit("at ", 1)[1].split(" %")[0]) / 100
        assert told > 0.5


def test_a_class_without_test_items_is_named() -> None:
    (finding,) = found(desk((100, 100, 0), (0.9, 0.9, 0.9)))
    assert finding.status is Status.INCONCLUSIVE and "c2" in finding.statement


def test_many_failed_classes_show_the_ten_worst() -> None:
    failed = [one for one in found(desk((100,) * 30, (0.02,) * 14 + (0.95,) * 16)) if one.status is Status.FAIL]
    assert len([one for one in failed if one.subject.startswith("class=")]) == 10
    assert "14 classes" in failed[-1].statement


@pytest.mark.parametrize(("strays", "status"), [(40, Status.FAIL), (0, Status.PASS), (3, Status.PASS)])
def test_answers_of_classes_that_the_data_lack_are_told(strays: int, status: Status) -> None:
    one = desk((200, 200), (0.95, 0.95))
    one = one.with_(candidates=[candidate("tuned", recipe=None, details={"strays": {"other": strays}})])
    told = {finding.subject: finding for finding in found(one)}["classes beyond the data's"]
    assert (told.status, told.severity) == (status, Severity.MAJOR)
    assert "`other`" in told.statement
