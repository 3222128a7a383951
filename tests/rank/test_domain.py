from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from touchstone.rank.domain import BaseInput, rank_bases, ranking_sample


def _world(n: int, k: int = 4, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, k, n)
    return np.random.default_rng(99).standard_normal((k, 12))[labels] + rng.standard_normal((n, 12)), labels


def _blocks(latent: np.ndarray, seed: int, noise: float, d: int = 40) -> dict[str, np.ndarray]:
    """A network that sees ``latent`` through its own random map, more blurred in the lower block."""
    rng = np.random.default_rng(seed)
    sharp = latent @ rng.standard_normal((12, d)) + noise * 3.5 * rng.standard_normal((len(latent), d))
    blurred = sharp[:, :20] + 12.0 * rng.standard_normal((len(latent), 20))
    return {"low": blurred.astype(np.float16), "penultimate": sharp.astype(np.float16)}


def test_the_fitting_base_comes_first_and_a_poor_one_is_not_tied() -> None:
    latent, y = _world(300)
    bases = [
        BaseInput("poor", _blocks(latent, 1, 8.0), None, 0.001),
        BaseInput("good", _blocks(latent, 2, 0.5), _blocks(latent, 5, 8.0), 0.01),
    ]
    scores, raw = rank_bases(bases, y, raw_features=latent[:, :2])
    assert [s.base for s in scores] == ["good", "poor"] and [s.rank for s in scores] == [1, 2]
    best, poor = scores
    assert best.chosen and best.tied and not poor.tied and not poor.chosen
    assert poor.deficit is not None and poor.deficit.low > 0.05 and best.probability_best == 1.0
    assert best.best_block == "penultimate" and set(best.block_accuracies) == {"low", "penultimate"}
    assert best.items.shape == (300,) and best.items.mean() == pytest.approx(best.accuracy.value)
    assert best.twin_items is not None and best.twin_items.mean() < best.accuracy.value - 0.1
    assert raw is not None and raw.shape == (300,) and raw.mean() < best.accuracy.value


def test_two_bases_that_differ_by_chance_alone_are_tied() -> None:
    tied = 0
    for trial in range(12):
        latent, y = _world(100, k=3, seed=trial)
        bases = [BaseInput(str(i), _blocks(latent, 100 * trial + i, 1.0), None, 0.01) for i in range(2)]
        tied += all(s.tied for s in rank_bases(bases, y, seed=trial)[0])
    assert tied >= 8  # nine in ten are meant to be; fewer than 8 of 12 has probability .004


def test_the_cheapest_of_the_tied_is_chosen() -> None:
    latent, y = _world(200)
    same = _blocks(latent, 1, 1.0)
    bases = [BaseInput("slow", same, None, 0.1), BaseInput("quick", same, None, 0.01)]
    first, second = rank_bases(bases, y)[0]
    assert (first.base, first.rank, first.chosen) == ("quick", 1, True)
    assert (second.base, second.rank, second.chosen) == ("slow", 2, False)
    noise = [BaseInput("a", same, None, 0.0101), BaseInput("b", same, None, 0.0100)]
    assert next(s.base for s in rank_bases(noise, y)[0] if s.chosen) == "a"


def test_groups_widen_the_interval() -> None:
    rng = np.random.default_rng(3)
    latent, y = _world(40, k=2)
    repeated = np.repeat(np.arange(40), 6)
    blocks = _blocks(latent[repeated] + 0.1 * rng.standard_normal((240, 12)), 4, 1.5)
    alone = rank_bases([BaseInput("a", blocks, None, 0.1)], y[repeated])[0][0].accuracy
    grouped = rank_bases([BaseInput("a", blocks, None, 0.1)], y[repeated], repeated)[0][0].accuracy
    assert alone.standard_error is not None and grouped.standard_error is not None
    assert grouped.value < alone.value and grouped.standard_error > 1.5 * alone.standard_error


def test_few_examples_and_a_better_lower_block_are_said() -> None:
    latent, y = _world(200)
    blocks = _blocks(latent, 1, 0.5)
    (score,), _ = rank_bases([BaseInput("a", {"low": blocks["penultimate"], "penultimate": blocks["low"]}, None, 1)], y)
    assert score.best_block == "low" and "low separates" in score.notes[0]
    few = np.concatenate([np.flatnonzero(y == k)[: 40 if k < 2 else 6] for k in range(4)])
    thin, _ = rank_bases([BaseInput("a", {k: v[few] for k, v in blocks.items()}, None, 1)], y[few])
    assert "2 classes have fewer than 10" in thin[0].notes[0]


def test_sparse_raw_features_are_read() -> None:
    latent, y = _world(120)
    raw = csr_matrix(np.maximum(latent, 0).astype(np.float32))
    items = rank_bases([BaseInput("a", _blocks(latent, 1, 1.0), None, 1)], y, raw_features=raw)[1]
    assert items is not None and items.mean() > 0.5


def test_the_same_seed_gives_the_same_answer() -> None:
    latent, y = _world(100)
    bases = [BaseInput("a", _blocks(latent, 1, 1.0), None, 1)]
    assert rank_bases(bases, y, seed=4)[0][0].accuracy == rank_bases(bases, y, seed=4)[0][0].accuracy


def test_ranking_needs_at_most_5000_examples() -> None:
    assert abs(len(ranking_sample(np.arange(20_000) % 7)) - 5000) <= 7
