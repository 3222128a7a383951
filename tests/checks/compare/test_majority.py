import numpy as np
import pytest

from tests.checks.desk import Desk, candidate, contest_desk, dataset, likely, only, rate, study, texts
from touchstone.checks.compare.majority import Majority
from touchstone.core.finding import Severity, Status

CHECK = Majority()


def desk(n: int, common: float, recall_common: float, recall_rare: float, seed: int = 0) -> Desk:
    """A two-class test set with this share of class 0, and a model of these recalls."""
    rng = np.random.default_rng(seed)
    labels = (np.arange(n) >= round(common * n)).astype(int)
    right = rng.random(n) < np.where(labels == 0, recall_common, recall_rare)
    model = candidate("tuned")
    data = dataset(texts(labels, "a"), texts(labels, "t"))
    return Desk(
        study(), data, candidates=[model], chosen_subject=model.subject, opened={"test": labels},
        predictions={(model.subject, "test"): np.stack([likely(labels, right)] * 3)},
    )  # fmt: skip


# The weakest that must trip: a guess on 100 test items; balanced accuracy two points above chance on 3,000.
@pytest.mark.parametrize(
    ("n", "common", "recalls"),
    [(100, 0.5, (1, 0)), (300, 0.95, (1, 0)), (1000, 0.95, (0.99, 0.01)), (3000, 0.6, (0.7, 0.34))],
)
def test_trips_on_a_model_that_learnt_nothing(n: int, common: float, recalls: tuple[float, float]) -> None:
    finding = only(list(CHECK.run(desk(n, common, *recalls))))
    assert (finding.status, finding.severity) == (Status.FAIL, Severity.BLOCKER)


@pytest.mark.parametrize(("n", "common"), [(60, 0.5), (300, 0.7), (1000, 0.9)])
def test_a_competent_model_passes(n: int, common: float) -> None:
    assert rate([desk(n, common, 0.97, 0.93, seed) for seed in range(10)], CHECK, Status.PASS) >= 0.9


def test_a_competent_model_on_a_long_tail_never_trips() -> None:
    assert rate([desk(400, 0.95, 0.97, 0.8, seed) for seed in range(20)], CHECK, Status.FAIL) == 0


def test_where_plain_accuracy_cannot_tell_the_answer_is_open_and_major() -> None:
    finding = only(list(CHECK.run(desk(200, 0.95, 0.96, 0.9, 1))))
    assert (finding.status, finding.severity) == (Status.INCONCLUSIVE, Severity.MAJOR)


def test_is_inconclusive_on_too_few_examples() -> None:
    finding = only(list(CHECK.run(desk(10, 0.5, 0.6, 0.8, 2))))
    assert finding.status is Status.INCONCLUSIVE and finding.severity is Severity.BLOCKER


def test_order_never_matters() -> None:
    one = desk(200, 0.7, 0.9, 0.8)
    order = np.random.default_rng(5).permutation(200)
    model = one.candidates[0]
    data = dataset(one.data.train, texts(one.opened["test"], "t").take(order))
    other = one.with_(
        data=data, opened={"test": one.opened["test"][order]},
        predictions={key: array[:, order] for key, array in one.predictions.items()},
    )  # fmt: skip
    first, second = only(list(CHECK.run(one))), only(list(CHECK.run(other)))
    assert (first.status, first.statement) == (second.status, second.statement)
    assert model.subject == first.subject


def test_several_classes() -> None:
    found = contest_desk(500, {"majority": 0.3, "tuned": 0.8}, classes=4)
    assert only(list(CHECK.run(found))).status is Status.PASS


def test_a_frozen_base_with_few_test_examples_is_asked_about_all() -> None:
    few = contest_desk(8, {"linear-probe": 0.8}, n_train=60, cross_fitted=("linear-probe",), seed=3)
    finding = only(list(CHECK.run(few.with_(chosen_subject="linear-probe"))))
    assert finding.status is Status.PASS and finding.n == 68 and "predicted out of fold" in finding.statement


def shifted(n: int, classes: int, right: float, by: int, seed: int = 0, brought: bool = True) -> Desk:
    """A model that learnt, each of whose answers is called as the class ``by`` places further on."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(classes, size=n)
    model = candidate("tuned", **({"recipe": None} if brought else {}))
    answers = np.where(rng.random(n) < right, labels, rng.integers(classes, size=n))
    shown = np.roll(likely(answers, np.ones(n, dtype=bool), classes), by, axis=-1)
    data = dataset(texts(labels, "a"), texts(labels, "t"), classes=classes)
    return Desk(
        study(), data, candidates=[model], chosen_subject=model.subject, opened={"test": labels},
        predictions={(model.subject, "test"): np.stack([shown] * 3)},
    )  # fmt: skip


@pytest.mark.parametrize(("n", "classes", "right"), [(100, 2, 0.9), (200, 4, 0.8), (400, 10, 0.95)])
def test_names_in_another_order_are_told_as_such(n: int, classes: int, right: float) -> None:
    finding = only(list(CHECK.run(shifted(n, classes, right, 1))))
    assert (finding.status, finding.severity) == (Status.FAIL, Severity.BLOCKER)
    assert len(finding.details["renamed"]) == classes and "id2label" in (finding.remedy or "")
    assert "labels of training and test" in (
        only(list(CHECK.run(shifted(n, classes, right, 1, brought=False)))).remedy or ""
    )


@pytest.mark.parametrize("seed", range(10))
def test_a_poor_model_is_not_taken_for_a_renamed_one(seed: int) -> None:
    (finding,) = CHECK.run(shifted(60, 6, 0.3, 0, seed))
    assert "renamed" not in finding.details
    (finding,) = CHECK.run(shifted(60, 6, 0.3, 2, seed))
    assert "renamed" not in finding.details


def test_one_answer_to_everything_is_told() -> None:
    assert only(list(CHECK.run(desk(100, 0.5, 1, 0)))).details["one_answer"] == "c0"
