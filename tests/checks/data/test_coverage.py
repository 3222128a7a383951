from dataclasses import replace

import numpy as np
import pytest

from tests.checks.data.probing import desk, pictures, scenes, topic_texts, written
from tests.checks.desk import study
from touchstone.checks.data.coverage import Coverage
from touchstone.core.finding import Finding, Severity, Status
from touchstone.dataset.model import Examples


def of(train: Examples, sample: Examples | None, *, slices: tuple[str, ...] = ()) -> list[Finding]:
    laid = desk(train)
    laid = replace(laid, data=replace(laid.data, unlabelled=sample), study=study(task=train.task, slices=slices))
    return list(Coverage().run(laid))


def shops(n: int, share: float, seed: int) -> Examples:
    """Texts of two shops; ``share`` of them are of the south."""
    words, labels = topic_texts(n, seed=seed)
    drawn = np.random.default_rng(seed).random(n) < share
    return written(labels, words, columns={"shop": tuple(np.where(drawn, "south", "north"))})


def unseen(n: int, share: float, seed: int) -> Examples:
    """Texts of which a share speaks of something that training does not know."""
    words, labels = topic_texts(n, seed=seed)
    rng = np.random.default_rng(seed)
    pool = ["guitar", "violin", "concert", "melody", "singer", "drum", "choir", "opera", "piano", "stage"]
    words = [" ".join(rng.choice(pool, 8)) if rng.random() < share else word for word in words]
    return written(labels, words)


# The weakest gap that must trip: ten in a hundred of deployment, one in a hundred of training.
@pytest.mark.parametrize(("held", "seen"), [(0.0, 0.1), (0.01, 0.1), (0.02, 0.3)])
def test_trips_on_a_group_that_is_thin_in_training(held: float, seen: float) -> None:
    found = of(shops(1000, held, 1), shops(1000, seen, 2), slices=("shop",))
    assert [(one.subject, one.status, one.severity) for one in found] == [("shop=south", Status.FAIL, Severity.MAJOR)]
    assert found[0].details["share_of_sample"] == pytest.approx(seen, abs=0.03)


@pytest.mark.parametrize("seen", [0.15, 0.4])
def test_trips_on_a_region_that_training_does_not_know(seen: float) -> None:
    found = of(unseen(900, 0.0, 1), unseen(600, seen, 2))
    assert found[0].status is Status.FAIL and found[0].subject.startswith("region=")
    assert found[0].details["examples"]


def test_looks_at_pictures_too() -> None:
    labels = np.arange(400) % 3
    train = pictures(scenes(labels), labels)
    dark = [array // 5 if i % 3 == 0 else array for i, array in enumerate(scenes(labels, seed=1))]
    assert any(one.status is Status.FAIL for one in of(train, pictures(dark, labels)))
    assert of(train, pictures(scenes(labels, seed=2), labels))[0].status is not Status.FAIL


@pytest.mark.parametrize(("held", "seen"), [(0.3, 0.3), (0.1, 0.2), (0.3, 0.05)])
def test_stays_silent_where_shares_differ_as_they_do(held: float, seen: float) -> None:
    (finding,) = of(shops(1000, held, 1), shops(1000, seen, 2), slices=("shop",))
    assert finding.status is Status.PASS, finding.statement


def test_a_part_that_is_probably_thin_is_not_passed() -> None:
    (finding,) = of(shops(900, 0.001, 1), shops(600, 0.022, 2), slices=("shop",))
    assert finding.status is Status.INCONCLUSIVE
    assert finding.details["parts"] == ["shop=south"]


def test_dates_that_nobody_declared_are_no_parts_of_deployment() -> None:
    train, sample = shops(600, 0.3, 1), shops(600, 0.3, 2)
    days = {name: tuple(f"2024-0{month}-{1 + i % 9:02}" for i in range(600)) for name, month in (("a", 1), ("b", 2))}
    train, sample = (replace(one, columns={"day": days[name]}) for one, name in ((train, "a"), (sample, "b")))
    assert {finding.status for finding in of(train, sample)} == {Status.PASS}


def test_is_inconclusive_on_too_few_examples() -> None:
    (finding,) = of(shops(300, 0.3, 1), shops(40, 0.3, 2), slices=("shop",))
    assert finding.status is Status.INCONCLUSIVE and finding.details["needed_more"] > 0


def test_without_a_sample_thin_groups_are_told_and_nothing_passes() -> None:
    (thin,) = of(shops(1000, 0.01, 1), None, slices=("shop",))
    (even,) = of(shops(1000, 0.4, 1), None, slices=("shop",))
    assert thin.status is Status.INCONCLUSIVE and thin.details["thin"]
    assert even.status is Status.NOT_APPLICABLE
