from __future__ import annotations

import numpy as np
import pytest

from touchstone.evaluate.learning import LearningCurve, labels_saved, learning_curve, probe_score

SIZES = np.array([50, 100, 200, 400, 800])


def _curve(start: float, rise: float, noise: float = 0.0, seed: int = 0) -> LearningCurve:
    rng = np.random.default_rng(seed)
    means = start + rise * np.log2(SIZES / 50)
    return LearningCurve(SIZES, means + noise * rng.standard_normal((10, 5)))


def test_better_features_save_labels() -> None:
    found = labels_saved(_curve(0.7, 0.05, 0.005), _curve(0.6, 0.05, 0.005))
    assert found.factor == pytest.approx(4.0, rel=0.2)
    assert found.at_least is not None and 2.5 < found.at_least <= found.factor


def test_a_curve_that_is_there_at_once_is_open_ended() -> None:
    found = labels_saved(_curve(0.9, 0.01), _curve(0.5, 0.05))
    assert found.open_ended and found.factor == 16.0 and found.at_least == 16.0


def test_a_curve_that_never_gets_there_saves_nothing() -> None:
    assert labels_saved(_curve(0.5, 0.01), _curve(0.6, 0.05)).factor is None


def test_the_lower_bound_holds_nineteen_times_in_twenty() -> None:
    held = 0
    for seed in range(60):
        found = labels_saved(_curve(0.7, 0.05, 0.02, seed), _curve(0.6, 0.05, 0.02, seed + 500))
        held += found.at_least is None or found.at_least <= 4.0
    assert held >= 51


def test_parts_are_nested_keep_every_class_and_end_with_all() -> None:
    labels = np.repeat([0, 1, 2], [100, 40, 5])
    seen: list[np.ndarray] = []

    def score(part: np.ndarray) -> float:
        seen.append(part)
        return len(part) / 145

    curve = learning_curve(score, labels, repeats=2)
    assert curve.scores.shape == (2, 5) and curve.sizes[-1] == 145 and curve.means[-1] == 1.0
    assert all(set(labels[part]) == {0, 1, 2} for part in seen)
    assert set(seen[0]) <= set(seen[2]) <= set(seen[4])


def test_parts_are_made_of_whole_groups() -> None:
    groups = np.repeat(np.arange(40), 5)
    labels = np.tile([0, 1], 100)
    parts: list[np.ndarray] = []
    learning_curve(lambda part: float(parts.append(part) or 0), labels, groups=groups, repeats=2, fractions=(0.25, 1.0))
    assert all(np.isin(np.bincount(groups[part], minlength=40), (0, 5)).all() for part in parts)


def test_a_probe_learns_more_from_more() -> None:
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((4, 30))
    labels, held = rng.integers(0, 4, 320), rng.integers(0, 4, 300)
    x, z = (centres[y] + 2.0 * rng.standard_normal((len(y), 30)) for y in (labels, held))
    curve = learning_curve(probe_score(x, labels, z, held, 4), labels, repeats=3)
    assert curve.means[-1] > curve.means[0] + 0.1
