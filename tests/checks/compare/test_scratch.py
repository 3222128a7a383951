import numpy as np
import pytest

from tests.checks.desk import BASE, changed, contest_desk, only, rate
from touchstone.checks.compare.scratch import Scratch
from touchstone.core.finding import Severity, Status

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


def test_even_an_undertrained_reference_can_show_harm() -> None:
    desk = changed(
        contest_desk(2000, {"scratch": 0.9, "linear-probe": 0.8, "tuned": 0.7}), "scratch", undertrained=True
    )
    assert only(list(CHECK.run(desk))).severity is Severity.BLOCKER


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
