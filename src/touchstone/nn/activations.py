"""Inputs of a training, computed once and kept on disk: half-precision, memory-mapped, shared by seeds and recipes.

A store holds one view of some examples at one place of the model: preprocessed inputs, or activations after a block.
Images are rows of one shape; texts are ragged, one stretch of tokens each, padded only when a batch is made.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from touchstone.core.atomic import writing_folder
from touchstone.nn.split import HIDDEN, Batch

Prepare = Callable[[Sequence[Any]], Batch]
"""From decoded inputs to what the model is called with."""

_HALF_MAX = 6.0e4


class Overflow(Exception):
    """An activation does not fit half precision; train without a cache then."""


class Store:
    """Rows on disk: ``batch(rows)`` gives them back as float32 tensors, padded where they are ragged."""

    def __init__(self, folder: Path) -> None:
        about = json.loads((folder / "about.json").read_text())
        self.n: int = about["n"]
        self.ragged: bool = about["ragged"]
        self.padding: int = about["padding"]
        self._value_name: str | None = about["value"]
        self._values: NDArray[np.float16] | None = None
        if self._value_name is not None and self.ragged:
            self._values = np.memmap(folder / "values.bin", np.float16, "r").reshape(-1, about["width"])
        elif self._value_name is not None:
            self._values = np.load(folder / "values.npy", mmap_mode="r")
        if self.ragged:
            self._offsets: NDArray[np.int64] = np.load(folder / "offsets.npy")
            self._tokens: NDArray[np.int32] = np.load(folder / "tokens.npy", mmap_mode="r")

    @property
    def lengths(self) -> NDArray[np.int64] | None:
        """Tokens of each text; None for images."""
        return np.diff(self._offsets) if self.ragged else None

    @property
    def row_shape(self) -> tuple[int, ...]:
        """Shape of one dense row."""
        assert self._values is not None
        return self._values.shape[1:]

    def dense(self, rows: NDArray[np.int64]) -> NDArray[np.float16]:
        """Rows of one shape, (len(rows), ...)."""
        assert self._values is not None and not self.ragged
        return self._values[rows]

    def batch(self, rows: NDArray[np.int64]) -> Batch:
        """The rows as one batch."""
        if not self.ragged:
            assert self._value_name is not None
            return {self._value_name: torch.from_numpy(self.dense(rows).astype(np.float32))}
        lengths = self._offsets[rows + 1] - self._offsets[rows]
        ids = np.full((len(rows), int(lengths.max())), self.padding, dtype=np.int64)  # (B, L)
        mask = np.zeros_like(ids)
        # (B, L, d)
        hidden = None if self._values is None else np.zeros((*ids.shape, self._values.shape[1]), np.float32)
        for place, row in enumerate(rows):
            start, end = int(self._offsets[row]), int(self._offsets[row + 1])
            ids[place, : end - start] = self._tokens[start:end]
            mask[place, : end - start] = 1
            if hidden is not None and self._values is not None:
                hidden[place, : end - start] = self._values[start:end]
        batch = {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask)}
        if hidden is not None:
            batch[HIDDEN] = torch.from_numpy(hidden)
        return batch


def is_built(folder: Path) -> bool:
    """Whether a whole store stands there."""
    return (folder / "about.json").exists()


def build(
    folder: Path,
    inputs: Callable[[NDArray[np.int64]], list[Any]],
    n: int,
    prepare: Prepare,
    lower: Callable[[Batch], Sequence[Tensor]] | None,
    *,
    beside: Sequence[Path] = (),
    padding: int = 0,
    batch_size: int = 32,
    advance: Callable[[int], None] = lambda n: None,
) -> Store:
    """Compute the rows once and open them; a folder that is there already is only opened.

    Parameters
    ----------
    folder : where the store stands; it appears whole or not at all
    inputs : gives the decoded inputs at some rows
    n : number of rows
    prepare : preprocessing
    lower : the frozen part of the model; None keeps the preprocessed inputs themselves
    beside : folders of further stores, for what else ``lower`` gives
    padding : token id that fills up short texts
    batch_size : rows that go through the model together; results do not depend on it beyond rounding
    advance : told how many rows were done

    Raises
    ------
    Overflow
        where an activation exceeds half precision
    """
    if not is_built(folder):
        with ExitStack() as stack:
            temporary = [stack.enter_context(writing_folder(each)) for each in (folder, *beside)]
            writers = [_Writer(each, n, padding) for each in temporary]
            for start in range(0, n, batch_size):
                rows = np.arange(start, min(start + batch_size, n))
                batch = prepare(inputs(rows))
                hidden: Sequence[Tensor | None] = [None] if lower is None else [part.float() for part in lower(batch)]
                for writer, values in zip(writers, hidden, strict=True):
                    writer.add(batch, values)
                advance(len(rows))
            for writer in writers:
                writer.close()
    return Store(folder)


class _Writer:
    """Appends batches to the files of a store."""

    def __init__(self, folder: Path, n: int, padding: int) -> None:
        self.folder, self.n, self.padding = folder, n, padding
        self.at = 0
        self.values: NDArray[np.float16] | None = None
        self.width: int | None = None
        self.tokens: list[NDArray[np.int32]] = []
        self.lengths: list[int] = []
        self.ragged = False
        self.value_name: str | None = None

    def add(self, batch: Batch, hidden: Tensor | None) -> None:
        if "input_ids" in batch:
            self._add_ragged(batch, hidden)
            return
        value = batch["pixel_values"] if hidden is None else hidden
        self.value_name = "pixel_values" if hidden is None else HIDDEN
        array = _half(value)
        if self.values is None:
            self.values = np.lib.format.open_memmap(
                self.folder / "values.npy", mode="w+", dtype=np.float16, shape=(self.n, *array.shape[1:])
            )
        self.values[self.at : self.at + len(array)] = array
        self.at += len(array)

    def _add_ragged(self, batch: Batch, hidden: Tensor | None) -> None:
        self.ragged = True
        mask = batch["attention_mask"].bool().cpu()  # (B, L), padding on the right
        self.tokens.append(batch["input_ids"].cpu()[mask].numpy().astype(np.int32))
        self.lengths.extend(int(length) for length in mask.sum(1))
        if hidden is not None:
            self.value_name = HIDDEN
            tokens = _half(hidden.cpu()[mask])  # (tokens, d)
            self.width = tokens.shape[1]
            with (self.folder / "values.bin").open("ab") as file:  # how many there will be is not known yet
                file.write(tokens.tobytes())

    def close(self) -> None:
        if self.ragged:
            np.save(self.folder / "offsets.npy", np.concatenate([[0], np.cumsum(self.lengths)]).astype(np.int64))
            np.save(self.folder / "tokens.npy", np.concatenate(self.tokens))
        elif isinstance(self.values, np.memmap):
            self.values.flush()
        about = {
            "n": self.n, "ragged": self.ragged, "padding": self.padding, "value": self.value_name, "width": self.width,
        }  # fmt: skip
        (self.folder / "about.json").write_text(json.dumps(about))


def _half(values: Tensor) -> NDArray[np.float16]:
    array = values.detach().cpu().contiguous().numpy()
    if not np.isfinite(array).all() or (array.size and float(np.abs(array).max()) > _HALF_MAX):
        raise Overflow("activations exceed half precision")
    half: NDArray[np.float16] = array.astype(np.float16)
    return half
