from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from tests.evaluate.made import guesses_right, model
from touchstone.evaluate.confusion import confusion, per_class


def test_counts_agree_with_scikit_learn() -> None:
    p, y = model(300, 4, seed=0)
    assert (confusion(p.argmax(1), y, 4) == confusion_matrix(y, p.argmax(1))).all()
    wanted = precision_recall_fscore_support(y, p.argmax(1))
    for k, one in enumerate(per_class(p, y)):
        assert (one.precision.value, one.recall.value, one.f1.value) == pytest.approx([w[k] for w in wanted[:3]])
        assert one.support == wanted[3][k]


def test_intervals_of_one_class_cover() -> None:
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(200):
        y = np.repeat(np.arange(4), 50)
        one = per_class(guesses_right(y, 0.8, rng, 4), y)[2]
        assert one.recall.interval is not None and one.f1.interval is not None
        covered += one.recall.interval.low <= 0.8 <= one.recall.interval.high
        assert one.f1.interval.low <= one.f1.value <= one.f1.interval.high
    assert covered >= 180


def test_a_class_that_is_never_guessed_has_no_precision() -> None:
    y = np.array([0, 0, 1, 1])
    scores = per_class(np.eye(3)[[0, 0, 0, 0]], y)
    assert scores[1].precision.missing and scores[1].recall.value == 0.0
    assert scores[1].recall.interval is not None and scores[1].recall.interval.high < 1.0
    assert scores[2].recall.missing and scores[2].f1.missing


def test_seeds_are_averaged_and_stay_inside_their_interval() -> None:
    rng = np.random.default_rng(2)
    y = np.repeat(np.arange(2), 40)
    p = np.stack([guesses_right(y, a, rng, 2) for a in (0.5, 0.95, 0.97)])
    for one in per_class(p, y):
        assert one.recall.interval is not None
        assert one.recall.interval.low <= one.recall.value <= one.recall.interval.high
