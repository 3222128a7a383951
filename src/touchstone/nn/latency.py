"""How long one call takes: the exported model, one input at a time, preparation included."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import torch

from touchstone.core.measures import Latency
from touchstone.core.progress import Progress, Silent
from touchstone.dataset.model import Examples
from touchstone.nn.engine import machine_words
from touchstone.nn.predictor import Predictor

WARM_UP = 50
LEAST = 300
"""Calls made even where time is up: 299 are the fewest that bound a 99th percentile (0.99^299 < 0.05)."""
_DISTINCT = 64


def measure(
    folder: Path, examples: Examples, n: int = 1000, *, seconds: float = 60.0, progress: Progress | None = None
) -> Latency:
    """Times of single calls of an exported model.

    Parameters
    ----------
    folder : an exported model
    examples : up to 64 of them are called in turn, already decoded
    n : calls to time, after 50 to warm up
    seconds : where the calls take longer in all, it stops, but not before 300

    Returns
    -------
    milliseconds float64 of shape (calls,), and what machine they are from
    """
    predictor = Predictor.load(folder)
    inputs = [examples.inputs[i] for i in range(min(_DISTINCT, len(examples)))]
    begin = time.perf_counter()
    for i in range(WARM_UP):
        predictor.probabilities([inputs[i % len(inputs)]])
    taken: list[float] = []
    with (progress or Silent()).task("latency", n) as bar:
        while len(taken) < n and (len(taken) < LEAST or time.perf_counter() - begin < seconds):
            start = time.perf_counter_ns()
            predictor.probabilities([inputs[len(taken) % len(inputs)]])
            taken.append((time.perf_counter_ns() - start) / 1e6)
            bar.advance()
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return Latency(np.asarray(taken), machine_words(), torch.get_num_threads(), load)
