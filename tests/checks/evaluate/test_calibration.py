from pathlib import Path

import numpy as np
import pytest

from tests.checks.desk import Desk, candidate, dataset, likely, only, rate, study, texts
from touchstone.checks.evaluate.calibration import Calibration
from touchstone.core.finding import Severity, Status
from touchstone.evaluate.calibration import tempered
from touchstone.study.model import Adapted

CHECK = Calibration()


def desk(n: int, seed: int, sharpen: float = 1.0, *, classes: int = 3) -> Desk:
    """A model whose confidences are true, then sharpened: logits times ``sharpen``."""
    rng = np.random.default_rng(seed)

    def made(size: int) -> tuple[np.ndarray, np.ndarray]:
        labels = rng.integers(classes, size=size)
        confidence = rng.beta(6, 1.2, size) * (1 - 1 / classes) + 1 / classes
        return labels, tempered(likely(labels, rng.random(size) < confidence, classes, confidence), 1 / sharpen)

    (labels, probabilities), (validation_labels, validation) = made(n), made(200)
    model = candidate("tuned", validation=validation[None])
    data = dataset(texts(labels, "a"), texts(labels, "t"), texts(validation_labels, "v"), classes=classes)
    return Desk(study(), data, candidates=[model], chosen_subject=model.subject, opened={"test": labels},
                predictions={(model.subject, "test"): probabilities[None]})  # fmt: skip


# The weakest that must trip: logits doubled, 500 items.
@pytest.mark.parametrize(("n", "sharpen"), [(500, 2.0), (300, 3.0)])
def test_trips_on_overconfidence(n: int, sharpen: float) -> None:
    found = [desk(n, seed, sharpen) for seed in range(5)]
    assert rate(found, CHECK, Status.FAIL) >= 0.9
    finding = only(list(CHECK.run(found[0])))
    assert finding.severity is Severity.MAJOR
    assert "promises too much" in finding.statement
    assert finding.details["temperature"] > 1.3


@pytest.mark.parametrize("n", [100, 300])
def test_stays_silent_on_a_calibrated_model(n: int) -> None:
    assert rate([desk(n, seed) for seed in range(10)], CHECK, Status.FAIL) == 0


def test_a_calibrated_model_passes_on_enough_items() -> None:
    assert rate([desk(2500, seed) for seed in range(3)], CHECK, Status.PASS) == 1


def test_is_inconclusive_below_two_hundred_items() -> None:
    finding = only(list(CHECK.run(desk(120, 0))))
    assert finding.status is Status.INCONCLUSIVE and finding.details["needed_more"] >= 80


def test_gross_overconfidence_shows_on_few_items_too() -> None:
    assert rate([desk(150, seed, 6.0) for seed in range(10)], CHECK, Status.FAIL) >= 0.7


def test_an_open_answer_never_promises_a_handful_of_examples() -> None:
    open_ = [one for seed in range(6) for one in CHECK.run(desk(400, seed)) if one.status is Status.INCONCLUSIVE]
    assert open_
    for finding in open_:
        assert finding.details.get("needed_more", 40) >= 40


def test_modesty_is_told_and_misleads_nobody() -> None:
    findings = [only(list(CHECK.run(desk(600, seed, 0.5)))) for seed in range(5)]
    assert {(one.status, one.severity) for one in findings} == {(Status.FAIL, Severity.MINOR)}
    assert all("more modest" in one.statement for one in findings)


def test_no_temperature_is_fitted_on_what_a_model_from_elsewhere_was_trained_on() -> None:
    one = desk(500, 0, 3.0)
    own = only(list(CHECK.run(one)))
    assert "temperature" in own.details
    brought = only(list(CHECK.run(one.with_(study=study(adapted=Adapted(Path("m"), "m", None))))))
    assert brought.status is Status.FAIL and "temperature" not in brought.details
    assert "has not seen" in (brought.remedy or "")


def test_an_open_answer_says_why_it_is_open() -> None:
    assert "too few to vouch" in only(list(CHECK.run(desk(120, 0)))).statement
    said = [only(list(CHECK.run(desk(210, seed, 1.3)))) for seed in range(40)]
    looks = [one for one in said if one.status is Status.INCONCLUSIVE and (one.value or 0) >= 0.05]
    assert looks and all("chance alone may make it look so" in one.statement for one in looks)


def test_a_temperature_that_mends_nothing_is_not_advised() -> None:
    """Half of the answers are sure and wrong as often as right: no one temperature makes both halves true."""
    rng = np.random.default_rng(0)
    labels = rng.integers(3, size=800)
    sure, right = np.where(np.arange(800) % 2 == 0, 0.95, 0.45), np.where(np.arange(800) % 2 == 0, 0.6, 0.8)
    made = likely(labels, rng.random(800) < right, 3, sure)
    model = candidate("tuned", validation=made[None])
    data = dataset(texts(labels, "a"), texts(labels, "t"), texts(labels, "v"), classes=3)
    one = Desk(study(), data, candidates=[model], chosen_subject=model.subject, opened={"test": labels},
               predictions={(model.subject, "test"): made[None]})  # fmt: skip
    finding = only(list(CHECK.run(one)))
    assert finding.status is Status.FAIL
    assert "no threshold" in (finding.remedy or "")
