from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.checks.adapt.training import hot_start, log, retention, trace
from tests.checks.desk import BASE, Desk, changed, contest_desk, likely, only
from touchstone.checks.adapt.learning_rate import LearningRate
from touchstone.core.finding import Severity, Status
from touchstone.core.measures import Trace
from touchstone.study.model import Adapted

CHECK = LearningRate()


def desk(made: Trace, *, tuned: float = 0.86, probe: float = 0.82, n: int = 400, seed: int = 0, **more: Any) -> Desk:
    return changed(
        contest_desk(n, {"linear-probe": probe, "tuned": tuned, "top-2": 0.85}, seed=seed, **more), "tuned", trace=made
    )


def cool(rng: np.random.Generator, n: int = 100) -> Trace:
    return trace(
        (log(rng), log(rng), log(rng)),
        hot_start=hot_start(rng, n, excess=-0.1, heat=0),
        retention=retention(retained=0.9),
    )


def test_ordinary_training_passes() -> None:
    for seed in range(30):
        finding = only(list(CHECK.run(desk(cool(np.random.default_rng(seed)), seed=seed))))
        assert finding.status is Status.PASS, finding.statement


def test_a_training_that_blew_up_trips() -> None:
    rng = np.random.default_rng(0)
    bad = log(rng)
    for losses in ((float("nan"),) * 5, (0.7, float("inf"))):
        broken = type(bad)(1e-1, step_losses=losses)
        finding = only(list(CHECK.run(desk(trace((broken,))))))
        assert (finding.status, finding.severity, finding.details["route"]) == (
            Status.FAIL,
            Severity.MAJOR,
            "divergence",
        )


def test_a_loss_that_never_came_down_again_trips() -> None:
    rng = np.random.default_rng(0)
    finding = only(list(CHECK.run(desk(trace((log(rng, rate=1e-2, heat=3),)), tuned=0.6))))
    assert finding.status is Status.FAIL
    assert "0.001" in (finding.remedy or "")


# The weakest that must trip by the twin: half a nat on 100 validation items with one sign of heat.
@pytest.mark.parametrize("excess", [0.5, 1.0, 3.0])
def test_the_twin_at_a_tenth_of_the_rate_tells(excess: float) -> None:
    caught = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        made = trace((log(rng, heat=1.0),), hot_start=hot_start(rng, 100, excess=excess, heat=0.6))
        finding = only(list(CHECK.run(desk(made, seed=seed))))
        caught += finding.status is Status.FAIL
    assert caught == 20


def test_a_rate_that_leapt_but_did_no_harm_passes() -> None:
    rng = np.random.default_rng(0)
    made = trace((log(rng, heat=0.5),), hot_start=hot_start(rng, 100, excess=-0.2, heat=0.5))
    finding = only(list(CHECK.run(desk(made))))
    assert finding.status is Status.PASS and "did no harm" in finding.statement


# The weakest that must trip without logs: 10 points below the probe on 400 items and weights that moved by half.
@pytest.mark.parametrize(("tuned", "moved", "retained"), [(0.72, 0.6, 0.9), (0.72, 0.02, 0.2), (0.6, 1.5, 0.1)])
def test_trips_for_a_model_that_was_brought_for_assessment(tuned: float, moved: float, retained: float) -> None:
    made = trace(retention=retention(retained=retained, moved=moved))
    caught = []
    for seed in range(10):
        one = desk(made, tuned=tuned, seed=seed, seeds=1, adapted=Adapted(Path("m"), "m", BASE))
        one = changed(changed(one, "tuned", recipe=None), "top-2", recipe=None)
        caught.append(only(list(CHECK.run(one))).status is Status.FAIL)
    assert np.mean(caught) >= 0.9


def test_weights_that_moved_ten_times_as_far_as_a_tuned_run_are_a_sign() -> None:
    one = desk(trace(retention=retention(retained=0.5, moved=0.4)), tuned=0.78)
    one = changed(one, "top-2", trace=trace(retention=retention(retained=0.95, moved=0.02)))
    finding = only(list(CHECK.run(one)))
    assert "displacement" in finding.details["signs"]
    assert finding.status is Status.FAIL


def test_a_rate_far_above_the_range_test_is_a_sign() -> None:
    rng = np.random.default_rng(0)
    ramp = tuple((10.0 ** (-6 + k / 4), 1.0 - 0.1 * k if k < 8 else 2.0) for k in range(20))
    hot = log(rng, rate=1e-1, heat=1.0)
    made = trace((type(hot)(**{**{f: getattr(hot, f) for f in hot.__slots__}, "range_test": ramp}),))
    finding = only(list(CHECK.run(desk(made, tuned=0.8))))
    assert "range_test" in finding.details["signs"]


@pytest.mark.parametrize("rate", [2e-5, 2e-4])
def test_a_range_test_that_is_flat_says_nothing_whichever_of_its_rates_was_luckiest(rate: float) -> None:
    rng = np.random.default_rng(0)
    flat = tuple((10.0 ** (-7 + k / 4), 0.27 if k == 0 else 0.33 + 0.01 * (k % 2)) for k in range(16))
    calm = log(rng, rate=rate)
    made = trace((type(calm)(**{**{f: getattr(calm, f) for f in calm.__slots__}, "range_test": flat}),))
    finding = only(list(CHECK.run(desk(made, tuned=0.8))))
    assert "range_test" in finding.details["looked_for"] and "range_test" not in finding.details["signs"]


def test_one_sign_without_harm_is_no_fault() -> None:
    rng = np.random.default_rng(1)
    made = trace((log(rng),), retention=retention(retained=0.4))
    assert only(list(CHECK.run(desk(made, tuned=0.92)))).status is Status.PASS


def test_is_inconclusive_without_logs_on_too_few_examples() -> None:
    found = [only(list(CHECK.run(desk(trace(), n=20, n_validation=10, seed=seed, tuned=0.8)))) for seed in range(5)]
    assert any(one.status is Status.INCONCLUSIVE and one.remedy for one in found)
    assert all(one.status is not Status.FAIL for one in found)


def test_validation_loss_far_above_the_probes_trips_with_a_sign() -> None:
    rng = np.random.default_rng(0)
    one = desk(trace((log(rng, heat=1.0),)), tuned=0.8)
    labels = one.data.validation.labels
    sure = likely(labels, rng.random(len(labels)) < 0.7, confidence=0.999)
    one = changed(one, "tuned", validation_probabilities=np.stack([sure] * 3))
    finding = only(list(CHECK.run(one)))
    assert (finding.status, finding.details["route"]) == (Status.FAIL, "validation loss")


def test_a_hot_recipe_of_the_users_informs_and_the_chosen_one_decides() -> None:
    rng = np.random.default_rng(0)
    one = contest_desk(400, {"linear-probe": 0.82, "tuned": 0.88, "hot": 0.5}, users=("hot",))
    one = changed(changed(one, "tuned", trace=cool(rng)), "hot", trace=trace((log(rng, rate=1e-2, heat=3),)))
    found = {finding.subject: finding for finding in CHECK.run(one)}
    assert found[f"tuned@{BASE}"].status is Status.PASS
    assert (found[f"hot@{BASE}"].status, found[f"hot@{BASE}"].severity) == (Status.FAIL, Severity.INFO)


def test_signs_that_were_looked_for_and_did_not_show_are_enough_where_nothing_was_harmed() -> None:
    rng = np.random.default_rng(2)
    made = trace((log(rng),), hot_start=hot_start(rng, 12, excess=0.0, heat=0), retention=retention(retained=0.9))
    finding = only(list(CHECK.run(desk(made, tuned=0.82, probe=0.82, n=60, n_validation=12))))
    assert finding.status is Status.PASS
    assert len(finding.details["looked_for"]) >= 3


def test_harm_without_any_sign_of_heat_is_an_open_question_with_the_next_experiment() -> None:
    rng = np.random.default_rng(3)
    made = trace((log(rng),), retention=retention(retained=0.9))
    one = desk(made, tuned=0.7, probe=0.86)
    finding = only(list(CHECK.run(one)))
    assert finding.status is Status.INCONCLUSIVE
    assert "a tenth of its rate (1e-05), one seed" in (finding.remedy or "")


def test_knowledge_that_is_gone_is_told_without_negative_shares() -> None:
    made = trace(retention=retention(retained=-2.1))
    finding = only(list(CHECK.run(desk(made, tuned=0.6))))
    assert "hardly anything of what the base's features told apart" in finding.statement


def test_a_training_that_was_not_seen_is_not_cleared_by_signs_that_did_not_show() -> None:
    made = trace(retention=retention(retained=0.9))
    for seed in range(10):
        finding = only(list(CHECK.run(desk(made, tuned=0.82, probe=0.82, n=60, n_validation=12, seed=seed))))
        if finding.status is Status.PASS:
            assert "Its training was not seen" in finding.statement and "signs" not in finding.statement
        assert finding.details["training_seen"] is False
        if finding.status is Status.INCONCLUSIVE:
            assert "its training was not seen" in finding.statement
            assert "the rate that it was trained at" in (finding.remedy or "")


@pytest.mark.parametrize("logged", [True, False])
def test_never_a_pass_with_a_validation_loss_above_the_threshold_and_no_gain(logged: bool) -> None:
    rng = np.random.default_rng(4)
    logs = (log(rng),) if logged else ()
    one = desk(trace(logs, retention=retention(retained=0.9)), tuned=0.82, probe=0.82, n=300, n_validation=27)
    labels = one.data.validation.labels
    sure = likely(labels, np.arange(len(labels)) % 9 > 0, confidence=0.99999)
    one = changed(one, "tuned", validation_probabilities=np.stack([sure] * 3))
    finding = only(list(CHECK.run(one)))
    assert finding.value is not None and finding.threshold is not None and finding.value > finding.threshold
    assert finding.status is Status.INCONCLUSIVE


def test_a_pass_shows_the_number_that_it_rests_on() -> None:
    for seed in range(10):
        finding = only(list(CHECK.run(desk(cool(np.random.default_rng(seed)), seed=seed))))
        assert finding.value is not None and finding.threshold is not None and finding.value < finding.threshold
