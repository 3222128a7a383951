from __future__ import annotations

import numpy as np
import pytest

from tests.evaluate.made import model
from touchstone.evaluate import calibration


def test_an_honest_model_of_any_size_has_next_to_no_error() -> None:
    for n, most in ((200, 0.12), (1000, 0.06), (5000, 0.03)):
        errors = [calibration.calibration_error(*model(n, 3, seed=s)) for s in range(20)]
        assert np.median(errors) < most / 2 and max(errors) < most


def test_over_sharp_probabilities_show_their_true_error() -> None:
    p, y = model(20_000, 3, seed=1, sharpen=2.0)
    confidence, right = calibration.top_label(p, y)
    gaps = [abs(confidence[b].mean() - right[b].mean()) for b in np.array_split(np.argsort(confidence), 15)]
    truth = float(np.sqrt(np.mean(np.square(gaps))))
    assert truth > 0.05
    assert calibration.calibration_error(p, y) == pytest.approx(truth, abs=0.01)
    assert calibration.overconfidence(p, y).lower(0.001) > 0.05


def test_consistency_p_value_has_its_size_on_honest_models() -> None:
    p_values = np.array([
        calibration.consistency(*model(300, 3, seed=100 + s), draws=400, seed=s).p_value for s in range(120)
    ])  # fmt: skip
    assert (p_values < 0.05).sum() <= 14  # 5 % of 120 is 6; 15 or more has probability .001
    assert (p_values < 0.01).sum() <= 6


def test_doubled_logits_are_caught() -> None:
    for seed in range(5):
        assert calibration.consistency(*model(1000, 3, seed=seed, sharpen=2.0), seed=seed).p_value < 0.001


def test_intervals_cover_the_true_error() -> None:
    covered = 0
    whole, labels = model(100_000, 3, seed=2, sharpen=1.5)
    truth = calibration.calibration_error(whole, labels)
    rng = np.random.default_rng(3)
    for trial in range(40):
        picked = rng.integers(len(labels), size=500)
        interval = calibration.calibration_estimate(whole[picked], labels[picked], seed=trial).interval
        assert interval is not None
        covered += interval.low <= truth <= interval.high
    assert covered >= 32  # 95 % of 40 is 38; fewer than 32 has probability .001


def test_an_honest_large_model_can_be_shown_to_be_calibrated() -> None:
    shown = 0
    for seed in range(4):
        interval = calibration.calibration_estimate(*model(5000, 3, seed=seed), seed=seed).interval
        assert interval is not None
        shown += interval.low == 0.0 and interval.high < 0.05
    assert shown >= 3


def test_grouped_errors_do_not_alarm() -> None:
    alarms = 0
    for seed in range(40):
        p, y = model(60, 3, seed=seed)
        repeated = np.repeat(np.arange(60), 10)
        found = calibration.consistency(p[repeated], y[repeated], groups=repeated, draws=400, seed=seed)
        alarms += found.p_value < 0.01
    assert alarms <= 4


def test_temperature_undoes_sharpening() -> None:
    p, y = model(5000, 4, seed=4, sharpen=2.0)
    found = calibration.temperature(p, y)
    assert found == pytest.approx(2.0, abs=0.15)
    assert calibration.calibration_error(calibration.tempered(p, found), y) < 0.03
    assert calibration.temperature(p[:40], y[:40]) == 1.0


def test_reliability_bins_hold_every_item_once() -> None:
    p, y = model(500, 3, seed=5)
    bins = calibration.reliability(p, y)
    assert sum(one.n for one in bins) == 500
    assert all(one.interval.low <= one.accuracy <= one.interval.high for one in bins)
    assert [one.confidence for one in bins] == sorted(one.confidence for one in bins)


def test_a_model_that_is_always_sure_is_measured_all_the_same() -> None:
    y = np.arange(100) % 2
    p = np.eye(2)[np.zeros(100, dtype=int)]
    assert calibration.calibration_error(p, y) == pytest.approx(0.5, abs=0.01)
    assert calibration.consistency(p, y).p_value < 0.01
