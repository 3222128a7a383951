from typing import Any

import numpy as np
import pytest

from tests.checks.desk import BASE, Desk, contest_desk, dataset, only, rate, readable, texts
from touchstone.checks.evaluate.requirements import Requirements
from touchstone.core.finding import Finding, Severity, Status
from touchstone.core.measures import Latency
from touchstone.study.model import METRICS, Requirement

CHECK = Requirements()


def desk(n: int, accuracy: float, *require: Requirement, seed: int = 0, **more: Any) -> Desk:
    return contest_desk(n, {"linear-probe": 0.8, "tuned": accuracy}, require=require, seed=seed, **more)


def one(*args: Any, **more: Any) -> Finding:
    return only(list(CHECK.run(desk(*args, **more))))


@pytest.mark.parametrize("metric", ["accuracy", "balanced_accuracy", "macro_f1", "roc_auc"])
def test_a_bound_that_is_met_with_room_passes(metric: str) -> None:
    assert one(600, 0.95, Requirement(metric, minimum=0.85)).status is Status.PASS


# The weakest miss that must trip: 7 points short on 1,000 items; 10 short on 300.
@pytest.mark.parametrize(("n", "accuracy"), [(1000, 0.78), (300, 0.7)])
def test_trips_on_a_bound_that_is_missed(n: int, accuracy: float) -> None:
    found = [desk(n, accuracy, Requirement("accuracy", minimum=0.85), seed=seed) for seed in range(20)]
    assert rate(found, CHECK, Status.FAIL) >= 0.9
    assert only(list(CHECK.run(found[0]))).severity is Severity.BLOCKER


def test_a_bound_within_the_interval_is_inconclusive_with_the_number_that_would_settle_it() -> None:
    finding = one(120, 0.87, Requirement("accuracy", minimum=0.85))
    assert (finding.status, finding.severity) == (Status.INCONCLUSIVE, Severity.BLOCKER)
    assert "accuracy >= 0.85 is met" in (finding.remedy or "")


def test_a_model_exactly_at_the_bound_hardly_ever_passes_or_fails() -> None:
    found = [desk(400, 0.85, Requirement("accuracy", minimum=0.85), seed=seed) for seed in range(60)]
    assert rate(found, CHECK, Status.FAIL) == 0
    assert rate(found, CHECK, Status.PASS) <= 0.1


def test_each_further_opening_asks_for_more_evidence() -> None:
    at = [desk(400, 0.89, Requirement("accuracy", minimum=0.85), seed=seed) for seed in range(20)]
    first, tenth = rate(at, CHECK, Status.PASS), rate([d.with_(openings=10) for d in at], CHECK, Status.PASS)
    assert tenth < first


def test_upper_bounds_and_other_places() -> None:
    rng = np.random.default_rng(0)
    base = desk(400, 0.9, Requirement("calibration_error", maximum=0.2), Requirement("accuracy", minimum=0.5, on="camera=east"),
                Requirement("shift_drop", maximum=0.3), Requirement("worst_slice_recall", minimum=0.5),
                Requirement("worst_class_recall", minimum=0.6), slices=("camera",))  # fmt: skip
    camera = tuple(np.where(np.arange(400) % 2, "east", "west"))
    labels = rng.integers(2, size=300)
    data = dataset(base.data.train, texts(base.opened["test"], "t", columns={"camera": camera}), base.data.validation,
                   shift={"evening": texts(labels, "s")})  # fmt: skip
    tuned = base.chosen
    assert tuned is not None
    later = base.predictions[tuned.subject, "test"][:, :300]
    shifted = base.opened["test"][:300]
    other = base.with_(
        data=data,
        opened={**base.opened, "evening": shifted},
        predictions={**base.predictions, (tuned.subject, "evening"): later},
    )
    found = list(CHECK.run(other))
    for finding in found:
        readable(finding)
    assert [finding.status for finding in found] == [Status.PASS] * 5


def test_latency_bounds() -> None:
    rng = np.random.default_rng(0)
    timed = Latency(rng.normal(20, 1, 1000), "a machine", 2, 0.1)
    fast = desk(300, 0.9, Requirement("latency_ms_p99", maximum=50)).with_(latency=timed)
    slow = desk(300, 0.9, Requirement("latency_ms_p99", maximum=20)).with_(latency=timed)
    assert only(list(CHECK.run(fast))).status is Status.PASS
    assert only(list(CHECK.run(slow))).status is Status.FAIL
    few = fast.with_(latency=Latency(timed.milliseconds[:100], "a machine", 2, 0.1))
    assert only(list(CHECK.run(few))).status is Status.INCONCLUSIVE


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_of_the_contract_gets_an_answer(metric: str) -> None:
    lower = metric in (
        "log_loss",
        "brier",
        "calibration_error",
        "shift_drop",
        "worst_slice_gap",
        "size_mb",
        "energy_wh",
        "carbon_g",
    )
    bound = (
        Requirement(metric, maximum=0.5) if lower or metric.startswith("latency") else Requirement(metric, minimum=0.5)
    )
    finding = one(200, 0.9, bound)
    assert finding.status in (Status.PASS, Status.FAIL, Status.INCONCLUSIVE)
    assert finding.details["metric"] == metric


def test_what_cannot_be_measured_is_an_open_blocker() -> None:
    finding = one(200, 0.9, Requirement("ood_auroc", minimum=0.9))
    assert (finding.status, finding.severity) == (Status.INCONCLUSIVE, Severity.BLOCKER)


def test_a_study_without_bounds_has_nothing_to_meet() -> None:
    assert one(200, 0.9).status is Status.NOT_APPLICABLE


def test_energy_is_held_against_its_band() -> None:
    energy = {"energy_wh": 10.0, "low_wh": 5.0, "high_wh": 20.0, "carbon_g": 4.0}
    for maximum, status in ((30.0, Status.PASS), (4.0, Status.FAIL), (12.0, Status.INCONCLUSIVE)):
        found = desk(100, 0.9, Requirement("energy_wh", maximum=maximum)).with_(energy=energy)
        assert only(list(CHECK.run(found))).status is status


def test_a_users_recipe_is_held_to_the_bounds_for_information() -> None:
    both = contest_desk(
        1000,
        {"linear-probe": 0.8, "tuned": 0.95, "mine": 0.6},
        users=("mine",),
        require=(Requirement("accuracy", minimum=0.85),),
    )
    found = {finding.subject: finding for finding in CHECK.run(both)}
    assert found[f"tuned@{BASE}"].status is Status.PASS
    assert (found[f"mine@{BASE}"].status, found[f"mine@{BASE}"].severity) == (Status.FAIL, Severity.INFO)


def test_the_mend_of_a_missed_bound_fits_what_was_asked() -> None:
    slow = Requirement("latency_ms_p99", maximum=1e-4)
    at = desk(300, 0.9, slow).with_(latency=Latency(np.full(1000, 5.0), "a machine", 2, 0.1))
    assert "machine" in (only(list(CHECK.run(at))).remedy or "")
    assert "worst mistakes" in (one(1000, 0.7, Requirement("accuracy", minimum=0.9)).remedy or "")
