"""How long the reference from scratch trains, and what twice as long tells."""

from __future__ import annotations

import numpy as np

from touchstone.core.measures import TrainingLog
from touchstone.pipeline.from_scratch import hopeless, scratch_examples, weigh, within_reach


def log(accuracies: list[float], losses: list[float], *, examples: int = 1000) -> TrainingLog:
    k = len(accuracies)
    return TrainingLog(
        learning_rate=1e-3, steps=tuple(range(k)), examples_seen=tuple(round(examples * i / (k - 1)) for i in range(k)),
        train_losses=tuple(losses), validation_losses=tuple(losses), validation_accuracies=tuple(accuracies),
        step_losses=(), update_ratios=(), range_test=(),
    )  # fmt: skip


def test_a_longer_training_that_gains_nothing_shows_that_the_budget_was_enough() -> None:
    trial = weigh(log([0.1, 0.80], [2.3, 0.50]), log([0.1, 0.81], [2.3, 0.49]), None, bar=0.9, falling=True)
    assert (trial.longer, trial.undertrained) == (False, False)
    assert "0.49" in trial.words


def test_a_longer_training_that_gains_is_the_fairer_reference() -> None:
    trial = weigh(log([0.1, 0.70], [2.3, 0.80]), log([0.1, 0.75], [2.3, 0.60]), None, bar=0.9, falling=True)
    assert (trial.longer, trial.undertrained) == (True, False)


def test_it_stays_undertrained_while_another_such_gain_could_reach_transfer() -> None:
    trial = weigh(log([0.1, 0.70], [2.3, 0.80]), log([0.1, 0.80], [2.3, 0.60]), None, bar=0.9, falling=True)
    assert (trial.longer, trial.undertrained) == (True, True)


def test_a_longer_training_that_came_to_rest_is_enough() -> None:
    trial = weigh(log([0.1, 0.70], [2.3, 0.80]), log([0.1, 0.80], [2.3, 0.60]), None, bar=0.9, falling=False)
    assert (trial.longer, trial.undertrained) == (True, False)


def test_a_longer_training_without_hope_decides() -> None:
    trial = weigh(
        log([0.1, 0.70], [2.3, 0.80]), log([0.1, 0.5], [2.3, 1.0]), "it could reach 0.75", bar=0.9, falling=True
    )
    assert (trial.longer, trial.undertrained) == (False, False)


def test_only_a_flat_curve_far_below_is_hopeless() -> None:
    steps = np.linspace(0, 1, 14)
    flat = [0.1, *(0.3 + 0.001 * np.arange(13))]
    rising = [0.1, *(0.3 + 0.5 * steps[1:])]
    assert hopeless(log(flat, [1.0] * 14, examples=500), 0.9, 1000) is not None
    assert hopeless(log(rising, [1.0] * 14, examples=500), 0.9, 1000) is None
    assert hopeless(log(flat, [1.0] * 14, examples=100), 0.9, 1000) is None, "too early to tell"


def test_twice_the_budget_gains_at_most_what_the_second_half_did() -> None:
    rising, flat = np.linspace(0.1, 0.5, 25), np.full(25, 0.5)
    assert within_reach([log([0.1, *flat], [1.0] * 26)]) == 0.5
    assert 0.6 < within_reach([log([0.1, *rising], [1.0] * 26)]) < 0.7
    wavering = flat + np.where(np.arange(25) % 2, 0.1, -0.1)
    assert within_reach([log([0.1, *wavering], [1.0] * 26), log([0.1, *flat[::-1]], [1.0] * 26)]) < 0.56
    assert within_reach([log([0.1, 0.2, 0.3], [1.0] * 3)]) == 1.0, "too few looks to tell"


def test_few_examples_are_seen_more_often() -> None:
    per_example = [scratch_examples(n, "image-classification") / n for n in (100, 1000, 10_000)]
    assert per_example[0] == 100
    assert per_example == sorted(per_example, reverse=True)
