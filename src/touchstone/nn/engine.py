"""The ways of running a feature graph, and what of the machine decides which of them is fast."""

from __future__ import annotations

import copy
import os
import platform
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from touchstone.core import digest
from touchstone.nn.determinism import device
from touchstone.nn.feature_graph import FeatureGraph
from touchstone.nn.onnx_graph import session
from touchstone.nn.preprocess import Batch
from touchstone.supply.timm_config import TIMM

Features = list[NDArray[np.float32]]


class Engine:
    """One way of running a feature graph: a batch in, one float32 array of shape (B, d) per block out."""

    def __init__(self, name: str, run: Callable[[Batch], Features]) -> None:
        self.name = name
        self._run = run

    def __call__(self, batch: Batch) -> Features:
        return self._run(batch)


def make_engine(name: str, graph: FeatureGraph, sample: Batch, stored: Path) -> Engine:
    """An engine by name: eager, channels-last, bf16, channels-last-bf16, onnxruntime, cuda or cuda-bf16.

    ``stored`` is where the exported graph stands or will stand; :class:`NotExportable` is raised where it cannot be made.
    """
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


def fuse_normalisation(graph: nn.Module) -> None:
    """Fold every batch normalisation into the convolution before it; the function in evaluation mode stays.

    Not in timm's models: neighbours in them need not run one after another, and some of their normalisations activate.
    """
    if any(getattr(getattr(part, "config", None), "model_type", None) == TIMM for part in graph.modules()):
        return
    for parent in list(graph.modules()):
        children = list(parent.named_children())
        for (name, first), (next_name, second) in pairwise(children):
            if isinstance(first, nn.Conv2d) and isinstance(second, nn.BatchNorm2d):
                setattr(parent, name, fuse_conv_bn_eval(first, second))
                setattr(parent, next_name, nn.Identity())


def engine_names(graph: FeatureGraph) -> tuple[str, ...]:
    """Engines worth trying for a graph on this machine: the plain one first, the dearest to try last."""
    if device().type == "cuda":
        return ("cuda", "cuda-bf16")
    if sum(isinstance(part, nn.Conv2d) for part in graph.modules()) > 1:  # one alone cuts pictures into patches
        return ("eager", "channels-last", "bf16", "channels-last-bf16", "onnxruntime")
    return ("eager", "bf16", "onnxruntime")


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
