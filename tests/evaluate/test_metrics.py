from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn import metrics as oracle

from tests.evaluate.made import guesses_right, model
from touchstone.evaluate import metrics

ORACLES = {
    "accuracy": lambda p, y: oracle.accuracy_score(y, p.argmax(1)),
    "balanced_accuracy": lambda p, y: oracle.balanced_accuracy_score(y, p.argmax(1)),
    "macro_f1": lambda p, y: oracle.f1_score(y, p.argmax(1), average="macro", zero_division=0),
    "weighted_f1": lambda p, y: oracle.f1_score(y, p.argmax(1), average="weighted", zero_division=0),
    "macro_precision": lambda p, y: oracle.precision_score(y, p.argmax(1), average="macro", zero_division=0),
    "macro_recall": lambda p, y: oracle.recall_score(y, p.argmax(1), average="macro", zero_division=0),
    "mcc": lambda p, y: oracle.matthews_corrcoef(y, p.argmax(1)),
    "log_loss": lambda p, y: oracle.log_loss(y, p, labels=range(p.shape[1])),
    "brier": lambda p, y: oracle.brier_score_loss(y, p if p.shape[1] > 2 else p[:, 1]),
    "roc_auc": lambda p, y: oracle.roc_auc_score(np.eye(p.shape[1])[y], p, average="macro"),
    "pr_auc": lambda p, y: np.mean([oracle.average_precision_score(y == k, p[:, k]) for k in range(p.shape[1])]),
}


@pytest.mark.parametrize("name", sorted(ORACLES))
def test_agrees_with_scikit_learn(name: str) -> None:
    p, y = model(400, 4, seed=3, shares=[0.6, 0.2, 0.15, 0.05])
    assert metrics.value(name, p, y) == pytest.approx(float(ORACLES[name](p, y)), abs=1e-6)


@pytest.mark.parametrize(
    ("name", "score"), [("macro_f1", oracle.f1_score), ("macro_precision", oracle.precision_score)]
)
def test_a_stray_guess_of_a_class_that_is_not_there_costs_no_more_than_itself(name: str, score: Any) -> None:
    y = np.arange(40) % 2
    p = np.eye(3)[y]
    p[0] = [0, 0, 1]
    assert metrics.value(name, p, y) == pytest.approx(
        score(y, p.argmax(1), labels=[0, 1], average="macro", zero_division=0)
    )
    assert metrics.value(name, p, y) > 0.95


def test_two_classes_are_judged_by_the_second() -> None:
    p, y = model(300, 2, seed=4)
    assert metrics.value("roc_auc", p, y) == pytest.approx(oracle.roc_auc_score(y, p[:, 1]))
    assert metrics.value("pr_auc", p, y) == pytest.approx(oracle.average_precision_score(y, p[:, 1]))
    assert metrics.value("brier", p, y) == pytest.approx(oracle.brier_score_loss(y, p[:, 1]))


def test_equal_scores_count_half() -> None:
    y = np.array([0, 1, 0, 1, 1])
    p = np.array([[0.5, 0.5]] * 4 + [[0.2, 0.8]])
    assert metrics.value("roc_auc", p, y) == pytest.approx(oracle.roc_auc_score(y, p[:, 1]))


def test_every_name_has_value_estimate_and_difference() -> None:
    p, y = model(200, 3, seed=5)
    q = np.stack([p[:, [1, 0, 2]], p])
    for name in metrics.NAMES:
        found = metrics.estimate(name, p, y)
        assert found.interval is not None and found.interval.low <= found.value <= found.interval.high, name
        claim = metrics.difference(name, p, q, y, a_deterministic=True)
        assert np.isfinite(claim.standard_error) and claim.lower(0.05) < claim.upper(0.05), name
    assert set(metrics.HIGHER_IS_BETTER) == set(metrics.NAMES)


def test_an_unknown_metric_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="unknown metric 'f2'"):
        metrics.value("f2", *model(50, 2, seed=0))


def test_order_of_examples_does_not_matter_to_values() -> None:
    p, y = model(300, 5, seed=6)
    mixed = np.random.default_rng(0).permutation(300)
    for name in metrics.NAMES:
        assert metrics.value(name, p, y) == pytest.approx(metrics.value(name, p[mixed], y[mixed])), name


def test_a_faultless_model_is_not_certain() -> None:
    y = np.repeat(np.arange(3), 20)
    for name in ("accuracy", "macro_f1", "balanced_accuracy", "mcc", "worst_class_recall"):
        found = metrics.estimate(name, np.eye(3)[y], y)
        assert found.value == 1.0
        assert found.interval is not None and found.interval.low < 0.96 and found.interval.high == 1.0, name


@pytest.mark.parametrize(
    ("name", "shares"), [("macro_f1", [0.6, 0.3, 0.1]), ("mcc", [0.5, 0.3, 0.2]), ("roc_auc", [0.6, 0.3, 0.1])]
)
def test_intervals_cover_the_truth(name: str, shares: list[float]) -> None:
    p, y = model(200_000, 3, seed=1, shares=shares)
    truth = metrics.value(name, p, y)
    rng = np.random.default_rng(2)
    tries, covered = 60, 0
    for trial in range(tries):
        picked = rng.integers(len(y), size=250)
        interval = metrics.estimate(name, p[picked], y[picked], seed=trial).interval
        assert interval is not None
        covered += interval.low <= truth <= interval.high
    assert covered >= 51  # 95 % of 60 is 57; fewer than 51 has probability .001


@pytest.mark.parametrize("name", ["macro_f1", "balanced_accuracy"])
def test_intervals_cover_the_truth_with_two_examples_of_each_class(name: str) -> None:
    """Resampling two of a class shows half of their variance: the interval makes up for it."""
    rng = np.random.default_rng(3)
    y = np.repeat(np.arange(30), 2)
    truth = metrics.value(
        name, guesses_right(np.repeat(np.arange(30), 4000), 0.7, rng, 30), np.repeat(np.arange(30), 4000)
    )
    covered = 0
    for trial in range(100):
        interval = metrics.estimate(name, guesses_right(y, 0.7, rng, 30), y, seed=trial).interval
        assert interval is not None
        covered += interval.low <= truth <= interval.high
    assert covered >= 89


def test_worst_class_interval_covers_with_many_equal_classes() -> None:
    rng = np.random.default_rng(7)
    covered = 0
    for _ in range(100):
        y = np.repeat(np.arange(10), 40)
        interval = metrics.estimate("worst_class_recall", guesses_right(y, 0.8, rng, 10), y).interval
        assert interval is not None
        covered += interval.low <= 0.8 <= interval.high
    assert covered >= 89


def test_grouped_items_widen_the_interval() -> None:
    rng = np.random.default_rng(8)
    groups = np.repeat(np.arange(40), 10)
    y = rng.integers(0, 3, 400)
    right = np.repeat(np.where(np.arange(40) < 30, 0.95, 0.3), 10)
    p = guesses_right(y, right, rng, 3)
    alone = metrics.estimate("macro_f1", p, y).interval
    together = metrics.estimate("macro_f1", p, y, groups=groups).interval
    assert alone is not None and together is not None
    assert together.high - together.low > 1.5 * (alone.high - alone.low)


def test_equal_recipes_are_rarely_told_apart() -> None:
    rng = np.random.default_rng(9)
    alarms = 0
    for _ in range(60):
        y = rng.integers(0, 4, 300)
        sides = [np.stack([guesses_right(y, rng.normal(0.8, 0.02), rng, 4) for _ in range(3)]) for _ in range(2)]
        alarms += metrics.difference("macro_f1", sides[0], sides[1], y).lower(0.05) > 0
    assert alarms <= 9  # 5 % of 60 is 3; 10 or more has probability .001


def test_a_real_loss_is_seen_and_its_sign_is_right() -> None:
    rng = np.random.default_rng(10)
    y = rng.integers(0, 4, 1000)
    good = np.stack([guesses_right(y, 0.9, rng, 4) for _ in range(3)])
    bad = np.stack([guesses_right(y, 0.8, rng, 4) for _ in range(3)])
    for name in ("accuracy", "balanced_accuracy", "macro_f1", "mcc"):
        claim = metrics.difference(name, good, bad, y)
        assert claim.value == pytest.approx(0.1, abs=0.05) and claim.lower(0.001) > 0, name
    assert metrics.difference("brier", good, bad, y).upper(0.001) < 0


def test_one_seed_of_a_random_recipe_proves_nothing() -> None:
    rng = np.random.default_rng(11)
    y = rng.integers(0, 3, 300)
    claim = metrics.difference("macro_f1", guesses_right(y, 0.9, rng, 3), guesses_right(y, 0.5, rng, 3), y)
    assert claim.standard_error == np.inf


def test_item_scores_average_to_the_metric() -> None:
    p, y = model(300, 4, seed=12, shares=[0.7, 0.1, 0.1, 0.1])
    for name in ("accuracy", "balanced_accuracy"):
        scores, weights = metrics.item_scores(name, np.stack([p, p]), y)
        assert scores.shape == (2, 300)
        assert np.average(scores[0], weights=weights) == pytest.approx(metrics.value(name, p, y))


def test_many_classes_have_an_interval_round_their_value() -> None:
    p, y = model(3000, 77, seed=13, skill=4.0)
    found = metrics.estimate("macro_f1", p.astype(np.float32), y)
    assert found.interval is not None and found.interval.low < found.value < found.interval.high
    assert found.value == pytest.approx(metrics.value("macro_f1", p, y), abs=1e-3)
