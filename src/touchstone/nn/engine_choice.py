"""Which way of running a network is fastest here, yet gives the same features.

Measured once for an architecture, a machine and an order of magnitude of work; for every base the engine is checked
against plain execution; both are written down, so that later runs use the same engine and get the same numbers.
"""

from __future__ import annotations

import json
import math
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from touchstone.core import digest
from touchstone.core.atomic import write_text
from touchstone.core.progress import Progress
from touchstone.nn.engine import (
    Engine,
    Features,
    engine_names,
    fuse_normalisation,
    machine_digest,
    machine_words,
    make_engine,
)  # fmt: skip
from touchstone.nn.feature_graph import FeatureGraph
from touchstone.nn.onnx_graph import NotExportable
from touchstone.nn.preprocess import Batch

LEAST_COSINE = 0.999
FEW_EXAMPLES = 300
"""Up to here an export (5 to 10 seconds) cannot be earned back; it is not tried."""
EXPORT_SECONDS = 8.0
WORTH = 0.75
"""Another engine must take at most this share of the plain one's time to be worth being different."""
SAVED_SECONDS = 2.0
"""And save that much in all: timings waver, and with them small runs would differ in their last digits."""
ROUNDS = 3


@dataclass(frozen=True)
class EngineRecord:
    """What was measured and chosen."""

    chosen: str
    seconds_per_example: dict[str, float]
    cosines: dict[str, float] = field(default_factory=dict)
    """Smallest cosine of any block and example against plain execution."""
    left_out: dict[str, str] = field(default_factory=dict)
    """Why an engine was not tried or not taken."""


def open_engine(
    graph: FeatureGraph,
    sample: Batch,
    *,
    architecture: str,
    weights: str,
    home: Path,
    expected: int,
    progress: Progress,
) -> tuple[Engine, EngineRecord]:
    """The engine for a graph: the one on record for these weights, else the fastest whose features agree.

    Parameters
    ----------
    graph : in evaluation mode; its batch normalisation is folded in place
    sample : a few prepared examples (8 are enough)
    architecture : digest of what decides about speed: the configuration, not the weights
    weights : names the weights; an engine that suits one base of an architecture may be too coarse for another
    home : folder of what outlives a run
    expected : examples that will go through, for whether an export pays
    """
    fuse_normalisation(graph)
    stored = home / "engines" / f"{_short([architecture, graph.names, torch.__version__])}.onnx"
    record = recorded(architecture, weights, home, expected)
    if record is None:
        shared = recorded(architecture, "", home, expected)
        if shared is None:
            record = _measure(graph, sample, stored, expected, progress)
            _write(_record_path(architecture, "", home, expected), record, expected)
        else:
            record = _checked(shared, graph, sample, stored)
        _write(_record_path(architecture, weights, home, expected), record, expected)
    try:
        return make_engine(record.chosen, graph, sample, stored), record
    except NotExportable:
        return make_engine(engine_names(graph)[0], graph, sample, stored), record


def recorded(architecture: str, weights: str, home: Path, expected: int) -> EngineRecord | None:
    """What an earlier run on this machine chose for this much work, None where nothing was measured yet."""
    try:
        found = json.loads(_record_path(architecture, weights, home, expected).read_text("utf-8"))
        return EngineRecord(found["chosen"], found["seconds_per_example"], found["cosines"], found["left_out"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(path: Path, record: EngineRecord, expected: int) -> None:
    write_text(path, json.dumps({**asdict(record), "machine": machine_words(), "examples": expected}, indent=1))


def _record_path(architecture: str, weights: str, home: Path, expected: int) -> Path:
    scale = 0 if expected <= FEW_EXAMPLES else 1 + int(math.log10(expected / FEW_EXAMPLES))
    return home / "engines" / f"{_short([architecture, weights, machine_digest(), scale])}.json"


def _short(value: Any) -> str:
    return digest.of_data(value).removeprefix("sha256:")[:24]


def _measure(graph: FeatureGraph, sample: Batch, stored: Path, expected: int, progress: Progress) -> EngineRecord:
    plain, *others = engine_names(graph)
    reference, taken = _timed(make_engine(plain, graph, sample, stored), sample)
    seconds, cosines, left_out = {plain: taken}, dict[str, float](), dict[str, str]()
    for name in others:
        reason = _not_worth_trying(name, stored, expected, min(seconds.values()))
        if reason is not None:
            left_out[name] = reason
            continue
        try:
            features, seconds[name] = _timed(make_engine(name, graph, sample, stored), sample)
        except (NotExportable, RuntimeError) as fault:
            left_out[name] = f"not available: {str(fault)[:200]}"
            continue
        cosines[name] = least_cosine(features, reference)
        if not cosines[name] >= LEAST_COSINE:
            left_out[name] = f"its features differ from those of {plain} (cosine {cosines[name]:.4f})"
    fit = {name: taken for name, taken in seconds.items() if name not in left_out}
    fastest = min(fit, key=lambda name: fit[name])
    saved = expected * (seconds[plain] - fit[fastest])
    chosen = fastest if fit[fastest] <= WORTH * seconds[plain] and saved >= SAVED_SECONDS else plain
    progress.say(f"engine {chosen}: {1 / seconds[chosen]:.0f} examples/s ({plain} {1 / seconds[plain]:.0f})")
    return EngineRecord(chosen, seconds, cosines, left_out)


def _not_worth_trying(name: str, stored: Path, expected: int, quickest: float) -> str | None:
    if name != "onnxruntime":
        return None
    if expected <= FEW_EXAMPLES:
        return f"not tried for up to {FEW_EXAMPLES} examples"
    if not stored.is_file() and expected * quickest < EXPORT_SECONDS:
        return "an export would take longer than the whole pass"
    return None


def _checked(shared: EngineRecord, graph: FeatureGraph, sample: Batch, stored: Path) -> EngineRecord:
    """The architecture's engine where it also suits these weights, else the plain one."""
    plain = engine_names(graph)[0]
    if shared.chosen == plain:
        return shared
    try:
        features = make_engine(shared.chosen, graph, sample, stored)(sample)
    except (NotExportable, RuntimeError) as fault:
        reason = f"not available: {str(fault)[:200]}"
        return replace(shared, chosen=plain, left_out=shared.left_out | {shared.chosen: reason})
    cosine = least_cosine(features, make_engine(plain, graph, sample, stored)(sample))
    cosines = shared.cosines | {shared.chosen: cosine}
    if cosine >= LEAST_COSINE:
        return replace(shared, cosines=cosines)
    reason = f"its features differ from those of {plain} (cosine {cosine:.4f})"
    return replace(shared, chosen=plain, cosines=cosines, left_out=shared.left_out | {shared.chosen: reason})


def _timed(engine: Engine, sample: Batch) -> tuple[Features, float]:
    """Features, and the seconds per example of the quickest of a few rounds (others may use the machine, too)."""
    features = engine(sample)
    taken = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        engine(sample)
        taken.append(time.perf_counter() - begin)
    return features, min(taken) / len(features[0])


def least_cosine(features: Features, reference: Features) -> float:
    """The smallest cosine of any block and example between two ways of running a graph."""
    worst = 1.0
    for ours, theirs in zip(features, reference, strict=True):
        a, b = ours.astype(np.float64), theirs.astype(np.float64)
        lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
        cosines = np.where(lengths > 0, (a * b).sum(1) / np.maximum(lengths, 1e-300), np.all(a == b, axis=1))
        worst = min(worst, float(cosines.min()))
    return worst
