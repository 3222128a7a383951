"""Learning curves, and when a training may be stopped."""

from __future__ import annotations

import math

import numpy as np
import pytest

from touchstone.stats.curve_shapes import fit_shape, mmf, pow3
from touchstone.stats.curves import fit_curve, upper_envelope

SIZES = np.array([50, 100, 200, 400, 800])


def truth(n):
    return 0.92 - 1.2 * np.asarray(n, dtype=float) ** -0.5


def noisy(generator, repeats: int = 10, deviation: float = 0.01):
    return truth(SIZES)[:, None] + deviation * np.sqrt(200 / SIZES)[:, None] * generator.standard_normal((5, repeats))


def test_a_power_law_without_noise_is_found_again():
    curve = fit_curve(SIZES, truth(SIZES))
    assert curve.model == "POW3"
    assert curve.predict(1600).value == pytest.approx(truth(1600), abs=0.003)


def test_a_slow_start_takes_the_other_shape():
    sizes = np.geomspace(20, 2000, 8)
    slow = 0.9 - 0.6 / (1 + (sizes / 300) ** 2.5)
    curve = fit_curve(sizes, slow[:, None] + 0.003 * np.random.default_rng(0).standard_normal((8, 10)))
    assert curve.model == "MMF"
    assert curve.predict(3000).value == pytest.approx(0.9, abs=0.01)


def test_the_interval_at_twice_the_data_covers():
    covered = 0
    for seed in range(60):
        curve = fit_curve(SIZES, noisy(np.random.default_rng(seed)), draws=100, seed=seed)
        covered += truth(1600) in curve.predict(1600).interval
    assert covered / 60 >= 0.85


def test_beyond_twice_the_data_nothing_is_known():
    assert "unknown" in fit_curve(SIZES, truth(SIZES)).predict(1601).missing


def test_the_size_that_reaches_a_target_is_found():
    estimate = fit_curve(SIZES, noisy(np.random.default_rng(1))).needed_size(0.87)
    assert estimate.value == pytest.approx((1.2 / 0.05) ** 2, rel=0.15)
    assert estimate.interval.low < 576 < estimate.interval.high


def test_a_target_out_of_reach_is_called_unknown():
    assert "unknown" in fit_curve(SIZES, noisy(np.random.default_rng(1))).needed_size(0.99).missing


def test_a_curve_that_falls_gets_no_forecast():
    generator = np.random.default_rng(2)
    falling = truth(SIZES)[::-1, None] + 0.01 * generator.standard_normal((5, 10))
    assert fit_curve(SIZES, falling) is None


def test_honest_curves_are_rarely_refused():
    refused = sum(fit_curve(SIZES, noisy(np.random.default_rng(s)), draws=2) is None for s in range(100))
    assert refused <= 3


def test_three_sizes_are_too_few():
    assert fit_curve(SIZES[:3], truth(SIZES[:3])) is None


def test_asymptotes_stay_below_the_ceiling():
    u = SIZES / 800
    for shape in (pow3(), mmf()):
        fits = fit_shape(shape, u, (0.7 + 0.3 * u)[None, :], np.ones(5), ceiling=1.0)
        assert fits.asymptote[0] <= 1.0


def curves_of_training(generator):
    """A validation curve of 40 evaluations, of a family drawn at random: values, noise."""
    t = np.arange(1, 41) / 40
    end, start = generator.uniform(0.6, 0.95), generator.uniform(0.1, 0.4)
    rate = generator.uniform(1.0, 8.0)
    kind = generator.integers(3)
    if kind == 0:
        rise = (1 - np.exp(-rate * t)) / (1 - np.exp(-rate))
    elif kind == 1:
        rise = 1 - (1 + 20 * t) ** -generator.uniform(0.3, 1.2)
    else:
        rise = t**1.5 / (t**1.5 + (0.5 / rate) ** 1.5)
    return start + (end - start) * rise, generator.uniform(0.003, 0.015)


def test_the_envelope_lies_above_the_end_of_training():
    held = 0
    for seed in range(120):
        generator = np.random.default_rng(seed)
        curve, noise = curves_of_training(generator)
        seen = int(generator.integers(13, 30))
        scores = curve + noise * generator.standard_normal(40)
        steps = np.arange(1, 41) * 100
        envelope = upper_envelope(steps[:seen], scores[:seen], at=4000, draws=60, seed=seed)
        held += envelope >= curve[-1]
    assert held / 120 >= 0.95


def test_a_training_that_has_levelled_off_far_below_can_be_stopped():
    steps = np.arange(1, 21) * 100
    generator = np.random.default_rng(0)
    scores = 0.6 - 0.4 * np.exp(-steps / 150) + 0.005 * generator.standard_normal(20)
    assert upper_envelope(steps, scores, at=4000) < 0.68


@pytest.mark.parametrize("seen", [7, 10])
def test_too_early_nothing_is_ruled_out(seen):
    steps = np.arange(1, 41) * 100
    assert math.isinf(upper_envelope(steps[:seen], truth(steps[:seen]), at=4000))


def test_the_envelope_never_lies_below_what_was_seen():
    steps = np.arange(1, 21)
    scores = np.linspace(0.9, 0.5, 20)
    assert upper_envelope(steps, scores, at=20) >= 0.9
