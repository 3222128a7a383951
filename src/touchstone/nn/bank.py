"""The feature bank: what a frozen base makes of every example, computed once and for all.

Rows are addressed by the digest of the example's content under a key of weights, preparation, engine and code. They
are stored as float16 in shards that appear whole or not at all, and read back memory-mapped. Missing rows are
computed in the order of their digests, so that a pass that was killed and one that was not meet the same batches.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from touchstone.core import digest
from touchstone.core.progress import Progress
from touchstone.dataset.model import Examples
from touchstone.nn.base_model import Base
from touchstone.nn.engine import Engine
from touchstone.nn.engine_choice import open_engine, recorded
from touchstone.nn.families import PENULTIMATE, classifier, head, original
from touchstone.nn.feature_graph import FeatureGraph
from touchstone.nn.preprocess import Batch, Preprocessor, Texts, preprocessor
from touchstone.nn.shards import Layout, Shards
from touchstone.nn.twin import settle_normalisation

CODE = 1
"""To be raised when the meaning of a stored row changes."""
SHARD = 512
BATCH = 32
SAMPLE = 8
"""Examples that the engines are measured with."""
LOGITS = "logits"
_GREATEST = float(np.finfo(np.float16).max)
_NOT_ARCHITECTURE = frozenset(
    {
        "id2label",
        "label2id",
        "num_labels",
        "_name_or_path",
        "transformers_version",
        "architectures",
        "dtype",
        "torch_dtype",
        "num_classes",
        "label_names",
        "label_descriptions",
    }
)

Augment = Callable[[Any, np.random.Generator], Any]


class Blocks(Mapping[str, NDArray[np.float16]]):
    """Features of some examples by block name; each array (n, d) is gathered from the disk when it is asked for."""

    def __init__(self, shards: Shards, keys: Sequence[str], names: Sequence[str]) -> None:
        self._shards, self._keys, self._names = shards, tuple(keys), tuple(names)

    def __getitem__(self, name: str) -> NDArray[np.float16]:
        if name not in self._names:
            raise KeyError(name)
        return self._shards.gather(self._keys, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


@dataclass(frozen=True)
class Features:
    """What one base makes of some examples, row by row in their order."""

    blocks: Blocks
    """float16 (n, d) by block name, bottom to top, "penultimate" last."""
    logits: NDArray[np.float16] | None
    """(n, K) of the base's own head, None where it has none."""
    engine: str
    computed: int
    """Examples (and augmented views) that really went through the network in this call."""
    seconds: float
    """Time those took, loading and choosing the engine included."""
    views: tuple[Blocks, ...] = ()
    """The same for each augmented view."""

    @property
    def penultimate(self) -> NDArray[np.float16]:
        """The features that a linear head sees."""
        return self.blocks[PENULTIMATE]


def features(
    base: Base, examples: Examples, *, home: Path, progress: Progress, seed: int = 0, twin: bool = False,
    views: int = 0, augment: Augment | None = None, augment_key: str = "", expected: int | None = None,
) -> Features:  # fmt: skip
    """Pooled features of every block, from the bank where they are there, else computed and kept.

    Parameters
    ----------
    base : a checked base model
    examples : their inputs are opened only where a row is missing
    home : folder of what outlives a run
    seed : of the twin's weights and of augmented views
    twin : of the random-initialised twin of the base instead: same network, weights drawn from ``seed``
    views : how many augmented views of every example are wanted besides, made by ``augment``
    augment_key : what names the augmentation; equal keys must mean equal augmentation
    expected : examples that the whole run will pass through this base; decides with which engines are worth trying.
        Give the same number in every call of a run.
    """
    begin = time.perf_counter()
    expected = max(expected or 0, len(examples) * (1 + views))
    work = _Work(base, seed if twin else None, home, expected, progress)
    wanted = _Wanted(examples, augment, augment_key, seed, views)
    missing = [] if work.shards is None else work.shards.missing(wanted.all_keys())
    if work.shards is None or missing:
        work.open(wanted)
        assert work.shards is not None
        missing = work.shards.missing(wanted.all_keys())
        _compute(work, wanted, missing, progress)
    shards = work.shards
    layout = shards.layout
    names = [name for name in layout.names if name != LOGITS]
    return Features(
        blocks=Blocks(shards, wanted.keys(0), names),
        logits=shards.gather(wanted.keys(0), LOGITS) if LOGITS in layout.names else None,
        engine=work.engine_name,
        computed=len(missing),
        seconds=time.perf_counter() - begin,
        views=tuple(Blocks(shards, wanted.keys(view), names) for view in range(1, views + 1)),
    )


class _Wanted:
    """Which rows are asked for, and how to get the input of one."""

    def __init__(self, examples: Examples, augment: Augment | None, augment_key: str, seed: int, views: int) -> None:
        if views and augment is None:
            raise ValueError("augmented views need the function that makes them")
        self._examples, self._augment, self._tag, self._views = examples, augment, f"{augment_key}:{seed}", views
        self._places: dict[str, tuple[int, int]] = {}
        for view in range(views + 1):
            for index, key in enumerate(self.keys(view)):
                self._places.setdefault(key, (index, view))

    def keys(self, view: int) -> tuple[str, ...]:
        """Row keys of all examples; view 0 is the example as it is."""
        if view == 0:
            return self._examples.digests
        return tuple(f"{content}~{self._tag}~{view}" for content in self._examples.digests)

    def all_keys(self) -> list[str]:
        return [key for view in range(self._views + 1) for key in self.keys(view)]

    def open(self, key: str) -> Any:
        """The input behind a row; an augmented view draws from its own key alone."""
        index, view = self._places[key]
        opened = self._examples.inputs[index]
        if view == 0:
            return opened
        assert self._augment is not None
        return self._augment(opened, np.random.default_rng(int(digest.of_data(key)[7:23], 16)))


class _Work:
    """A base (or its twin) on its way through the bank; the network is loaded only when a row is missing."""

    def __init__(self, base: Base, twin_seed: int | None, home: Path, expected: int, progress: Progress) -> None:
        self.base, self.twin_seed, self.home, self.expected, self.progress = base, twin_seed, home, expected, progress
        self.preprocessor: Preprocessor = preprocessor(base)
        kept = {name: value for name, value in base.config.items() if name not in _NOT_ARCHITECTURE}
        self.architecture = digest.of_data(
            {"config": kept, "pooling": base.pooling, "prepared": self.preprocessor.digest}
        )
        self.weights = digest.of_data([base.digest, twin_seed])
        known = recorded(self.architecture, self.weights, home, expected)
        self.engine_name = known.chosen if known is not None else ""
        self.engine: Engine | None = None
        self.shards: Shards | None = (
            Shards(self._folder()) if known is not None and Shards.exists(self._folder()) else None
        )
        self.head: tuple[NDArray[np.float32], NDArray[np.float32]] | None = None

    def _folder(self) -> Path:
        key = [CODE, self.base.digest, self.preprocessor.digest, self.engine_name, self.twin_seed]
        return self.home / "features" / digest.of_data(key).removeprefix("sha256:")[:32]

    def open(self, wanted: _Wanted) -> None:
        """Load the network, choose its engine, and open (or found) its folder."""
        if self.twin_seed is None:
            model, has_head = original(self.base)
        else:
            model, has_head = classifier(self.base, ("0", "1"), pretrained=False, seed=self.twin_seed), False
        keys = sorted(set(wanted.all_keys()))[:SAMPLE]
        sample = self.preprocessor([wanted.open(key) for key in keys] * (2 if len(keys) == 1 else 1))
        if self.twin_seed is not None:
            settle_normalisation(model, sample, self.twin_seed)
        if has_head:
            layer = head(model)
            self.head = layer.weight.detach().numpy().copy(), layer.bias.detach().numpy().copy()
        graph = FeatureGraph(model)
        self.engine, _ = open_engine(
            graph,
            sample,
            architecture=self.architecture,
            weights=self.weights,
            home=self.home,
            expected=self.expected,
            progress=self.progress,
        )
        self.engine_name = self.engine.name
        widths = [part.shape[1] for part in self.engine(sample)]
        names, sizes = list(graph.names), widths
        if self.head is not None:
            names, sizes = [*names, LOGITS], [*widths, len(self.head[1])]
        self.shards = Shards(self._folder(), Layout(tuple(names), tuple(sizes)))

    def rows(self, batch: Batch) -> NDArray[np.float16]:
        """One row per example: every block side by side, then the base's own logits."""
        assert self.engine is not None
        parts = self.engine(batch)
        if self.head is not None:
            weight, bias = self.head
            parts = [*parts, parts[-1] @ weight.T + bias]
        wide = np.concatenate(parts, axis=1)
        return np.clip(wide, -_GREATEST, _GREATEST).astype(np.float16)


def _compute(work: _Work, wanted: _Wanted, missing: Sequence[str], progress: Progress) -> None:
    assert work.shards is not None
    shards = work.shards
    name = f"{'random twin of ' if work.twin_seed is not None else ''}{work.base.written}: frozen pass"
    with progress.task(name, len(missing)) as bar, ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        for start in range(0, len(missing), SHARD):
            keys = missing[start : start + SHARD]
            done: list[str] = []
            rows: list[NDArray[np.float16]] = []
            for batch_keys, batch in _batches(work.preprocessor, wanted, keys, pool):
                rows.append(work.rows(batch))
                done.extend(batch_keys)
                bar.advance(len(batch_keys))
            shards.add(done, np.concatenate(rows))


def _batches(
    prepare: Preprocessor, wanted: _Wanted, keys: Sequence[str], pool: ThreadPoolExecutor
) -> Iterator[tuple[Sequence[str], Batch]]:
    """Batches of one shard, prepared by other threads while the network computes; texts of like length together."""
    if isinstance(prepare, Texts):
        tokens = prepare.tokens([wanted.open(key) for key in keys])
        order = sorted(range(len(keys)), key=lambda i: (len(tokens[i]), keys[i]))
        for start in range(0, len(order), BATCH):
            picked = order[start : start + BATCH]
            yield [keys[i] for i in picked], prepare.pad([tokens[i] for i in picked])
        return

    def make(part: Sequence[str]) -> Batch:
        return prepare([wanted.open(key) for key in part])

    waiting: list[tuple[Sequence[str], Future[Batch]]] = []
    for start in range(0, len(keys), BATCH):
        part = keys[start : start + BATCH]
        waiting.append((part, pool.submit(make, part)))
        if len(waiting) > 3:
            yield waiting[0][0], waiting.pop(0)[1].result()
    for part, future in waiting:
        yield part, future.result()
