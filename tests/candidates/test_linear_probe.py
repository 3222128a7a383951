from __future__ import annotations

import numpy as np
import pytest

from touchstone.candidates import linear_probe


def _blocks(n: int, k: int = 3, seed: int = 0, better: str = "penultimate") -> tuple[dict[str, np.ndarray], np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, k, n)
    centres = np.random.default_rng(50).standard_normal((k, 24))
    noise = {"low": 6.0, "middle": 4.0, "penultimate": 2.5} | {better: 1.2}
    return {
        name: (centres[labels] + spread * rng.standard_normal((n, 24)) + 2.0).astype(np.float16)
        for name, spread in noise.items()
    }, labels


def test_predicts_unseen_examples_as_well_as_its_own_held_out_ones() -> None:
    blocks, y = _blocks(300)
    fresh, z = _blocks(600, seed=1)
    probe = linear_probe.fit(blocks, y, 3)
    held_out, unseen = (probe.out_of_fold.argmax(1) == y).mean(), (probe.predict(fresh).argmax(1) == z).mean()
    assert unseen > 0.85 and abs(held_out - unseen) < 0.06
    assert probe.out_of_fold.shape == (300, 3) and probe.predict(fresh).sum(1) == pytest.approx(1.0, abs=1e-5)
    assert len(probe.tried) == 3 and probe.configs_tried == 24


def test_a_better_middle_block_is_used_and_the_head_stays_on_top() -> None:
    blocks, y = _blocks(300, better="middle")
    probe = linear_probe.fit(blocks, y, 3)
    assert "middle" in probe.config.blocks
    assert probe.head().block == "penultimate"


def test_the_head_repeats_the_probe_on_raw_features() -> None:
    blocks, y = _blocks(200)
    only = {"penultimate": blocks["penultimate"]}
    probe = linear_probe.fit(only, y, 3)
    head = probe.head()
    logits = only["penultimate"].astype(np.float64) @ head.weight.T + head.bias
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    assert head.weight.shape == (3, 24) and p == pytest.approx(probe.predict(only), abs=1e-3)


def test_out_of_fold_predictions_respect_groups() -> None:
    rng = np.random.default_rng(3)
    groups = np.repeat(np.arange(50), 6)
    x = np.repeat(rng.standard_normal((50, 40)), 6, axis=0) + 0.05 * rng.standard_normal((300, 40))
    y = np.repeat(rng.integers(0, 2, 50), 6)
    blocks = {"penultimate": x.astype(np.float32)}
    leaky = (linear_probe.fit(blocks, y, 2).out_of_fold.argmax(1) == y).mean()
    honest = (linear_probe.fit(blocks, y, 2, groups=groups).out_of_fold.argmax(1) == y).mean()
    assert leaky > 0.9 and honest < 0.75


def test_imbalance_lets_class_weights_compete() -> None:
    rng = np.random.default_rng(4)
    y = (rng.random(500) < 0.05).astype(int)
    blocks = {"penultimate": (y[:, None] + rng.standard_normal((500, 6))).astype(np.float32)}
    probe = linear_probe.fit(blocks, y, 2)
    assert probe.config.weighted and len(probe.tried) == 2
    assert not linear_probe.fit(blocks, y, 2, class_weighted=False).config.weighted


def test_a_class_seen_once_does_not_break_it() -> None:
    blocks, y = _blocks(60)
    y[0] = 3
    probe = linear_probe.fit(blocks, y, 4, class_weighted=False)
    assert np.isfinite(probe.out_of_fold).all() and probe.head().weight.shape == (4, 24)


def test_the_penultimate_layer_wins_a_tie() -> None:
    rng = np.random.default_rng(8)
    labels = np.repeat(np.arange(3), 40)
    signal = np.eye(3)[labels] * 2.0
    top = signal + rng.normal(size=signal.shape)
    found = linear_probe.fit({"below": top + 0.05 * rng.normal(size=signal.shape), "penultimate": top}, labels, 3)
    assert found.config.blocks == ("penultimate",)


def test_what_can_ship_is_one_layer_alone_and_a_lower_one_only_where_the_model_can_end_there() -> None:
    blocks, y = _blocks(300, better="middle")
    fresh, z = _blocks(600, seed=1, better="middle")
    stuck = linear_probe.fit(blocks, y, 3)
    assert stuck.frozen is stuck.penultimate and stuck.frozen_head().block == "penultimate"
    free = linear_probe.fit(blocks, y, 3, ends_at=("low", "middle"))
    assert free.frozen_head().block == "middle" and free.head().block == "penultimate"
    right = [(probe.frozen.predict(fresh).argmax(1) == z).mean() for probe in (stuck, free)]
    assert right[1] > right[0] + 0.1
    assert free.frozen_out_of_fold is not None
    assert (free.frozen_out_of_fold.argmax(1) == y).mean() == pytest.approx(right[1], abs=0.06)


def test_a_lower_layer_that_is_no_better_does_not_ship() -> None:
    blocks, y = _blocks(300)
    probe = linear_probe.fit(blocks, y, 3, ends_at=("low", "middle"))
    assert probe.frozen is probe.penultimate
