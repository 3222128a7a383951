"""How many threads a training uses: one where a step is so small that threads would mostly wait for each other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from touchstone.nn.evaluation import moved
from touchstone.nn.network import Network
from touchstone.nn.source import Source

SMALL = 2e9
"""Operations of a batch's forward pass below which one thread is as fast as two, and unharmed by a busy machine."""


@contextmanager
def suited(network: Network, source: Source, batch_size: int) -> Iterator[None]:
    """Use the threads that suit this training; the count rests on the work alone, so results repeat."""
    before = torch.get_num_threads()
    if next(network.model.parameters()).device.type == "cpu" and operations(network, source, batch_size) < SMALL:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


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
