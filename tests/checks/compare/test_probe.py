from tests.checks.desk import changed, contest_desk, only, rate
from touchstone.checks.compare.probe import Probe
from touchstone.core.finding import Severity, Status
from touchstone.core.recipe import Recipe

CHECK = Probe()


def desks(n: int, tuned: float, probe: float, tries: int = 20, **more: object):
    return [contest_desk(n, {"linear-probe": probe, "tuned": tuned}, seed=seed, **more) for seed in range(tries)]


def test_fine_tuning_that_earns_its_cost_passes() -> None:
    assert rate(desks(1000, 0.9, 0.8), CHECK, Status.PASS) >= 0.95


# The weakest that must trip: nothing gained, within a point, on 8,000 items.
def test_trips_where_fine_tuning_adds_nothing_and_is_minor() -> None:
    found = desks(8000, 0.95, 0.95, wobble=0.02, tries=10)
    assert rate(found, CHECK, Status.FAIL) >= 0.9
    assert only(list(CHECK.run(found[0]))).severity is Severity.MINOR


def test_trips_where_fine_tuning_harms() -> None:
    assert rate(desks(1000, 0.75, 0.9), CHECK, Status.FAIL) >= 0.95


def test_where_the_probe_cannot_ship_it_is_not_advised() -> None:
    desk = desks(1000, 0.75, 0.9, tries=1)[0]
    assert "ship the frozen base" in (only(list(CHECK.run(desk))).remedy or "")
    bound = changed(desk, "linear-probe", shippable=False)
    assert "no plain model file can hold" in (only(list(CHECK.run(bound))).remedy or "")


def test_is_inconclusive_on_too_few_examples_and_names_the_number() -> None:
    found = desks(40, 0.8, 0.8, tries=30)
    assert rate(found, CHECK, Status.INCONCLUSIVE) >= 0.9
    open_ = [one for desk in found for one in CHECK.run(desk) if one.status is Status.INCONCLUSIVE]
    assert all("needed_what" in one.details for one in open_)
    assert any(
        "more labelled test texts would decide whether fine-tuning beats the frozen probe" in (one.remedy or "")
        for one in open_
    )


def test_does_not_apply_where_the_probe_itself_ships() -> None:
    desk = desks(100, 0.9, 0.8)[0].with_(chosen_subject="linear-probe")
    assert only(list(CHECK.run(desk))).status is Status.NOT_APPLICABLE


def test_a_frozen_base_of_which_the_last_layer_says_little_is_told_beside_its_best_layers() -> None:
    head = Recipe("last-layer", layers="head")
    poor, fair = (
        only(list(CHECK.run(changed(desks(400, tuned, 0.85)[0], "tuned", recipe=head, deterministic=True))))
        for tuned in (0.5, 0.85)
    )
    assert (poor.status, poor.severity) == (Status.FAIL, Severity.MINOR)
    assert "last layer" in poor.statement
    assert fair.status is Status.NOT_APPLICABLE
