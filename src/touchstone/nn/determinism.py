"""Seeds, and the device that everything runs on."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


def device() -> torch.device:
    """The GPU where there is one, else the CPU. ``TOUCHSTONE_DEVICE`` overrides it."""
    wanted = os.environ.get("TOUCHSTONE_DEVICE")
    if wanted:
        return torch.device(wanted)
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def seed_everything(seed: int) -> None:
    """Seed Python, numpy and torch, and ask torch for repeatable kernels where it has them."""
    random.seed(seed)
    np.random.seed(seed % 2**32)  # libraries below us may still draw from the global generator
    torch.manual_seed(seed)
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.deterministic = True


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Draw from ``seed`` inside the block; torch's generators go on as before afterwards."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        yield


def autocast(on: torch.device) -> torch.autocast:
    """bfloat16 on a GPU that has it, full precision elsewhere."""
    usable = on.type == "cuda" and torch.cuda.is_bf16_supported()
    return torch.autocast(on.type, dtype=torch.bfloat16, enabled=usable)
