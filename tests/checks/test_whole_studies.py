"""The whole catalogue on studies that are clean, and on studies with one planted fault: findings, verdict, cause."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.checks.adapt.training import hot_start, log, retention, trace
from tests.checks.desk import (
    BASE,
    EVERYTHING,
    Desk,
    base_score,
    changed,
    contest_desk,
    likely,
    readable,
)
from touchstone.checks.gains import item_losses
from touchstone.checks.runner import run_checks
from touchstone.core import catalogue
from touchstone.core.finding import Finding, Severity, Status, Verdict
from touchstone.core.measures import Latency, Stage
from touchstone.govern.causes import likely_cause
from touchstone.govern.policy import BUILT_IN, applied
from touchstone.govern.questions import open_questions
from touchstone.govern.verdict import judge
from touchstone.study.model import Requirement

IDS = [row.id for row in catalogue.BUILT_IN]
SCORES = {
    "majority": 0.5,
    "non-transfer": 0.72,
    "scratch": 0.76,
    "linear-probe": 0.85,
    "tuned": 0.91,
    "top-2": 0.88,
    "top-4": 0.9,
}
BOUNDS = (Requirement("accuracy", minimum=0.8),)


def clean(seed: int, n: int = 800, scores: dict[str, float] = SCORES) -> Desk:
    """A study on which nothing is wrong."""
    rng = np.random.default_rng(seed + 7)
    one = contest_desk(n, scores, seed=seed, require=BOUNDS, wobble=0.04)
    train, m = one.data.train, len(one.data.train)
    difficulty = rng.random(m)
    right = {share: (difficulty < share).astype(float) for share in (0.85, 0.5, 0.6)}
    base = base_score(BASE, right[0.85], chosen=True, twin=right[0.5])
    one = one.with_(
        bases=[base], raw_reference_items=right[0.6], stages=[Stage("all", 60.0)],
        latency=Latency(rng.normal(20, 2, 1000), "a machine", 2, 0.1),
        energy={"energy_wh": 1.0, "low_wh": 0.9, "high_wh": 1.3, "carbon_g": 0.4, "method": "counters", "measured": True},
    )  # fmt: skip
    tuned = next(c for c in one.candidates if c.name == "tuned")
    own = item_losses(tuned.validation_probabilities, one.data.validation.labels)
    seen = np.stack([likely(train.labels, rng.random(m) < 0.97)] * 3)
    made = trace(
        (log(rng), log(rng), log(rng)), final_losses=own, best_losses=own, train_probabilities=seen, train_labels=train.labels,
        hot_start=hot_start(rng, 100, excess=-0.1, heat=0), retention=retention(retained=0.9),
    )  # fmt: skip
    return changed(one, "tuned", trace=made)


def asked(desk: Desk) -> list[Finding]:
    found = run_checks(IDS, desk, EVERYTHING, {})
    for finding in found:
        readable(finding)
    return applied(found, BUILT_IN["default"])


def grave(found: list[Finding]) -> set[str]:
    return {
        one.check for one in found if one.status is Status.FAIL and one.severity in (Severity.BLOCKER, Severity.MAJOR)
    }


@pytest.mark.parametrize("seed", range(6))
def test_a_clean_study_ships_without_an_alarm(seed: int) -> None:
    found = asked(clean(seed))
    assert grave(found) == set()
    assert judge(found, BUILT_IN["default"]).verdict is Verdict.SHIP
    assert likely_cause(found) is None


def test_duplicating_every_item_of_a_clean_study_changes_no_pass_into_a_better_verdict() -> None:
    verdicts = [judge(asked(clean(0, n)), BUILT_IN["default"]).verdict for n in (400, 800)]
    assert Verdict.REJECT not in verdicts


def test_a_small_clean_study_is_not_rejected_and_asks_few_questions() -> None:
    found = asked(clean(1, n=60))
    assert judge(found, BUILT_IN["default"]).verdict is not Verdict.REJECT
    questions = open_questions(found)
    assert 1 <= len(questions) <= 5
    assert all(question.close for question in questions)


def test_training_far_too_hot_trips_by_several_routes_and_is_named_as_the_cause() -> None:
    rng = np.random.default_rng(0)
    one = clean(2, scores={**SCORES, "tuned": 0.7})
    hot = (log(rng, rate=1e-2, heat=1.0),) * 3
    tuned = next(c for c in one.candidates if c.name == "tuned")
    assert tuned.trace is not None
    bad = replace(
        tuned.trace,
        logs=hot,
        hot_start=hot_start(rng, 100, excess=1.0, heat=1.0),
        retention=retention(retained=0.2, moved=0.8),
    )
    found = asked(changed(one, "tuned", trace=bad))
    assert {"adapt.learning_rate", "adapt.forgetting", "evaluate.requirements"} <= grave(found)
    cause = likely_cause(found)
    assert cause is not None and cause.name == "training too hot"
    assert judge(found, BUILT_IN["default"]).verdict is Verdict.REJECT


def test_a_base_with_shuffled_weights_is_negative_transfer_and_rejected() -> None:
    one = clean(3, scores={**SCORES, "linear-probe": 0.6, "tuned": 0.62, "top-2": 0.6, "top-4": 0.6, "scratch": 0.85})
    rng = np.random.default_rng(3)
    items, twin = (rng.random(300) < 0.55).astype(float), (rng.random(300) < 0.66).astype(float)
    found = asked(
        one.with_(
            bases=[base_score(BASE, items, chosen=True, twin=twin)],
            raw_reference_items=(rng.random(300) < 0.8).astype(float),
        )
    )
    assert {"base.domain", "compare.scratch", "compare.non_transfer"} <= grave(found)
    cause = likely_cause(found)
    assert cause is not None and cause.name == "base of another domain"
    assert judge(found, BUILT_IN["default"]).verdict is Verdict.REJECT


def test_a_model_that_guesses_the_majority_is_rejected() -> None:
    one = clean(4)
    tuned = next(c for c in one.candidates if c.name == "tuned")
    labels = one.opened["test"]
    always = np.repeat(likely(labels, labels == 0)[None], 3, axis=0)
    one = one.with_(predictions={**one.predictions, (tuned.subject, "test"): always})
    found = asked(one)
    assert "compare.majority" in grave(found)
    assert judge(found, BUILT_IN["default"]).verdict is Verdict.REJECT


def test_policies_only_make_more_of_the_same_findings() -> None:
    found = run_checks(IDS, clean(5, n=200), EVERYTHING, {})
    order = [Verdict.SHIP, Verdict.HOLD, Verdict.REJECT]
    verdicts = [
        order.index(judge(applied(found, BUILT_IN[name]), BUILT_IN[name]).verdict) for name in ("default", "regulated")
    ]
    assert verdicts[0] <= verdicts[1]


def test_every_finding_can_stand_in_the_evidence() -> None:
    import json

    from touchstone.core.evidence import to_plain

    found: list[Any] = to_plain(asked(clean(0, n=120)))
    assert json.loads(json.dumps(found, allow_nan=False)) == found
