"""Where a training takes its batches from: stores on disk, or inputs decoded and augmented again each time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from touchstone.dataset.model import Examples
from touchstone.nn.activations import Prepare, Store
from touchstone.nn.split import HIDDEN, Batch

Augment = Callable[[Any, Any, np.random.Generator], Any]
"""``augment(input, names, rng)``: one random view of a decoded input."""


class Source(Protocol):
    """Batches by row; ``views`` of shape (len(rows),) says which view of each, 0 being the plain one."""

    @property
    def n_views(self) -> int:
        """Augmented views there are beside the plain one."""

    @property
    def lengths(self) -> NDArray[np.int64] | None:
        """Tokens of each text; None for images."""

    def __len__(self) -> int: ...
    def batch(self, rows: NDArray[np.int64], views: NDArray[np.int64] | None = None) -> Batch: ...


class Stored:
    """Batches from stores: the plain view first, augmented ones after it.

    ``order[i]`` is the row of the stores at which example i stands.
    """

    def __init__(self, stores: Sequence[Store], order: NDArray[np.int64]) -> None:
        self._stores = list(stores)
        self._order = order

    @property
    def n_views(self) -> int:
        return len(self._stores) - 1

    @property
    def lengths(self) -> NDArray[np.int64] | None:
        lengths = self._stores[0].lengths
        return None if lengths is None else lengths[self._order]

    def __len__(self) -> int:
        return len(self._order)

    def batch(self, rows: NDArray[np.int64], views: NDArray[np.int64] | None = None) -> Batch:
        places = self._order[rows]
        if views is None or not views.any():
            return self._stores[0].batch(places)
        name = HIDDEN if HIDDEN in self._stores[0].batch(places[:1]) else "pixel_values"
        values = np.empty((len(rows), *self._stores[0].row_shape), np.float32)
        for view in np.unique(views):
            here = views == view
            values[here] = self._stores[int(view)].dense(places[here])
        return {name: torch.from_numpy(values)}


class Live:
    """Batches decoded, augmented and preprocessed anew each time; every view is different."""

    def __init__(self, examples: Examples, prepare: Prepare, augment: Augment | None, names: Any) -> None:
        self._examples, self._prepare, self._augment, self._names = examples, prepare, augment, names

    @property
    def n_views(self) -> int:
        return 0 if self._augment is None else 1 << 16

    @property
    def lengths(self) -> NDArray[np.int64] | None:
        return None

    def __len__(self) -> int:
        return len(self._examples)

    def batch(self, rows: NDArray[np.int64], views: NDArray[np.int64] | None = None) -> Batch:
        numbers = np.zeros(len(rows), np.int64) if views is None else views
        inputs = [
            view_of(self._examples, int(row), int(view), self._augment, self._names)
            for row, view in zip(rows, numbers, strict=True)
        ]
        return self._prepare(inputs)


class Picked:
    """Some rows of another source, counted anew."""

    def __init__(self, source: Source, rows: NDArray[np.int64]) -> None:
        self._source, self._rows = source, rows

    @property
    def n_views(self) -> int:
        return self._source.n_views

    @property
    def lengths(self) -> NDArray[np.int64] | None:
        lengths = self._source.lengths
        return None if lengths is None else lengths[self._rows]

    def __len__(self) -> int:
        return len(self._rows)

    def batch(self, rows: NDArray[np.int64], views: NDArray[np.int64] | None = None) -> Batch:
        return self._source.batch(self._rows[rows], views)


class Chained:
    """The plain views of one source and then of another, to be looked at together."""

    n_views = 0

    def __init__(self, first: Source, second: Source) -> None:
        self._first, self._second = first, second

    @property
    def lengths(self) -> NDArray[np.int64] | None:
        first, second = self._first.lengths, self._second.lengths
        return None if first is None or second is None else np.concatenate([first, second])

    def __len__(self) -> int:
        return len(self._first) + len(self._second)

    def batch(self, rows: NDArray[np.int64], views: NDArray[np.int64] | None = None) -> Batch:
        first = rows < len(self._first)
        if first.all():
            return self._first.batch(rows)
        if not first.any():
            return self._second.batch(rows - len(self._first))
        parts = self._first.batch(rows[first]), self._second.batch(rows[~first] - len(self._first))
        where = torch.from_numpy(np.argsort(np.concatenate([np.flatnonzero(first), np.flatnonzero(~first)])))
        return {name: _stacked(*(part[name] for part in parts))[where] for name in parts[0]}


def _stacked(first: Tensor, second: Tensor) -> Tensor:
    """One batch after another; shorter texts are filled up with zeros, which their masks leave out."""
    if first.dim() > 3 or first.dim() < 2:  # pictures
        return torch.cat([first, second])
    longest = max(first.shape[1], second.shape[1])
    filled = [
        torch.nn.functional.pad(part, (0, 0) * (part.dim() - 2) + (0, longest - part.shape[1]))
        for part in (first, second)
    ]
    return torch.cat(filled)


def view_of(examples: Examples, row: int, view: int, augment: Augment | None, names: Any) -> Any:
    """View number ``view`` of one example: 0 is plain, others depend on content and number alone."""
    value = examples.inputs[row]
    if view == 0 or augment is None:
        return value
    content = int(examples.digests[row].removeprefix("sha256:")[:15], 16)
    return augment(value, names, np.random.default_rng([content, view]))
