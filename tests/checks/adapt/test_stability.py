from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.checks.adapt.training import trace
from tests.checks.desk import Desk, changed, contest_desk, likely, only, rate
from touchstone.checks.adapt.stability import Stability
from touchstone.core.finding import Finding, Severity, Status
from touchstone.study.model import Requirement

CHECK = Stability()


def desk(seed: int, accuracies: tuple[float, ...], *, probe: float = 0.75, n: int = 600, **more: Any) -> Desk:
    """Seeds of these true accuracies, which agree on the difficulty of items."""
    one = contest_desk(n, {"linear-probe": probe, "tuned": 0.8, "top-2": 0.8, "top-1": 0.78}, seed=seed, **more)
    rng = np.random.default_rng(seed + 500)
    labels, difficulty = one.opened["test"], rng.random(n)

    def made(*several: float) -> Any:
        return np.stack(
            [likely(labels, np.where(rng.random(n) < 0.04, rng.random(n), difficulty) < a) for a in several]
        )

    subject = next(c.subject for c in one.candidates if c.name == "tuned")
    one = one.with_(
        predictions={**one.predictions, (subject, "test"): made(*accuracies), ("linear-probe", "test"): made(probe)}
    )
    return changed(one, "tuned", seeds=tuple(range(len(accuracies))))


def test_seeds_that_agree_pass() -> None:
    assert rate([desk(seed, (0.86, 0.86, 0.86)) for seed in range(20)], CHECK, Status.PASS) >= 0.95


def average(seed: int, accuracies: tuple[float, ...], *, shipped: float = 0.86, **more: Any) -> Desk:
    """One model, averaged from seeds of these true accuracies."""
    one = desk(seed, accuracies, **more)
    plain = next(c for c in one.candidates if c.name == "tuned")
    soup = replace(plain, name="tuned+soup", subject="tuned+soup@models/base", seeds=(0,), averages=plain.subject)
    rng, labels = np.random.default_rng(seed), one.opened["test"]
    made = likely(labels, rng.random(len(labels)) < shipped)[None]
    candidates = [soup if c.name == "top-1" else c for c in one.candidates]
    predictions = {**one.predictions, (soup.subject, "test"): made}
    return one.with_(candidates=candidates, predictions=predictions, chosen_subject=soup.subject)


def of_the_average(one: Desk) -> Finding:
    return next(finding for finding in CHECK.run(one) if finding.subject.startswith("tuned+soup"))


def test_of_an_average_the_seeds_that_were_averaged_are_asked() -> None:
    found = [of_the_average(average(seed, (0.86, 0.86, 0.86))) for seed in range(10)]
    assert [finding.status for finding in found] == [Status.PASS] * 10
    assert "the 3 seeds that were averaged" in found[0].statement


def test_an_average_of_wild_seeds_is_no_safe_gain() -> None:
    wild = (0.50, 0.86, 0.62, 0.50, 0.86, 0.55)
    found = [of_the_average(average(seed, wild, shipped=0.78)) for seed in range(10)]
    assert sum(finding.status is Status.FAIL for finding in found) >= 9
    assert "averages of 6 seeds" in found[0].statement


def test_an_average_of_two_seeds_asks_for_one_more() -> None:
    finding = of_the_average(average(0, (0.86, 0.86)))
    assert finding.status is Status.INCONCLUSIVE and finding.details["needed_more"] == 1


# The weakest lucky seed that must trip: 15 points above the others on 600 items.
@pytest.mark.parametrize("lucky", [0.9, 0.95])
def test_trips_on_a_result_that_rests_on_one_lucky_seed(lucky: float) -> None:
    found = [desk(seed, (0.73, 0.73, lucky)) for seed in range(20)]
    assert rate(found, CHECK, Status.FAIL) >= 0.9
    assert only(list(CHECK.run(found[0]))).severity is Severity.MAJOR


def test_trips_where_the_best_seed_ships_far_above_the_mean() -> None:
    for seed in range(10):
        one = changed(desk(seed, (0.78, 0.78, 0.9)), "tuned", trace=trace(best_seed_shipped=True))
        subject = one.candidates[1].subject
        one = one.with_(shipping={(subject, "test"): one.predictions[subject, "test"][2]})
        finding = only(list(CHECK.run(one)))
        assert finding.status is Status.FAIL and "best seed ships" in finding.statement


def test_trips_where_seeds_cover_far_more_than_the_gain() -> None:
    found = [desk(seed, (0.70, 0.86, 0.78, 0.70, 0.86, 0.82)) for seed in range(10)]
    assert rate(found, CHECK, Status.FAIL) >= 0.9


# The weakest spread without a gain that must trip: one of three seeds that failed altogether.
@pytest.mark.parametrize("accuracies", [(0.72, 0.80, 0.15), (0.72, 0.40, 0.15)])
def test_trips_where_seeds_differ_wildly_and_nothing_is_gained(accuracies: tuple[float, ...]) -> None:
    found = [desk(seed, accuracies, probe=0.85) for seed in range(10)]
    assert rate(found, CHECK, Status.FAIL) == 1
    assert "no gain over the frozen probe" in only(list(CHECK.run(found[0]))).statement


def test_a_small_loss_with_an_ordinary_spread_never_trips() -> None:
    assert rate([desk(seed, (0.82, 0.84, 0.83), probe=0.85) for seed in range(40)], CHECK, Status.FAIL) == 0


def test_trips_where_a_requirement_flips_from_seed_to_seed() -> None:
    require = (Requirement("accuracy", minimum=0.8),)
    finding = only(list(CHECK.run(desk(0, (0.70, 0.9, 0.88), require=require))))
    assert finding.status is Status.FAIL and "requirement" in finding.statement


def test_ordinary_spread_never_trips() -> None:
    assert rate([desk(seed, (0.85, 0.86, 0.87)) for seed in range(40)], CHECK, Status.FAIL) == 0


def test_one_seed_is_inconclusive() -> None:
    finding = only(list(CHECK.run(desk(0, (0.86,)))))
    assert (finding.status, finding.details["needed_more"]) == (Status.INCONCLUSIVE, 2)


def test_few_seeds_that_differ_are_inconclusive_with_the_number_to_train() -> None:
    found = [only(list(CHECK.run(desk(seed, (0.83, 0.89, 0.86), probe=0.82)))) for seed in range(5)]
    assert any(one.status is Status.INCONCLUSIVE and "seeds" in (one.remedy or "") for one in found)


def test_does_not_apply_to_what_has_one_solution() -> None:
    assert (
        only(list(CHECK.run(desk(0, (0.8,) * 3).with_(chosen_subject="linear-probe")))).status is Status.NOT_APPLICABLE
    )
