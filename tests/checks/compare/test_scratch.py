from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.checks.desk import BASE, changed, contest_desk, only, rate
from tests.supply.small_models import write_model
from touchstone.checks.compare.scratch import Scratch
from touchstone.checks.compare.sizes import in_words
from touchstone.core.finding import Severity, Status
from touchstone.core.measures import Cost
from touchstone.supply.manifest import Manifest
from touchstone.supply.safetensors_header import read_header
from touchstone.supply.working_copy import WorkingCopy

CHECK = Scratch()


def desks(n: int, tuned: float, scratch: float, tries: int = 20, **more: object):
    return [
        contest_desk(n, {"scratch": scratch, "linear-probe": 0.8, "tuned": tuned}, seed=seed, **more)
        for seed in range(tries)
    ]


@pytest.mark.parametrize(("n", "tuned", "scratch"), [(300, 0.9, 0.7), (1000, 0.9, 0.84)])
def test_proven_transfer_passes(n: int, tuned: float, scratch: float) -> None:
    assert rate(desks(n, tuned, scratch), CHECK, Status.PASS) >= 0.95


# The weakest negative transfer that must trip: 10 points on 1,000 items, three seeds each.
@pytest.mark.parametrize(("n", "tuned", "scratch"), [(1000, 0.75, 0.85), (300, 0.6, 0.85)])
def test_trips_on_negative_transfer_as_a_blocker(n: int, tuned: float, scratch: float) -> None:
    found = desks(n, tuned, scratch)
    assert rate(found, CHECK, Status.FAIL) >= 0.95
    finding = only(list(CHECK.run(found[0])))
    assert finding.severity is Severity.BLOCKER and finding.statement.startswith("HARMFUL")


def test_a_better_guess_is_no_help() -> None:
    # Chance is one half; macro F1 of a model that says one class alone is lower, and neither has learnt anything.
    found = desks(600, 0.5, 0.35)
    assert rate(found, CHECK, Status.PASS) <= 0.1
    said = [one.statement for desk in found for one in CHECK.run(desk) if one.status is Status.INCONCLUSIVE]
    assert any("not shown to be better than guessing" in statement for statement in said)


def test_work_that_helps_never_trips() -> None:
    assert rate(desks(1000, 0.87, 0.84, tries=40), CHECK, Status.FAIL) == 0
    assert rate(desks(200, 0.83, 0.8, tries=40), CHECK, Status.FAIL) == 0


def test_equal_recipes_are_never_called_harmful() -> None:
    found = [one for desk in desks(1000, 0.85, 0.85, tries=40) for one in CHECK.run(desk)]
    assert all(one.details["word"] != "HARMFUL" for one in found)


def test_too_little_data_is_inconclusive_and_says_how_much_more() -> None:
    found = desks(40, 0.82, 0.8)
    assert rate(found, CHECK, Status.INCONCLUSIVE) >= 0.9
    for finding in (one for desk in found for one in CHECK.run(desk) if one.status is Status.INCONCLUSIVE):
        assert finding.details["word"] == "NOT PROVEN"
        assert "needed_what" in finding.details


def test_the_same_result_is_equivalent_and_major() -> None:
    finding = only(
        list(CHECK.run(contest_desk(8000, {"scratch": 0.95, "linear-probe": 0.9, "tuned": 0.95}, wobble=0.02)))
    )
    assert (finding.status, finding.severity, finding.details["word"]) == (Status.FAIL, Severity.MAJOR, "EQUIVALENT")


def test_equivalent_tells_the_interval_that_it_rests_on() -> None:
    # Seeds far apart: of the recipes a win is possible, of these models it is not.
    for seed in range(10):
        desk = contest_desk(2000, {"scratch": 0.9, "linear-probe": 0.8, "tuned": 0.86}, seed=seed, wobble=0.3)
        finding = only(list(CHECK.run(desk)))
        assert ("for these very models" in finding.statement) is (finding.details["word"] == "EQUIVALENT")


def test_no_win_over_an_undertrained_reference_counts() -> None:
    desk = changed(
        contest_desk(1000, {"scratch": 0.6, "linear-probe": 0.8, "tuned": 0.9}), "scratch", undertrained=True
    )
    finding = only(list(CHECK.run(desk)))
    assert (finding.status, finding.severity, finding.details["reason"]) == (
        Status.INCONCLUSIVE,
        Severity.MAJOR,
        "reference undertrained",
    )


def undertrained(n: int, scratch: float, tuned: float, seed: int = 0, **more: object):
    return changed(
        contest_desk(n, {"scratch": scratch, "linear-probe": 0.8, "tuned": tuned}, seed=seed, **more),
        "scratch",
        undertrained=True,
    )


def test_a_win_over_an_undertrained_reference_is_not_called_proven_and_minutes_are_not_asked_for() -> None:
    finding = only(list(CHECK.run(undertrained(1000, 0.6, 0.9))))
    assert finding.details["word"] == "NOT PROVEN" and finding.statement.startswith("NOT PROVEN")
    assert "adapt.budget" not in (finding.remedy or "") and "label more training texts" in (finding.remedy or "")
    assert "needed_more" not in finding.details


def test_an_open_loss_to_an_undertrained_reference_is_not_told_as_a_win() -> None:
    seen = [only(list(CHECK.run(undertrained(60, 0.86, 0.8, seed)))) for seed in range(20)]
    open_ = [one for one in seen if one.status is Status.INCONCLUSIVE and (one.value or 0.0) < 0]
    assert open_
    for finding in open_:
        assert "no win over it counts" not in finding.statement and "can only be further ahead" in finding.statement
        assert "training from scratch does better" in (finding.remedy or "") or "seeds" in (finding.remedy or "")


def test_no_gain_over_an_undertrained_reference_for_certain_is_a_fail() -> None:
    finding = only(list(CHECK.run(undertrained(8000, 0.95, 0.945, wobble=0.02))))
    assert (finding.status, finding.severity, finding.details["word"]) == (Status.FAIL, Severity.MAJOR, "EQUIVALENT")
    assert "still improving" in finding.statement


def test_a_slim_reference_is_called_one(tmp_path: Path) -> None:
    write_model(tmp_path / "base")
    weights = sum(tensor.size for tensor in read_header(tmp_path / "base" / "model.safetensors").tensors)
    slim = contest_desk(1000, {"scratch": 0.7, "linear-probe": 0.8, "tuned": 0.9})
    slim = changed(slim, "scratch", details={"slim": True}, cost=Cost(trainable_parameters=27342), base=BASE)
    without_copy = only(list(CHECK.run(slim)))
    assert (
        "a slim network of the same architecture trained from scratch (27 thousand weights)" in without_copy.statement
    )
    copied = replace(slim.vetted[0], copy=WorkingCopy(tmp_path / "base", Manifest(())))
    finding = only(list(CHECK.run(slim.with_(vetted=[copied]))))
    assert f"(27 thousand weights instead of {in_words(weights)})" in finding.statement
    assert finding.details["slim_reference"] is True
    assert (finding.details["reference_weights"], finding.details["base_weights"]) == (27342, weights)


def test_a_reference_of_full_size_is_not_called_slim() -> None:
    finding = only(list(CHECK.run(contest_desk(1000, {"scratch": 0.7, "linear-probe": 0.8, "tuned": 0.9}))))
    assert "slim" not in finding.statement and finding.details["slim_reference"] is False


# The base is at fault only where its frozen features do not beat scratch either.
@pytest.mark.parametrize(("probe", "at_fault"), [(0.95, "model"), (0.7, "base")])
def test_harm_is_laid_to_the_base_only_where_its_probe_loses_too(probe: float, at_fault: str) -> None:
    finding = only(list(CHECK.run(contest_desk(1000, {"scratch": 0.85, "linear-probe": probe, "tuned": 0.6}))))
    assert (finding.status, finding.severity, finding.details["at_fault"]) == (Status.FAIL, Severity.BLOCKER, at_fault)
    assert ("Starting from this base model makes the result worse" in finding.statement) is (at_fault == "base")
    assert ("take another base model" in (finding.remedy or "")) is (at_fault == "base")
    assert ("ship the frozen base" in (finding.remedy or "")) is (at_fault == "model")


def test_a_model_that_may_be_guessing_is_not_sent_for_more_examples() -> None:
    said = [
        one
        for seed in range(20)
        for one in CHECK.run(contest_desk(600, {"scratch": 0.35, "linear-probe": 0.8, "tuned": 0.5}, seed=seed))
    ]
    guessing = [one for one in said if "this model is not shown to be better than guessing" in one.statement]
    assert guessing
    assert all(
        "needed_more" not in one.details and "compare.majority" in (one.remedy or "")
        for one in guessing
        if one.status is Status.INCONCLUSIVE
    )


def test_even_an_undertrained_reference_can_show_harm() -> None:
    desk = changed(
        contest_desk(2000, {"scratch": 0.9, "linear-probe": 0.8, "tuned": 0.7}), "scratch", undertrained=True
    )
    finding = only(list(CHECK.run(desk)))
    assert finding.severity is Severity.BLOCKER and finding.statement.startswith("HARMFUL")
    assert "the reference was still improving" in finding.statement


def test_a_reference_stopped_early_in_its_own_favour_is_a_pass_with_its_envelope() -> None:
    why = "even the upper envelope of its curve, 0.71, stays below 0.86"
    desk = changed(
        contest_desk(60, {"scratch": 0.8, "linear-probe": 0.8, "tuned": 0.88}, seed=2), "scratch", decided_early=why
    )
    finding = only(list(CHECK.run(desk)))
    assert finding.status is Status.PASS and finding.details["envelope"] == why


def test_a_reference_that_was_not_made_leaves_the_question_open() -> None:
    desk = contest_desk(500, {"linear-probe": 0.8, "tuned": 0.9}).with_(missing={"scratch": "budget"})
    finding = only(list(CHECK.run(desk)))
    assert (finding.status, finding.severity, finding.details["reason"]) == (
        Status.INCONCLUSIVE,
        Severity.MAJOR,
        "budget",
    )


def test_an_open_answer_weighs_as_a_blocker_only_where_it_points_to_harm() -> None:
    for finding in (one for desk in desks(40, 0.82, 0.82) for one in CHECK.run(desk)):
        points_to_harm = finding.status is Status.INCONCLUSIVE and (finding.value or 0.0) <= -0.01
        assert finding.severity is (Severity.BLOCKER if points_to_harm else Severity.MAJOR)


def test_one_failed_training_from_scratch_does_not_hide_a_gain_over_the_best() -> None:
    desk = contest_desk(600, {"scratch": 0.84, "linear-probe": 0.8, "tuned": 0.9})
    rng = np.random.default_rng(0)
    collapsed = rng.dirichlet(np.ones(desk.probabilities(desk.reference("scratch"), "test").shape[2]), 600)
    test = np.stack([collapsed, *desk.probabilities(desk.reference("scratch"), "test")[1:]])
    n = len(desk.data.validation.labels)
    validation = np.eye(test.shape[2])[np.tile(desk.data.validation.labels, (3, 1))]
    validation[0] = np.roll(validation[0], 1, axis=1)
    broken = changed(desk, "scratch", validation_probabilities=validation)
    broken.predictions["scratch", "test"] = test
    finding = only(list(CHECK.run(broken)))
    assert n > 0 and finding.status is Status.PASS and "best of 3" in finding.statement


def test_never_a_verdict_from_one_seed() -> None:
    desk = contest_desk(1000, {"scratch": 0.7, "tuned": 0.9}, seeds=1)
    finding = only(list(CHECK.run(desk)))
    assert finding.status is Status.INCONCLUSIVE and "seeds" in (finding.remedy or "")


def test_a_users_recipe_that_was_not_chosen_is_told_and_does_not_decide() -> None:
    desk = contest_desk(1000, {"scratch": 0.85, "linear-probe": 0.8, "tuned": 0.9, "mine": 0.6}, users=("mine",))
    found = {one.subject: one for one in CHECK.run(desk)}
    assert found[f"tuned@{BASE}"].status is Status.PASS
    mine = found[f"mine@{BASE}"]
    assert (mine.status, mine.severity, mine.details["severity_if_chosen"]) == (Status.FAIL, Severity.INFO, "blocker")
