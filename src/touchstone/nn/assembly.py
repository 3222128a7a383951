"""Everything a training needs, made once: the network cut at its freeze boundary and the batches it is fed."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from touchstone.core import digest
from touchstone.core.progress import Progress
from touchstone.core.recipe import Recipe
from touchstone.dataset.model import Examples
from touchstone.nn.activations import Overflow, Prepare, Store, build, is_built
from touchstone.nn.base_model import Base
from touchstone.nn.determinism import device
from touchstone.nn.evaluation import Held, moved
from touchstone.nn.families import blocks
from touchstone.nn.lower_pass import Lower, open_lower
from touchstone.nn.preprocess import preprocessor
from touchstone.nn.source import Augment, Live, Source, Stored, view_of
from touchstone.nn.split import HIDDEN, Batch, SplitError, SplitModel

VIEWS = 4
"""Augmented views of every training image that are kept beside the plain one."""
CACHE_BYTES = 6 << 30
"""What the stores of one set of examples may take on disk; beyond it views are dropped, then caching."""
FORMAT = 1


@dataclass(frozen=True)
class TrainingData:
    """What a training may see.

    ``augment(input, names, rng)`` gives one random view of an input; None where the task has none. ``names`` are the
    recipe's.
    """

    train: Examples
    validation: Examples
    classes: tuple[str, ...]
    augment: Augment | None = None


@dataclass(frozen=True)
class Cut:
    """A model and the way from a source's batches to its logits; ``boundary`` is its lowest thawed block."""

    model: nn.Module
    boundary: int
    split: SplitModel | None

    def forward(self, batch: Batch) -> Tensor:
        """Logits of a batch of cached activations or of whole inputs."""
        if self.split is not None and HIDDEN in batch:
            return self.split.upper(batch)
        logits: Tensor = self.model(**batch).logits
        return logits


def boundary_of(model: nn.Module, recipe: Recipe) -> int:
    """Index of the lowest block that a recipe thaws; the number of blocks where it thaws the head alone."""
    count = len(blocks(model))
    if recipe.layers == "head":
        return count
    if recipe.layers == "all":
        return 0
    return max(0, count - int(recipe.layers))


def cut(model: nn.Module, boundary: int, base: Base, examples: Examples) -> Cut:
    """Cut a model below its lowest thawed block; uncut where everything is thawed or the family resists."""
    model.eval()
    if boundary == 0:
        return Cut(model, boundary, None)
    rows = range(min(2, len(examples)))
    probe = moved(preprocessor(base)([examples.inputs[row] for row in rows]), next(model.parameters()).device)
    try:
        return Cut(model, boundary, SplitModel(model, boundary, probe))
    except SplitError:
        return Cut(model, boundary, None)


@dataclass
class Shelf:
    """Where stores stand, and under which name: base, boundary, preprocessing and content decide it."""

    base: Base
    cache: Path
    prepare: Prepare
    prepared_as: str
    """Says how inputs are prepared; part of the name."""
    computed: int = 0
    """Examples that went through the lower part since this shelf was opened."""

    def source(
        self, parts: Cut, examples: Examples, *, augment: Augment | None = None, names: Any = "none",
        progress: Progress, title: str, views: int = VIEWS, below: Sequence[int] = (),
    ) -> Source:  # fmt: skip
        """Batches of some examples: from stores where they fit, live where they do not.

        ``below`` are boundaries of later trainings: what these will want of the same examples is kept in the same pass.
        """
        order = np.argsort(np.array(examples.digests), kind="stable")
        ordered = examples.take(order)
        wanted = views if augment is not None else 0
        kept, *others = self._affordable(parts, ordered, wanted, () if parts.split is None else below)
        if kept is None:
            return Live(examples, self.prepare, augment, names)
        places = np.empty(len(order), np.int64)
        places[order] = np.arange(len(order))
        also = [boundary for boundary, fitting in zip(below, others, strict=False) if fitting == kept]
        for beside in [also, []] if also else [[]]:
            try:
                stores = self._stores(parts, ordered, range(kept + 1), augment, names, progress, title, beside)
            except Overflow:
                continue
            return Stored(stores, places)
        return Live(examples, self.prepare, augment, names)

    def _stores(
        self, parts: Cut, ordered: Examples, views: range, augment: Augment | None, names: Any,
        progress: Progress, title: str, below: Sequence[int],
    ) -> list[Store]:  # fmt: skip
        stores = []
        lower: Lower | None = None

        def advance(count: int) -> None:
            self.computed += count
            bar.advance(count)

        def folder_of(boundary: int, view: int) -> Path:
            return self.cache / "activations" / self._name(boundary, ordered, view, names)

        own = 0 if parts.split is None else parts.boundary
        with progress.task(title, len(ordered) * len(views)) as bar:
            for view in views:
                folder = folder_of(own, view)
                if lower is None and parts.split is not None and not is_built(folder):
                    expected = len(ordered) * len(views)
                    lower = open_lower(parts.split, self._sample(ordered), expected, self.cache, below)
                stores.append(build(
                    folder, self._reader(ordered, view, augment, names), len(ordered), self.prepare, lower,
                    beside=[folder_of(boundary, view) for boundary in below],
                    padding=int(getattr(self.prepare, "pad_id", 0)), advance=advance,
                ))  # fmt: skip
        return stores

    def _sample(self, ordered: Examples) -> Batch:
        return self.prepare([ordered.inputs[row % len(ordered)] for row in range(2)])

    def _reader(
        self, ordered: Examples, view: int, augment: Augment | None, names: Any
    ) -> Callable[[NDArray[np.int64]], list[Any]]:
        return lambda rows: [view_of(ordered, int(row), view, augment, names) for row in rows]

    def _name(self, boundary: int, ordered: Examples, view: int, names: Any) -> str:
        about = {
            "format": FORMAT, "base": self.base.digest if boundary else "", "view": view,
            "boundary": boundary, "prepared": self.prepared_as,
            "names": (names if isinstance(names, str) else list(names)) if view else "",
            "examples": digest.of_data(list(ordered.digests)),
        }  # fmt: skip
        return digest.of_data(about).removeprefix("sha256:")[:32]

    def _affordable(
        self, parts: Cut, ordered: Examples, wanted: int, below: Sequence[int]
    ) -> list[int | None]:  # fmt: skip
        """How many augmented views fit the budget at a model's boundary and at each below it; None where not even the
        plain one does.
        """
        batch = self.prepare([ordered.inputs[0]])
        if "input_ids" in batch and parts.split is None:
            return [0]
        on = next(parts.model.parameters()).device
        with torch.inference_mode():
            rows = [batch["pixel_values"]] if parts.split is None else parts.split.lower(moved(batch, on), below)
        allowed = min(CACHE_BYTES, _free_bytes(self.cache) // 2)
        fitting = [allowed // max(1, row.numel() * 2 * len(ordered)) - 1 for row in rows]
        return [None if views < 0 else int(min(wanted, views)) for views in fitting]


def shelf(base: Base, cache: Path, *, side: int | None = None) -> Shelf:
    """The shelf of a base, with the preparation that its own files ask for, images shrunk to at most ``side`` pixels."""
    prepare = preprocessor(base)
    if side is None:
        return Shelf(base, cache, prepare, prepare.digest)
    return Shelf(base, cache, Shrunk(prepare, side), f"{prepare.digest} within {side}")


class Shrunk:
    """Prepared images made smaller, so that a network without pretraining can be afforded."""

    def __init__(self, prepare: Prepare, side: int) -> None:
        self.prepare, self.side = prepare, side

    def __call__(self, inputs: Sequence[Any]) -> Batch:
        pixels = self.prepare(inputs)["pixel_values"]  # (B, 3, H, W)
        size = [min(self.side, side) for side in pixels.shape[-2:]]
        return {"pixel_values": functional.interpolate(pixels, size, mode="bilinear", antialias=True)}


def held(parts: Cut, on_shelf: Shelf, examples: Examples, progress: Progress, below: Sequence[int] = ()) -> Held:
    """Labelled examples to look at, in the order given."""
    source = on_shelf.source(parts, examples, progress=progress, title="validation activations", below=below)
    return Held(source, examples.labels)


def canonical(data: TrainingData) -> TrainingData:
    """The same data with training examples ordered by content, so that the order they came in never matters."""
    order = np.argsort(np.array(data.train.digests), kind="stable")
    return replace(data, train=data.train.take(order))


def place(model: nn.Module) -> nn.Module:
    """The model on the device, convolutions in channels-last order."""
    model.to(device())
    if any(isinstance(part, nn.Conv2d) for part in model.modules()):
        model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return model


def _free_bytes(folder: Path) -> int:
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free
