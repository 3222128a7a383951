import numpy as np
import pytest

from tests.checks.desk import Desk, answers, contest_desk, dataset, only, rate, texts
from touchstone.checks.evaluate.shift import Shift
from touchstone.core.finding import Severity, Status

CHECK = Shift()


def desk(n: int, drop: float, seed: int, common: float = 0.5) -> Desk:
    one = contest_desk(n, {"non-transfer": 0.7, "linear-probe": 0.8, "tuned": 0.9}, seed=seed)
    rng = np.random.default_rng(seed + 99)
    labels = (rng.random(n) < common).astype(int)
    data = dataset(one.data.train, one.data.test, one.data.validation, shift={"evening": texts(labels, "s")})
    predictions = dict(one.predictions)
    for model, accuracy in zip(one.candidates, (0.7, 0.8, 0.9 - drop), strict=True):
        predictions[model.subject, "evening"] = answers(rng, labels, accuracy, seeds=len(model.seeds))
    return one.with_(data=data, predictions=predictions, opened={**one.opened, "evening": labels})


# The weakest collapse that must trip: 10 points on 1,000 and 1,000 items.
@pytest.mark.parametrize(("n", "drop"), [(1000, 0.1), (300, 0.25)])
def test_trips_on_collapse(n: int, drop: float) -> None:
    found = [desk(n, drop, seed) for seed in range(20)]
    assert rate(found, CHECK, Status.FAIL) >= 0.95
    finding = only(list(CHECK.run(found[0])))
    assert (finding.subject, finding.severity) == ("evening", Severity.MAJOR)
    assert "the frozen probe " in finding.statement


def test_stays_silent_where_it_holds() -> None:
    found = [desk(1500, 0.0, seed) for seed in range(15)]
    assert rate(found, CHECK, Status.FAIL) == 0
    assert rate(found, CHECK, Status.PASS) >= 0.9


def test_where_it_does_better_there_that_is_said_as_a_gain() -> None:
    finding = only(list(CHECK.run(desk(400, -0.08, 0))))
    assert finding.status is Status.PASS and finding.value is not None and finding.value < 0
    assert "points above that on the test set" in finding.statement and "is -" not in finding.statement


def test_another_class_mix_alone_is_no_shift() -> None:
    assert rate([desk(1000, 0.0, seed, common=0.9) for seed in range(20)], CHECK, Status.FAIL) == 0


def test_is_inconclusive_on_too_few_with_the_number_that_would_do() -> None:
    finding = only(list(CHECK.run(desk(60, 0.05, 0))))
    assert finding.status is Status.INCONCLUSIVE and "evening" in (finding.remedy or "")


def test_a_set_that_was_not_measured_is_said() -> None:
    one = desk(100, 0.0, 0)
    one = one.with_(
        predictions={key: value for key, value in one.predictions.items() if key[1] != "evening"},
        missing={"evening": "budget"},
    )
    finding = only(list(CHECK.run(one)))
    assert finding.status is Status.INCONCLUSIVE and "budget" in finding.statement


def test_does_not_apply_without_a_shift_set() -> None:
    assert only(list(CHECK.run(contest_desk(100, {"tuned": 0.9})))).status is Status.NOT_APPLICABLE
