"""What ships is decided on validation: the probe, unless a fine-tune gains more than luck gives."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from touchstone.pipeline.choice import choose


def contender(right: Any, sure: float = 0.9, seeds: int = 3, averages: str | None = None) -> Any:
    """A candidate of two classes whose truth is always 0, right where ``right`` says so."""
    first = np.where(right, sure, 1 - sure)
    return SimpleNamespace(
        shipped={"validation": np.stack([first, 1 - first], axis=1)},
        candidate=SimpleNamespace(seeds=tuple(range(seeds)), averages=averages),
    )


def won(n: int, gained: int, lost: int = 0, at: float = 0.7) -> tuple[Any, Any, Any]:
    """Probe and fine-tune of ``n`` items, of which the fine-tune wins some and loses others."""
    base = np.arange(n) < round(at * n)
    tuned = base.copy()
    tuned[np.flatnonzero(~base)[:gained]] = True
    tuned[:lost] = False
    return contender(base), contender(tuned), np.zeros(n, dtype=int)


@pytest.mark.parametrize(("n", "gained", "lost", "ships"), [(16, 3, 0, 0), (16, 4, 0, 0), (40, 8, 0, 1), (100, 12, 2, 1), (100, 8, 5, 0)])  # fmt: skip
def test_a_gain_of_few_items_is_luck(n: int, gained: int, lost: int, ships: int) -> None:
    probe, tuned, labels = won(n, gained, lost, at=0.7)
    tuned.shipped["validation"] = contender(tuned.shipped["validation"][:, 0] > 0.5, sure=0.6).shipped["validation"]
    assert choose(probe, [tuned], labels) is (probe, tuned)[ships]


def test_a_loss_that_is_surely_smaller_counts_where_no_answer_is_lost() -> None:
    right = np.ones(50, dtype=bool)
    probe, surer = contender(right, sure=0.7), contender(right, sure=0.95)
    assert choose(probe, [surer], np.zeros(50, dtype=int)) is surer


def test_a_rung_that_was_tried_once_gives_way_to_one_with_all_seeds() -> None:
    probe, tuned, labels = won(100, 15)
    _, once, _ = won(100, 18)
    once.candidate.seeds = (0,)
    assert choose(probe, [once, tuned], labels) is tuned
    soup = contender(np.ones(100, dtype=bool), seeds=1, averages="top-1@base")
    assert choose(probe, [once, tuned, soup], labels) is soup
