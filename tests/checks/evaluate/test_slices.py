from typing import Any

import numpy as np
import pytest

from tests.checks.desk import Desk, candidate, dataset, likely, readable, study, texts
from touchstone.checks.evaluate.slices import Slices
from touchstone.core.finding import Finding, Severity, Status

CHECK = Slices()


def desk(
    n: int,
    extra: float,
    seed: int,
    *,
    values: int = 4,
    error: float = 0.1,
    classes: int = 2,
    by_class: bool = False,
    user: bool = False,
) -> Desk:
    """``camera=k0`` errs ``extra`` more often; with ``by_class`` the first class errs more, and is common there."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(classes, size=n)
    camera = rng.integers(values, size=n)
    if by_class:
        camera = np.where((labels == 0) & (rng.random(n) < 0.7), 0, camera)
    wrong = rng.random(n) < error + (extra * (labels == 0) if by_class else extra * (camera == 0))
    model = candidate("tuned", user=user)
    test = texts(labels, "t", columns={"camera": tuple(f"k{c}" for c in camera)})
    return Desk(
        study(slices=("camera",)), dataset(texts(labels, "a"), test, classes=classes), candidates=[model],
        chosen_subject=None if user else model.subject, opened={"test": labels},
        predictions={(model.subject, "test"): likely(labels, ~wrong, classes)[None]},
    )  # fmt: skip


def found(one: Desk) -> dict[str, Finding]:
    result = {finding.subject: finding for finding in CHECK.run(one)}
    for finding in result.values():
        readable(finding)
    return result


def tripped(tries: int, **how: Any) -> float:
    return float(
        np.mean([any(f.status is Status.FAIL for f in found(desk(seed=seed, **how)).values()) for seed in range(tries)])
    )


# The weakest that must trip: 20 points more errors in a quarter of 1,000 items.
@pytest.mark.parametrize(("n", "extra"), [(1000, 0.2), (400, 0.45)])
def test_trips_on_a_group_with_planted_errors(n: int, extra: float) -> None:
    assert tripped(3, n=n, extra=extra) == 1
    finding = found(desk(n, extra, 0))["camera=k0"]
    assert (finding.status, finding.severity) == (Status.FAIL, Severity.MAJOR)


def test_stays_silent_on_equal_groups() -> None:
    assert tripped(5, n=500, extra=0.0) == 0


def test_stays_silent_on_difficulty_that_the_class_mix_explains() -> None:
    assert tripped(3, n=700, extra=0.3, by_class=True) == 0


def test_every_slice_is_stated() -> None:
    assert set(found(desk(1000, 0.0, 0, error=0.2))) == {f"camera=k{k}" for k in range(4)}


def test_small_slices_are_one_open_question() -> None:
    result = found(desk(60, 0.0, 0))
    assert set(result) == {"tuned@models/base"}
    assert result["tuned@models/base"].status is Status.INCONCLUSIVE


def test_a_users_recipe_speaks_under_its_own_name() -> None:
    result = found(desk(1000, 0.3, 0, user=True))
    assert list(result) == ["tuned@models/base"]
    assert (result["tuned@models/base"].status, result["tuned@models/base"].severity) == (Status.FAIL, Severity.INFO)


def test_does_not_apply_where_nothing_is_declared() -> None:
    one = desk(100, 0.0, 0).with_(study=study())
    assert [finding.status for finding in CHECK.run(one)] == [Status.NOT_APPLICABLE]


def test_a_slice_with_hardly_an_error_passes_where_no_gap_that_matters_can_hide_in_it() -> None:
    some = found(desk(800, 0.0, 0, error=0.004))
    assert {finding.status for finding in some.values()} == {Status.PASS}, some
    assert all("for certain less than 5.0 %" in finding.statement for finding in some.values())
    few = found(desk(160, 0.0, 0, error=0.01))
    assert {finding.status for finding in few.values()} == {Status.INCONCLUSIVE}


@pytest.mark.parametrize("seed", range(20))
def test_a_slice_that_is_worse_by_the_gap_hardly_ever_passes(seed: int) -> None:
    said = found(desk(600, 0.08, seed, error=0.005)).get("camera=k0")
    assert said is None or said.status is not Status.PASS, said


def test_slices_that_cannot_be_judged_are_told_with_their_own_reasons() -> None:
    one = desk(400, 0.0, 0, values=3)
    labels = one.opened["test"]
    columns = {"part": tuple(f"p{k}" for k in labels), "hand": ("left",) * 12 + ("right",) * 388}
    test = texts(labels, "t", columns=columns)
    finding = found(one.with_(data=dataset(texts(labels, "a"), test), study=study(slices=("part", "hand"))))[
        "tuned@models/base"
    ]
    assert "hand=left has fewer than 30 texts" in finding.statement
    assert "part=p0 and part=p1 hold classes that stand nowhere else" in finding.statement
    assert finding.details["needed_more"] == 18
