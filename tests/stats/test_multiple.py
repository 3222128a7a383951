"""Several p-values, one budget."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from touchstone.stats.multiple import holm


def test_the_family_alarms_no_more_often_than_one_test():
    p = np.random.default_rng(0).random((1000, 10))
    alarms = np.mean([holm(row).min() < 0.05 for row in p])
    assert alarms <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 1000)


def test_it_agrees_with_an_independent_implementation():
    p = np.random.default_rng(1).random(12) ** 3
    np.testing.assert_allclose(holm(p), multipletests(p, method="holm")[1])


def test_order_does_not_matter():
    p = np.array([0.04, 0.001, 0.3, 0.02])
    order = np.array([2, 0, 3, 1])
    assert holm(p)[order].tolist() == holm(p[order]).tolist()


def test_one_value_stays_as_it_is():
    assert holm([0.03]).tolist() == [0.03]


def test_no_values_give_none():
    assert holm([]).size == 0


def test_values_that_are_no_probabilities_are_refused():
    with pytest.raises(ValueError, match="p-values must lie"):
        holm([0.1, float("nan")])
