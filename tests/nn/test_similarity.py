import numpy as np
import pytest

from touchstone.nn.similarity import debiased_cka, likeness


def test_is_one_for_rotated_and_scaled_features():
    rng = np.random.default_rng(0)
    a = rng.normal(size=(60, 8))
    turn, _ = np.linalg.qr(rng.normal(size=(8, 8)))
    assert debiased_cka(a, 3 * a @ turn + 5) == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("d", [4, 64, 1024])
def test_is_zero_on_average_for_unrelated_features_at_any_width(d):
    rng = np.random.default_rng(1)
    found = [debiased_cka(rng.normal(size=(40, d)), rng.normal(size=(40, d))) for _ in range(60)]
    assert abs(np.mean(found)) < 4 * np.std(found) / np.sqrt(60) + 0.01


def test_is_not_a_number_for_constant_features():
    assert np.isnan(debiased_cka(np.ones((10, 3)), np.arange(30.0).reshape(10, 3)))


@pytest.mark.parametrize("tuned", [np.ones((10, 3)), np.full((10, 3), np.nan)])
def test_nothing_is_left_in_a_network_that_answers_everything_alike(tuned):
    rng = np.random.default_rng(2)
    assert likeness(rng.normal(size=(10, 3)), tuned) == 0.0
    assert likeness(np.ones((10, 3)), rng.normal(size=(10, 3))) is None
