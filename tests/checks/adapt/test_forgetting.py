from dataclasses import replace

import numpy as np
import pytest

from tests.checks.adapt.training import retention, trace
from tests.checks.desk import Desk, answers, changed, contest_desk, dataset, only, rate, texts
from touchstone.checks.adapt.forgetting import Forgetting
from touchstone.core.finding import Severity, Status
from touchstone.core.measures import Trace
from touchstone.core.recipe import Recipe

CHECK = Forgetting()


def desks(n: int, tuned: float, probe: float, tries: int = 20, made: Trace | None = None, **more: object) -> list[Desk]:
    found = [
        contest_desk(n, {"linear-probe": probe, "tuned": tuned, "top-2": 0.85}, seed=seed, **more)
        for seed in range(tries)
    ]
    return [changed(one, "tuned", trace=made) for one in found]


def test_stays_silent_where_fine_tuning_gains() -> None:
    assert rate(desks(500, 0.92, 0.82), CHECK, Status.PASS) >= 0.95


# The weakest that must trip: 10 points below the probe on 1,000 items, three seeds.
@pytest.mark.parametrize(("n", "tuned"), [(1000, 0.72), (400, 0.6)])
def test_trips_where_the_fine_tuned_model_is_worse_than_the_probe(n: int, tuned: float) -> None:
    found = desks(n, tuned, 0.82)
    assert rate(found, CHECK, Status.FAIL) >= 0.95
    assert only(list(CHECK.run(found[0]))).severity is Severity.MAJOR


def seeds_of(one: Desk, *accuracies: float) -> Desk:
    """The tuned candidate's trainings at these accuracies."""
    subject = next(c.subject for c in one.candidates if c.name == "tuned")
    rng, labels = np.random.default_rng(7), one.opened["test"]
    made = np.concatenate([answers(rng, labels, accuracy, seeds=1) for accuracy in accuracies])
    return one.with_(predictions={**one.predictions, (subject, "test"): made})


# The weakest that must trip: three trainings 12, 30 and 60 points below the probe, too far apart for their mean to tell.
def test_trips_where_every_training_is_worse_however_far_they_lie_apart() -> None:
    found = [seeds_of(one, 0.75, 0.55, 0.25) for one in desks(1000, 0.6, 0.87, tries=10)]
    assert rate(found, CHECK, Status.FAIL) >= 0.95
    assert "each of its 3 trainings" in only(list(CHECK.run(found[0]))).statement


def test_one_training_that_failed_among_good_ones_is_not_a_loss_for_certain() -> None:
    found = [seeds_of(one, 0.87, 0.86, 0.3) for one in desks(1000, 0.85, 0.87, tries=10)]
    assert rate(found, CHECK, Status.FAIL) == 0


def test_equal_models_never_trip() -> None:
    assert rate(desks(1000, 0.85, 0.85, tries=60), CHECK, Status.FAIL) == 0


# The weakest that must trip: 45 % of the base's knowledge left with a standard error of 5 points.
@pytest.mark.parametrize("retained", [0.45, 0.2])
def test_trips_where_features_moved_without_earning_it(retained: float) -> None:
    made = trace(retention=retention(retained=retained))
    assert rate(desks(300, 0.8, 0.82, made=made), CHECK, Status.FAIL) >= 0.95


def test_features_that_moved_and_earned_it_have_specialised() -> None:
    made = trace(retention=retention(retained=0.2))
    found = desks(500, 0.95, 0.8, made=made)
    assert rate(found, CHECK, Status.PASS) == 1
    assert "specialised" in only(list(CHECK.run(found[0]))).statement


def test_a_pseudo_task_that_random_weights_solve_as_well_says_nothing() -> None:
    made = trace(retention=retention(retained=0.1, base=0.5, twin=0.4))
    assert rate(desks(300, 0.82, 0.82, made=made), CHECK, Status.FAIL) == 0


def test_too_few_examples_are_inconclusive_with_what_would_settle_it() -> None:
    finding = only(list(CHECK.run(desks(60, 0.82, 0.82)[0])))
    assert finding.status is Status.INCONCLUSIVE and "needed_what" in finding.details


def test_a_loss_on_a_shift_set_counts_though_the_test_score_gained() -> None:
    one = desks(800, 0.92, 0.82)[0]
    rng = np.random.default_rng(9)
    labels = rng.integers(2, size=800)
    data = dataset(one.data.train, one.data.test, one.data.validation, shift={"evening": texts(labels, "s")})
    difficulty = rng.random(800)
    predictions = dict(one.predictions)
    for candidate, accuracy in zip(one.candidates, (0.8, 0.6, 0.8), strict=True):
        predictions[candidate.subject, "evening"] = answers(
            rng, labels, accuracy, seeds=len(candidate.seeds), difficulty=difficulty, wobble=0.06
        )
    one = one.with_(data=data, predictions=predictions, opened={**one.opened, "evening": labels})
    finding = only(list(CHECK.run(one)))
    assert finding.status is Status.FAIL and "evening" in finding.statement


def test_does_not_apply_to_a_head_on_frozen_features() -> None:
    one = changed(desks(100, 0.9, 0.8)[0], "tuned", recipe=Recipe("head", layers="head"))
    assert only(list(CHECK.run(one))).status is Status.NOT_APPLICABLE


def test_a_model_that_is_no_child_of_the_named_base_is_no_gain_of_it() -> None:
    made = trace(retention=retention(retained=0.2))
    stranger = replace(made, stranger="its weights are no more like those of the base than chance makes them")
    fine, other = (only(list(CHECK.run(desks(500, 0.92, 0.82, tries=1, made=one)[0]))) for one in (made, stranger))
    assert fine.status is Status.PASS
    assert (other.status, other.severity) == (Status.FAIL, Severity.MAJOR)
    assert "does not come from" in other.statement and "adapted: base" in (other.remedy or "")
