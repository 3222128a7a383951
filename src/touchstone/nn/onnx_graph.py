"""The feature graph as ONNX, kept without its weights: one export serves every base of an architecture.

Exporting takes seconds; two bases of one architecture, the random twin of a base, and every later run differ in
weights alone, which are put into the stored graph by name.
"""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from touchstone.core.atomic import write_bytes
from touchstone.nn.feature_graph import FeatureGraph
from touchstone.nn.loading import one_line
from touchstone.nn.preprocess import Batch

OPSET = 20


class NotExportable(Exception):
    """This network cannot be written as ONNX here; the message says why."""


def session(graph: FeatureGraph, sample: Batch, stored: Path, threads: int) -> Any:
    """An ONNX Runtime session of the graph with its present weights.

    Parameters
    ----------
    graph : in evaluation mode, on the CPU, normalisation already folded into convolutions
    sample : a batch of at least two examples, to trace with
    stored : file of the graph without weights; written where absent
    threads : that one call may use

    Raises
    ------
    NotExportable
        where the export, its packages, or ONNX Runtime fail; eager engines remain
    """
    try:
        import onnx
        import onnxruntime  # type: ignore[import-untyped]

        if not stored.is_file():
            write_bytes(stored, _without_weights(_exported(graph, sample), graph).SerializeToString())
        model = onnx.load(stored)
        _fill(model, graph)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 4
        return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    except Exception as fault:  # exporters raise anything; without ONNX the eager engines serve
        raise NotExportable(one_line(fault)) from fault


def _exported(graph: FeatureGraph, sample: Batch) -> Any:
    inputs = tuple(sample[name][:2].contiguous() for name in graph.input_names)
    free = {0: torch.export.Dim.DYNAMIC} | ({} if len(inputs) == 1 else {1: torch.export.Dim.DYNAMIC})
    with _silence(), torch.no_grad():
        program = torch.onnx.export(
            graph, inputs, None, dynamo=True, input_names=list(graph.input_names), opset_version=OPSET,
            dynamic_shapes=tuple(free for _ in inputs), optimize=False, verbose=False,
        )  # fmt: skip
    assert program is not None
    return program.model_proto


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """The exporter warns of what it skips and prints what it does; neither concerns the caller."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def _tensors(graph: nn.Module) -> dict[str, torch.Tensor]:
    return dict(graph.named_parameters()) | dict(graph.named_buffers())


def _without_weights(model: Any, graph: FeatureGraph) -> Any:
    for node in model.graph.node:
        del node.metadata_props[:]  # where in whose source each node came from
        node.ClearField("doc_string")
    held = _tensors(graph)
    used = {name for node in model.graph.node for name in node.input}
    for entry in [entry for entry in model.graph.initializer if entry.name not in used]:
        model.graph.initializer.remove(entry)  # the head, whose size differs from base to base
    for entry in model.graph.initializer:
        if entry.name in held and tuple(entry.dims) == tuple(held[entry.name].shape):
            entry.ClearField("raw_data")
            entry.doc_string = "weights"
    return model


def _fill(model: Any, graph: FeatureGraph) -> None:
    held = _tensors(graph)
    for entry in model.graph.initializer:
        if entry.doc_string == "weights":
            values = held[entry.name].detach().cpu().numpy()
            if tuple(entry.dims) != values.shape:
                raise ValueError(f"{entry.name} has another shape than in the stored graph")
            entry.raw_data = np.ascontiguousarray(values).tobytes()
