"""The engine of the frozen pass: which way of running a network is fastest here, yet gives the same features.

Measured once for a network, a machine and an order of magnitude of work, checked against plain eager execution, and
written down, so that later runs use the same engine and get the same numbers.
"""

from __future__ import annotations

import copy
import json
import math
import os
import platform
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from touchstone.core import digest
from touchstone.core.atomic import write_text
from touchstone.core.progress import Progress
from touchstone.nn.determinism import device
from touchstone.nn.feature_graph import FeatureGraph
from touchstone.nn.onnx_graph import NotExportable, session
from touchstone.nn.preprocess import Batch

LEAST_COSINE = 0.999
FEW_EXAMPLES = 300
"""Up to here an export (5 to 10 seconds) cannot be earned back; it is not tried."""
EXPORT_SECONDS = 8.0
WORTH = 0.95
"""Another engine must take at most this share of eager's time to be worth being different."""
ROUNDS = 3

Features = list[NDArray[np.float32]]


class Engine:
    """One way of running a feature graph: a batch in, one float32 array of shape (B, d) per block out."""

    def __init__(self, name: str, run: Callable[[Batch], Features]) -> None:
        self.name = name
        self._run = run

    def __call__(self, batch: Batch) -> Features:
        return self._run(batch)


@dataclass(frozen=True)
class EngineRecord:
    """What was measured and chosen."""

    chosen: str
    seconds_per_example: dict[str, float]
    cosines: dict[str, float] = field(default_factory=dict)
    """Smallest cosine of any block and example against eager."""
    left_out: dict[str, str] = field(default_factory=dict)
    """Why an engine was not tried or not taken."""


def open_engine(
    graph: FeatureGraph, sample: Batch, *, architecture: str, home: Path, expected: int, progress: Progress
) -> tuple[Engine, EngineRecord]:
    """The engine for a graph: the one on record, else the fastest that agrees with eager.

    Parameters
    ----------
    graph : in evaluation mode
    sample : a few prepared examples (8 are enough)
    architecture : digest of what decides about speed: the configuration, not the weights
    home : folder of what outlives a run
    expected : examples that will go through, for whether an export pays
    """
    fuse_normalisation(graph)
    stored = home / "engines" / f"{_short([architecture, graph.names, torch.__version__])}.onnx"
    record = recorded(architecture, home, expected)
    if record is None:
        record = _measure(graph, sample, stored, expected, progress)
        words = {**asdict(record), "machine": machine_words(), "examples": expected}
        write_text(_record_path(architecture, home, expected), json.dumps(words, indent=1))
    try:
        return _make(record.chosen, graph, sample, stored), record
    except NotExportable:
        return _make("eager", graph, sample, stored), record


def recorded(architecture: str, home: Path, expected: int) -> EngineRecord | None:
    """What an earlier run on this machine chose for this much work, None where nothing was measured yet."""
    return _read(_record_path(architecture, home, expected))


def _record_path(architecture: str, home: Path, expected: int) -> Path:
    scale = 0 if expected <= FEW_EXAMPLES else 1 + int(math.log10(expected / FEW_EXAMPLES))
    return home / "engines" / f"{_short([architecture, machine_digest(), scale])}.json"


def _short(value: Any) -> str:
    return digest.of_data(value).removeprefix("sha256:")[:24]


def _read(path: Path) -> EngineRecord | None:
    try:
        found = json.loads(path.read_text("utf-8"))
        return EngineRecord(found["chosen"], found["seconds_per_example"], found["cosines"], found["left_out"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _measure(graph: FeatureGraph, sample: Batch, stored: Path, expected: int, progress: Progress) -> EngineRecord:
    left_out: dict[str, str] = {}
    seconds: dict[str, float] = {}
    cosines: dict[str, float] = {}
    reference_name = "cuda" if device().type == "cuda" else "eager"
    reference_engine = _make(reference_name, graph, sample, stored)
    reference, seconds[reference_name] = _timed(reference_engine, sample)
    for name in _names(graph):
        if name == "onnxruntime" and expected <= FEW_EXAMPLES:
            left_out[name] = f"not tried for {expected} examples"
            continue
        if name == "onnxruntime" and not stored.is_file() and expected * min(seconds.values()) < EXPORT_SECONDS:
            left_out[name] = "an export would take longer than the whole pass"
            continue
        try:
            features, seconds[name] = _timed(_make(name, graph, sample, stored), sample)
        except (NotExportable, RuntimeError) as fault:
            left_out[name] = f"not available: {str(fault)[:200]}"
            continue
        cosines[name] = _least_cosine(features, reference)
        if not cosines[name] >= LEAST_COSINE:
            left_out[name] = f"its features differ from eager's (cosine {cosines[name]:.4f})"
    fit = {name: taken for name, taken in seconds.items() if name not in left_out}
    fastest = min(fit, key=lambda name: fit[name])
    chosen = fastest if fit[fastest] <= WORTH * seconds[reference_name] else reference_name
    progress.say(f"engine {chosen}: {1 / seconds[chosen]:.0f} examples/s (eager {1 / seconds[reference_name]:.0f})")
    return EngineRecord(chosen, seconds, cosines, left_out)


def _names(graph: FeatureGraph) -> tuple[str, ...]:
    """Engines to try after the plain one, cheapest to try first."""
    if device().type == "cuda":
        return ("cuda-bf16",)
    if sum(isinstance(part, nn.Conv2d) for part in graph.modules()) > 1:  # one alone cuts pictures into patches
        return ("channels-last", "bf16", "channels-last-bf16", "onnxruntime")
    return ("bf16", "onnxruntime")


def _make(name: str, graph: FeatureGraph, sample: Batch, stored: Path) -> Engine:
    if name == "onnxruntime":
        return _onnx_engine(graph, sample, stored)
    where = device() if name.startswith("cuda") else torch.device("cpu")
    half = name.endswith("bf16")
    dtype = torch.bfloat16 if half and where.type == "cpu" else torch.float32
    last = name.startswith("channels-last") or where.type == "cuda"
    layout = torch.channels_last if last else torch.contiguous_format
    network = graph if name == "eager" else copy.deepcopy(graph)
    network = network.to(device=where, dtype=dtype, memory_format=layout)  # type: ignore[call-overload]

    def run(batch: Batch) -> Features:
        inputs = [batch[key] for key in graph.input_names]
        inputs = [x.to(dtype).contiguous(memory_format=layout) if x.is_floating_point() else x for x in inputs]
        inputs = [x.to(where, non_blocking=True) for x in inputs]
        with torch.inference_mode(), torch.autocast("cuda", torch.bfloat16, enabled=half and where.type == "cuda"):
            return [output.float().cpu().numpy() for output in network(*inputs)]

    return Engine(name, run)


def _onnx_engine(graph: FeatureGraph, sample: Batch, stored: Path) -> Engine:
    opened = session(graph, sample, stored, torch.get_num_threads())

    def run(batch: Batch) -> Features:
        outputs: Features = opened.run(None, {name: batch[name].numpy() for name in graph.input_names})
        return outputs

    return Engine("onnxruntime", run)


def _timed(engine: Engine, sample: Batch) -> tuple[Features, float]:
    """Features, and the seconds per example of the quickest of a few rounds (others may use the machine, too)."""
    features = engine(sample)
    taken = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        engine(sample)
        taken.append(time.perf_counter() - begin)
    return features, min(taken) / len(features[0])


def _least_cosine(features: Features, reference: Features) -> float:
    worst = 1.0
    for ours, theirs in zip(features, reference, strict=True):
        a, b = ours.astype(np.float64), theirs.astype(np.float64)
        lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
        cosines = np.where(lengths > 0, (a * b).sum(1) / np.maximum(lengths, 1e-300), np.all(a == b, axis=1))
        worst = min(worst, float(cosines.min()))
    return worst


def fuse_normalisation(graph: nn.Module) -> None:
    """Fold every batch normalisation into the convolution before it; the function in evaluation mode stays."""
    for parent in list(graph.modules()):
        children = list(parent.named_children())
        for (name, first), (next_name, second) in zip(children, children[1:], strict=False):
            if isinstance(first, nn.Conv2d) and isinstance(second, nn.BatchNorm2d):
                setattr(parent, name, fuse_conv_bn_eval(first, second))
                setattr(parent, next_name, nn.Identity())


def machine_words() -> str:
    """What this machine is, in words, as far as it decides about speed."""
    gpu = f", {torch.cuda.get_device_name()}" if torch.cuda.is_available() else ""
    return f"{_processor()}, {os.cpu_count()} cores, {torch.get_num_threads()} threads{gpu}"


def machine_digest() -> str:
    """Changes where an engine's choice should be looked at again."""
    return digest.of_data([machine_words(), torch.__version__, _onnxruntime_version()])


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _onnxruntime_version() -> Any:
    try:
        import onnxruntime  # type: ignore[import-untyped]
    except ImportError:
        return None
    return onnxruntime.__version__
