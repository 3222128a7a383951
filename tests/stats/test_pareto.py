"""Tails of null distributions."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import genpareto

from touchstone.stats.pareto import anderson_darling, critical_value, exceedance, fit, survival


@pytest.mark.parametrize("shape", [-0.3, 0.01, 0.3])
def test_the_fit_finds_shape_and_scale(shape):
    draws = genpareto.rvs(shape, scale=2.0, size=(40, 250), random_state=0)
    fits = np.array([fit(row) for row in draws])
    np.testing.assert_allclose(fits.mean(axis=0), [shape, 2.0], atol=0.06)


@pytest.mark.parametrize("shape", [-0.3, 0.0, 0.3])
def test_survival_agrees_with_an_independent_one(shape):
    x = np.array([0.1, 1.0, 5.0, 50.0])
    np.testing.assert_allclose(survival(x, shape, 2.0), genpareto.sf(x, shape, scale=2.0), atol=1e-12)


@pytest.mark.parametrize("shape", [-0.4, 0.0, 0.3])
def test_the_test_of_fit_rejects_a_true_tail_one_time_in_twenty(shape):
    draws = genpareto.rvs(shape, size=(400, 100), random_state=1)
    rejected = np.mean([anderson_darling(row, *fit(row)) > critical_value(shape) for row in draws])
    assert rejected == pytest.approx(0.05, abs=0.035)


def test_a_null_of_two_values_has_no_tail():
    assert exceedance(np.repeat([0.0, 1.0], [600, 399]), 1.0) is None
