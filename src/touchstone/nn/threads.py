"""How many threads a training uses: half the cores, so that two fill the machine; one where a step is small.

Measured on two cores: a second thread makes a training step of MobileNetV2 at 224 px 1.4 times as fast and one of
MiniLM 1.7 times, while two trainings side by side get twice as much done.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from touchstone.core.workers import share
from touchstone.nn.determinism import device
from touchstone.nn.evaluation import moved
from touchstone.nn.network import Network
from touchstone.nn.source import Source

SMALL = 2e9
"""Operations of a batch's forward pass below which one thread is as fast as two, and unharmed by a busy machine."""


@contextmanager
def suited(network: Network, source: Source, batch_size: int) -> Iterator[None]:
    """Use the threads that suit this training; the count rests on work and machine alone, so results repeat."""
    small = next(network.model.parameters()).device.type == "cpu" and operations(network, source, batch_size) < SMALL
    with limited(1 if small else share()):
        yield


@contextmanager
def limited(threads: int) -> Iterator[None]:
    """Use so many threads inside the block."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def aside() -> bool:
    """Whether trainings may stand side by side: on a processor, not on a graphics card, which one training fills."""
    return device().type == "cpu"


def operations(network: Network, source: Source, batch_size: int) -> float:
    """Floating-point operations of one batch's forward pass."""
    on = next(network.model.parameters()).device
    training = network.model.training
    network.model.eval()
    one = moved(source.batch(np.zeros(1, np.int64)), on)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network.forward(one)
    network.model.train(training)
    return float(counter.get_total_flops()) * min(batch_size, len(source))
