"""Seeds and devices."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch

from touchstone.nn.determinism import autocast, device, seed_everything, seeded


def test_equal_seeds_draw_equal_numbers_everywhere() -> None:
    def draw() -> tuple[float, float, float]:
        return random.random(), float(np.random.rand()), float(torch.rand(()))

    seed_everything(3)
    first = draw()
    seed_everything(3)
    assert draw() == first
    seed_everything(4)
    assert draw() != first


def test_a_seeded_block_leaves_the_outer_draws_alone() -> None:
    torch.manual_seed(0)
    expected = torch.rand(2)
    torch.manual_seed(0)
    first = torch.rand(1)
    with seeded(9):
        torch.rand(5)
    assert torch.equal(torch.cat([first, torch.rand(1)]), expected)


def test_the_device_can_be_named_and_the_processor_keeps_full_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOUCHSTONE_DEVICE", "cpu")
    assert device() == torch.device("cpu")
    with autocast(device()):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.float32
