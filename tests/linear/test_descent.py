from __future__ import annotations

import numpy as np
import pytest

from touchstone.linear.descent import minimise


@pytest.mark.parametrize("spread", [1.0, 100.0, 10_000.0])
def test_finds_the_bottom_of_a_bowl_of_any_shape(spread: float) -> None:
    rng = np.random.default_rng(0)
    curvature = np.geomspace(1.0, spread, 30)
    bottom = rng.standard_normal(30)

    def bowl(x: np.ndarray) -> tuple[float, np.ndarray]:
        return float(0.5 * curvature @ (x - bottom) ** 2), curvature * (x - bottom)

    found = minimise(bowl, np.zeros(30), iterations=500, gradient_tolerance=1e-6, value_tolerance=0.0)
    assert found == pytest.approx(bottom, abs=1e-3)


def test_never_ends_higher_than_it_began() -> None:
    def steep(x: np.ndarray) -> tuple[float, np.ndarray]:
        return float(np.logaddexp(0, 1e4 * x).sum()), 1e4 / (1 + np.exp(-np.clip(1e4 * x, -500, 500)))

    start = np.array([1.0, 0.5])
    assert steep(minimise(steep, start, iterations=3, gradient_tolerance=0.0))[0] < steep(start)[0]
    assert (minimise(steep, start, iterations=0, gradient_tolerance=0.0) == start).all()
