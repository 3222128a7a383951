from dataclasses import replace

import numpy as np
import pytest

from tests.checks.desk import Desk, base_score, dataset, readable, study, texts
from touchstone.checks.base.domain import Domain
from touchstone.core.finding import Finding, Severity, Status
from touchstone.study.model import BaseModel

CHECK = Domain()


def desk(
    n: int,
    seed: int,
    accuracies: dict[str, float],
    *,
    twin: float | None = 0.45,
    raw: float | None = 0.5,
    classes: int = 4,
) -> Desk:
    """Bases of these true accuracies on shared items; the first is chosen."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % classes
    difficulty = rng.random(n)

    def items(accuracy: float) -> np.ndarray:
        own = np.where(rng.random(n) < 0.3, rng.random(n), difficulty)
        return (own < accuracy).astype(float)

    made = {base: items(accuracy) for base, accuracy in accuracies.items()}
    order = sorted(made, key=lambda base: -made[base].mean())
    chosen = next(iter(accuracies))
    scores = [
        base_score(base, made[base], rank=rank, chosen=base == chosen, twin=None if twin is None else items(twin))
        for rank, base in enumerate(order, 1)
    ]  # fmt: skip
    plan = study(base_models=tuple(BaseModel(base) for base in accuracies))
    return Desk(
        plan,
        dataset(texts(labels), texts([0, 1]), classes=classes),
        bases=scores,
        raw_reference_items=None if raw is None else items(raw),
    )


def found(one: Desk) -> dict[str, Finding]:
    result = {finding.subject: finding for finding in CHECK.run(one)}
    for finding in result.values():
        readable(finding)
    return result


def share(status: Status, base: str, tries: int = 20, **how: object) -> float:
    return float(np.mean([found(desk(seed=seed, **how))[base].status is status for seed in range(tries)]))  # type: ignore[arg-type]


def test_a_fitting_base_passes() -> None:
    assert share(Status.PASS, "good", n=500, accuracies={"good": 0.85}) >= 0.95


# The weakest that must trip: 10 points behind a fitting base on 1,000 items.
@pytest.mark.parametrize(("n", "wrong"), [(300, 0.6), (1000, 0.75)])
def test_a_base_of_another_domain_is_exposed_beside_a_fitting_one(n: int, wrong: float) -> None:
    assert share(Status.FAIL, "audio", n=n, accuracies={"photos": 0.85, "audio": wrong}) >= 0.95


def test_it_is_information_unless_chosen_and_major_if_chosen() -> None:
    not_chosen = found(desk(500, 0, {"photos": 0.85, "audio": 0.6}))["audio"]
    assert (not_chosen.status, not_chosen.severity) == (Status.FAIL, Severity.INFO)
    chosen = found(desk(500, 0, {"audio": 0.6, "photos": 0.85}))["audio"]
    assert (chosen.status, chosen.severity) == (Status.FAIL, Severity.MAJOR)
    assert "photos" in (chosen.remedy or "")


def test_two_bases_that_differ_by_seed_only_never_trip() -> None:
    tries = [found(desk(500, seed, {"a": 0.8, "b": 0.8})) for seed in range(50)]
    assert sum(one[base].status is Status.FAIL for one in tries for base in "ab") == 0


def test_a_lone_base_that_brings_nothing_over_random_weights_trips() -> None:
    assert share(Status.FAIL, "shuffled", n=1000, accuracies={"shuffled": 0.45}, twin=0.5) >= 0.95


def test_a_lone_base_worse_than_plain_features_trips() -> None:
    assert share(Status.FAIL, "odd", n=600, accuracies={"odd": 0.6}, twin=0.4, raw=0.8) >= 0.95


@pytest.mark.parametrize("n", [40, 80])
def test_too_few_examples_are_inconclusive_with_the_number_that_would_do(n: int) -> None:
    finding = found(desk(n, 1, {"only": 0.55}, twin=0.5, raw=None))["only"]
    assert finding.status is Status.INCONCLUSIVE and finding.remedy


def test_thin_classes_are_inconclusive_unless_the_answer_is_plain() -> None:
    doubtful = found(desk(36, 0, {"only": 0.55}))["only"]
    assert doubtful.status is Status.INCONCLUSIVE and "4 classes have fewer than 10" in doubtful.statement
    assert found(desk(36, 0, {"only": 0.95}, twin=0.3))["only"].status is Status.PASS


def test_a_base_that_could_not_be_ranked_is_named() -> None:
    one = desk(300, 0, {"good": 0.85})
    one = one.with_(
        study=study(base_models=(BaseModel("good"), BaseModel("broken"))), missing={"broken": "no safetensors"}
    )
    finding = found(one)["broken"]
    assert (finding.status, finding.severity) == (Status.INCONCLUSIVE, Severity.INFO)
    assert "no safetensors" in finding.statement


def test_order_never_matters() -> None:
    one = desk(300, 0, {"a": 0.8, "b": 0.6})
    other = one.with_(bases=list(reversed(one.bases)))
    assert found(one) == found(other)


def test_plain_features_that_are_ahead_are_told_though_not_certain_enough_to_fail() -> None:
    seen = [found(desk(102, seed, {"b": 0.42}, twin=0.36, raw=0.52))["b"] for seed in range(20)]
    open_ = [one for one in seen if one.status is Status.INCONCLUSIVE]
    assert open_
    for finding in open_:
        behind = finding.details["contrasts"]["over_raw_features"]["difference"] < 0
        assert ("plain features without any model do better" in finding.statement) is behind


def test_a_base_never_passes_where_plain_features_are_ahead_beyond_one_in_twenty() -> None:
    for seed in range(20):
        finding = found(desk(300, seed, {"b": 0.75}, twin=0.4, raw=0.81))["b"]
        interval = finding.details["contrasts"]["over_raw_features"]["interval"]
        assert not (finding.status is Status.PASS and interval.high < 0)


def test_plain_features_for_certain_ahead_are_a_fail() -> None:
    assert share(Status.FAIL, "b", n=500, accuracies={"b": 0.6}, twin=0.4, raw=0.75) >= 0.95


def test_plain_features_that_are_behind_are_not_told_in_an_open_answer() -> None:
    for seed in range(10):
        finding = found(desk(60, seed, {"b": 0.5}, twin=0.45, raw=0.2))["b"]
        assert "do better" not in finding.statement


def test_the_same_base_under_two_names_is_said() -> None:
    one = desk(400, 0, {"good": 0.8, "copy": 0.8, "other": 0.8})
    one.bases = [replace(score, same_as="good") if score.base == "copy" else score for score in one.bases]
    findings = found(one)
    assert findings["copy"].details["same_as"] == "good" and "under another name" in findings["copy"].statement
    assert all("another name" not in findings[base].statement for base in ("good", "other"))
