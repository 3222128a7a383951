from __future__ import annotations

import numpy as np
import pytest

from touchstone.evaluate.latency import lower_bound, quantile_interval, upper_bound, variation


@pytest.mark.parametrize("q", [0.5, 0.95, 0.99])
def test_intervals_cover_the_true_quantile(q: float) -> None:
    rng = np.random.default_rng(0)
    truth = float(np.quantile(rng.lognormal(3, 0.5, 2_000_000), q))
    covered = 0
    for _ in range(300):
        interval = quantile_interval(rng.lognormal(3, 0.5, 1000), q).interval
        assert interval is not None
        covered += interval.low <= truth <= interval.high
    assert covered >= 273


def test_p99_has_no_upper_bound_below_299_timings() -> None:
    times = np.arange(298.0)
    assert upper_bound(times, 0.99, 0.05) == np.inf
    assert upper_bound(np.arange(299.0), 0.99, 0.05) == 298.0
    interval = quantile_interval(times, 0.99).interval
    assert interval is not None and interval.high == np.inf


def test_bounds_are_exact_for_the_median_of_ten() -> None:
    times = np.arange(1.0, 11.0)
    assert (lower_bound(times, 0.5, 0.025), upper_bound(times, 0.5, 0.025)) == (2.0, 9.0)


def test_no_timings_give_no_interval() -> None:
    assert quantile_interval(np.array([]), 0.5).missing == "no timings"


def test_a_busy_machine_shows() -> None:
    assert variation(np.array([1.0, 1.0, 1.1])) < 0.1 < 0.5 < variation(np.array([1.0, 1.0, 9.0]))
