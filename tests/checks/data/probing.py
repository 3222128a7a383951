"""Data that are made by code, laid out for checks that look at features."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from tests.checks.desk import Desk, dataset, study, texts
from touchstone.checks.check import Check
from touchstone.core.finding import Finding
from touchstone.core.progress import Silent
from touchstone.dataset.inputs import Pictures
from touchstone.dataset.model import Dataset, Examples
from touchstone.dataset.picture import decode, digest
from touchstone.pipeline.probing import Prober
from touchstone.study.model import TaskName

TOPICS = (
    ["goal", "match", "team", "coach", "league", "stadium", "player", "score", "season", "striker"],
    ["oven", "butter", "flour", "recipe", "sauce", "pepper", "bake", "garlic", "onion", "spoon"],
    ["engine", "wheel", "brake", "fuel", "driver", "road", "gear", "tyre", "motor", "garage"],
)
PLAIN = [
    "the",
    "we",
    "saw",
    "yesterday",
    "a",
    "very",
    "with",
    "then",
    "it",
    "was",
    "and",
    "my",
    "they",
    "again",
    "in",
    "from",
]


@dataclass(frozen=True)
class Cell:
    """Bytes of a picture as a place."""

    data: bytes

    def read(self) -> bytes:
        return self.data

    def identity(self) -> str:
        return str(hash(self.data))


def topic_texts(n: int, classes: int = 3, *, seed: int = 0, ambiguous: float = 0.0) -> tuple[list[str], Any]:
    """Texts of a few topics; an ``ambiguous`` share mixes the words of two."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, n)
    made = []
    for label in labels:
        words = list(rng.choice(PLAIN, rng.integers(3, 9)))
        pool = TOPICS[label]
        if rng.random() < ambiguous:
            pool = [*pool, *TOPICS[(label + 1) % classes]]
        words += list(rng.choice(pool, rng.integers(2, 6)))
        made.append(" ".join(rng.permutation(words)) + rng.choice([".", "!", "", "?"]))
    return made, labels


def pictures(arrays: Sequence[Any], labels: Any, save: Callable[[Any, int], bytes] | None = None) -> Examples:
    """Pictures of uint8 arrays, saved as PNG or by ``save(image, index)``."""
    cells, digests = [], []
    for i, array in enumerate(arrays):
        image = Image.fromarray(array).convert("RGB")
        data = save(image, i) if save else png(image)
        cells.append(Cell(data))
        digests.append(digest(decode(data)))
    names = tuple(f"p{i}.png" for i in range(len(cells)))
    return Examples("image-classification", names, Pictures(cells), np.asarray(labels, dtype=np.int64), tuple(digests))


def png(image: Any, **options: Any) -> bytes:
    with io.BytesIO() as buffer:
        image.save(buffer, "PNG", **options)
        return buffer.getvalue()


def jpeg(image: Any, quality: int = 85, **options: Any) -> bytes:
    with io.BytesIO() as buffer:
        image.save(buffer, "JPEG", quality=quality, **options)
        return buffer.getvalue()


def scenes(labels: Any, *, side: int = 48, seed: int = 0) -> list[Any]:
    """Coloured blobs on noisy grounds; the class decides the hue, as that of a flower does."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:side, :side]
    made = []
    for label in labels:
        hue = np.array([(200, 60, 60), (60, 190, 80), (70, 80, 210)][int(label) % 3])
        ground = rng.normal(rng.integers(60, 200), 8, (side, side, 1)) + rng.normal(0, 5, (side, side, 3))
        x, y, r = (int(rng.integers(*span)) for span in ((14, side - 14), (14, side - 14), (10, 18)))
        inside = ((rows - y) ** 2 + (columns - x) ** 2 < r * r)[..., None]
        made.append(
            np.clip(np.where(inside, hue + rng.normal(0, 15, (side, side, 3)), ground), 0, 255).astype(np.uint8)
        )
    return made


def desk(train: Examples, *, classes: int | None = None, test: Examples | None = None, **more: Any) -> Desk:
    """A desk with a prober, as ``audit`` sets it up."""
    empty = train.take([]) if test is None else test
    number = int(train.labels.max()) + 1 if classes is None else classes
    data: Dataset = dataset(train, empty, train.take([]), classes=number, given=True, **more)
    plan = study(task=_task(train))
    return Desk(plan, data, prober=Prober(data, Silent(), 0))


def _task(train: Examples) -> TaskName:
    return train.task  # type: ignore[return-value]


def asked(check: Check, laid: Desk) -> list[Finding]:
    """The check's findings."""
    return list(check.run(laid))


def written(labels: Any, words: Sequence[str], **more: Any) -> Examples:
    """Labelled texts."""
    return texts(labels, "t", words, **more)
