"""The one pass that reads every example's content: digests, likenesses for near copies, and what cannot be read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from touchstone.core import digest
from touchstone.core.progress import Progress
from touchstone.dataset import picture, wording
from touchstone.dataset.inputs import Place
from touchstone.dataset.picture import PictureError, Print
from touchstone.dataset.raw import Raw
from touchstone.dataset.recall import Recall

WORKERS = 2
"""Decoding and hashing leave Python's lock; more threads than this gain little beside other work."""
_CHUNK = 64


@dataclass(frozen=True)
class Content:
    """What identifies the inputs of one source, in its order, after unreadable ones were set aside."""

    digests: tuple[str, ...]
    hashes: NDArray[np.uint64] | None = None
    """(n, 2): perceptual hash and mirrored hash; pictures only."""
    thumbs: NDArray[np.uint8] | None = None
    """(n, 24, 24, 3); pictures only."""
    greys: NDArray[np.uint8] | None = None
    """(n, 48, 48); pictures only."""


def read_content(raw: Raw, task: str, progress: Progress, home: Path) -> Content:
    """Digest every input of ``raw``; what cannot be read is set aside there, with its reason."""
    if task == "image-classification":
        return _pictures(raw, progress, home)
    if task == "text-classification":
        return _texts(raw)
    return of_rows(raw.inputs)


def of_rows(rows: Iterable[Mapping[str, Any]]) -> Content:
    """The content of a table's rows: a digest of each."""
    return Content(tuple(digest.of_data(row).partition(":")[2] for row in rows))


def _texts(raw: Raw) -> Content:
    kept = []
    for index, text in enumerate(raw.inputs):
        fault = wording.fault(text)
        if fault:
            raw.set_aside(raw.names[index], *fault)
        else:
            kept.append(index)
    raw.keep(kept)
    return Content(tuple(wording.digest(text) for text in raw.inputs))


def _pictures(raw: Raw, progress: Progress, home: Path) -> Content:
    recall = Recall(home, raw.inputs)
    everything = recall.load()
    if everything is None:
        everything = list(_prints(raw, progress))
        recall.save(everything)
    prints: list[Print] = []
    kept = []
    for index, found in enumerate(everything):
        if isinstance(found, PictureError):
            raw.set_aside(raw.names[index], found.kind, found.reason)
        else:
            kept.append(index)
            prints.append(found)
    raw.keep(kept)
    hashes = np.array([(p.hash, p.mirror_hash) for p in prints], dtype=np.uint64).reshape(-1, 2)
    shape = (-1, picture.THUMB, picture.THUMB, 3)
    thumbs = np.stack([p.thumb for p in prints]) if prints else np.zeros((0,), np.uint8)
    greys = np.array([p.grey for p in prints], np.uint8).reshape(-1, picture.GREY, picture.GREY)
    return Content(tuple(p.digest for p in prints), hashes, thumbs.reshape(shape), greys)


def _prints(raw: Raw, progress: Progress) -> Iterator[Print | PictureError]:
    places: list[Any] = raw.inputs
    with progress.task(f"reading {raw.split}", len(places)) as bar, ThreadPoolExecutor(WORKERS) as pool:
        for start in range(0, len(places), _CHUNK):
            for found in pool.map(_print, places[start : start + _CHUNK]):
                yield found
                bar.advance()


def _print(place: Place) -> Print | PictureError:
    try:
        return picture.fingerprint(picture.decode(place.read()))
    except PictureError as exc:
        return exc
