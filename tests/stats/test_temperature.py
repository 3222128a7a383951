"""Temperature scaling: the known temperature is found, and no answer changes."""

import numpy as np
import pytest

from touchstone.stats.temperature import HIGHEST, LOWEST, fit_temperature, loss_at


@pytest.mark.parametrize("truth", [0.5, 1.0, 2.5, 6.0])
def test_finds_by_how_much_scores_are_too_sure(truth: float) -> None:
    rng = np.random.default_rng(0)
    honest = rng.normal(0, 1.5, (20_000, 4))
    shares = np.exp(honest) / np.exp(honest).sum(axis=1, keepdims=True)
    labels = (rng.random((20_000, 1)) > shares.cumsum(axis=1)).sum(axis=1)
    assert fit_temperature(truth * honest, labels) == pytest.approx(truth, rel=0.05)


def test_the_loss_at_the_fitted_temperature_is_the_least() -> None:
    rng = np.random.default_rng(1)
    logits, labels = rng.normal(0, 3, (200, 3)), rng.integers(0, 3, 200)
    best = loss_at(logits, labels, fit_temperature(logits, labels))
    assert best <= min(loss_at(logits, labels, t) for t in np.geomspace(LOWEST, HIGHEST, 50)) + 1e-4


def test_a_constant_added_to_all_scores_of_an_item_changes_nothing() -> None:
    rng = np.random.default_rng(2)
    logits, labels = rng.normal(0, 2, (100, 3)), rng.integers(0, 3, 100)
    assert fit_temperature(logits + rng.normal(0, 5, (100, 1)), labels) == pytest.approx(
        fit_temperature(logits, labels)
    )


def test_scores_that_are_always_right_are_made_as_sure_as_is_allowed() -> None:
    assert fit_temperature(np.eye(3), np.arange(3)) == pytest.approx(LOWEST, rel=0.01)
