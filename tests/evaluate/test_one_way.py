"""Labels changed from one class to one other are told from a hard border by a floor on one side."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit

from touchstone.evaluate.label_noise import turned
from touchstone.evaluate.one_way import OneWay, one_way

N, ALPHA = 900, 0.05


def asked(labels: NDArray[np.int64], side: NDArray[np.float64], wrong: float = 0.0) -> OneWay | None:
    """As a probe and ten neighbours that learnt from such labels would hold classes 0 and 1 for likely."""
    rng = np.random.default_rng(1)
    second = np.clip(wrong + (1 - wrong) * expit(side), 0.01, 0.99)
    votes = rng.binomial(10, second) / 10
    return one_way(
        np.stack([1 - second, second], axis=1), np.stack([1 - votes, votes], axis=1), labels, least=0.02, alpha=ALPHA
    )


@pytest.mark.parametrize("share", [0.12, 0.2, 0.3])
def test_flips_from_one_class_to_the_other_are_bounded_from_below_and_above(share: float) -> None:
    rng = np.random.default_rng(0)
    clean = (np.arange(N) % 2).astype(np.int64)
    side = np.where(clean == 1, 4.0, -4.0) + rng.normal(0, 1, N)
    count = round(share * N / 2)
    found = asked(turned(clean, 0, 1, count, rng), side, wrong=share)
    assert found is not None
    assert (found.true, found.given) == (0, 1)
    assert found.ends(ALPHA)[1] >= count / N
    assert found.ends(ALPHA)[0] > 0.0
    assert np.mean(clean[found.rows] == 0) >= 0.9


@pytest.mark.parametrize("seed", range(6))
def test_a_hard_border_is_no_floor(seed: int) -> None:
    rng = np.random.default_rng(seed)
    side = rng.normal(0, 3, N)
    labels = (rng.random(N) < expit(side)).astype(np.int64)
    found = asked(labels, side)
    assert found is None or found.ends(ALPHA)[0] <= 0.01


def test_classes_that_are_never_mixed_up_are_not_looked_at() -> None:
    labels = (np.arange(N) % 2).astype(np.int64)
    sure = np.where(labels == 1, 0.999, 0.001)
    table = np.stack([1 - sure, sure], axis=1)
    assert one_way(table, table, labels, least=0.02, alpha=ALPHA) is None
