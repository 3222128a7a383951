"""Trivial properties of examples: what is told without looking at the content."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from touchstone.dataset.inputs import Pictures, Rows, Texts
from touchstone.dataset.marks import bands, blocks, sign_places
from touchstone.dataset.model import Examples
from touchstone.dataset.picture import PictureError, decode, opened
from touchstone.dataset.picture_facts import facts

Kind = Literal["artefact", "measure", "content"]
"""``artefact``: nothing that an example shows (a border, a format, a source); ``measure``: a size that content may
rightly have; ``content``: a part of the input itself, such as one column of a table."""
MOST_VALUES = 200
_MOST_PIXELS = 2_000_000
_USUAL, _HEADERS = 1.25, 1024
"""A file that differs from ours by this factor or by this many bytes is within what headers and coding tables
explain."""


@dataclass(frozen=True)
class Trivial:
    """One property of every example: ``values`` (n, d), words become numbers of their own."""

    name: str
    kind: Kind
    values: NDArray[Any]


@dataclass(frozen=True)
class TrivialView:
    """All properties, and for pictures the small high-passed blocks in which a mark would repeat itself, with those
    of them, (64,), that count.
    """

    properties: tuple[Trivial, ...]
    blocks: NDArray[np.float32] | None = None
    places: NDArray[np.bool_] | None = None


def trivial_view(examples: Examples) -> TrivialView:
    """Every trivial property of the examples, in their order."""
    found: list[Trivial] = []
    high = places = None
    if isinstance(examples.inputs, Pictures):
        pictures, high, side = _pictures(examples.inputs)
        places = sign_places(side)
        found += pictures
    elif isinstance(examples.inputs, Texts):
        found += _texts(examples.inputs.texts)
    elif isinstance(examples.inputs, Rows):
        found += _rows(examples.inputs.rows)
    if not isinstance(examples.inputs, Rows):
        found += _columns(examples.columns)
    if isinstance(examples.inputs, Pictures):
        found += _paths(examples.names, examples.labels)
    return TrivialView(tuple(found), high, places)


def _pictures(pictures: Pictures) -> tuple[list[Trivial], NDArray[np.float32], float]:
    """Properties, blocks, and the shorter side of most pictures."""
    rows: list[list[float]] = []
    bars: list[list[float]] = []
    high: list[NDArray[np.float32]] = []
    words: list[tuple[str, str, str, str]] = []
    for index in range(len(pictures)):
        data = pictures.read(index)
        fact = facts(data)
        words.append((fact.form, fact.mode, fact.camera, fact.software))
        try:
            image = decode(data)
        except PictureError:
            rows.append([0.0] * 7)
            bars.append([-1.0] * 8)
            high.append(np.zeros_like(high[0]) if high else blocks(None))
            continue
        pixels = fact.width * fact.height
        rows.append([fact.n_bytes, _saved_again(data, pixels), fact.width, fact.height,
                     fact.width / max(fact.height, 1), fact.quality, fact.n_tags + 0.5 * fact.progressive])  # fmt: skip
        bars.append(bands(np.asarray(image)))
        high.append(blocks(image))
    table = np.array(rows, dtype=np.float64).reshape(len(rows), 7)
    found = [
        Trivial("border", "artefact", np.array(bars)),
        Trivial("file size (beyond what is shown)", "artefact", table[:, 1:2]),
        Trivial("JPEG quality", "artefact", table[:, 5:6]),
        Trivial("metadata tags", "artefact", table[:, 6:7]),
        # what a file holds beyond what it shows is judged above, where it could be saved again
        Trivial("file size", "measure", np.where(table[:, 1:2] > 0, 0.0, table[:, 0:1])),
        Trivial("width and height", "measure", table[:, 2:5]),
    ]
    for name, column in zip(
        ("file format", "colour mode", "camera", "software"), zip(*words, strict=True), strict=True
    ):
        found.append(Trivial(name, "artefact", coded(column)))
    side = float(np.median(table[:, 2:4].min(axis=1))) if len(table) else 0.0
    return found, np.stack(high) if high else np.zeros((0, 1, 1), np.float32), side


def _saved_again(data: bytes, n_pixels: int) -> float:
    """Bytes of a file for each byte that the same picture takes when it is saved in the same way; 0 if unknown.

    What is shown cancels out; what was appended, packed otherwise or left unpacked remains.
    """
    import io

    if n_pixels > _MOST_PIXELS:
        return 0.0
    try:
        with opened(data) as image, io.BytesIO() as buffer:
            if image.format == "JPEG":
                image.save(buffer, "JPEG", qtables=image.quantization, subsampling="keep")  # type: ignore[attr-defined]
            elif image.format == "PNG":
                image.save(buffer, "PNG")
            else:
                return 0.0
            again = buffer.tell()
            usual = abs(len(data) - again) < _HEADERS or 1 / _USUAL < len(data) / again < _USUAL
            return 1.0 if usual else len(data) / again
    except Exception:  # a file that can be read need not be one that can be written again
        return 0.0


def _texts(texts: Sequence[str]) -> Iterator[Trivial]:
    lengths = [[len(t), len(t.split()), len(t) / max(len(t.split()), 1)] for t in texts]
    yield Trivial("text length", "measure", np.array(lengths, dtype=np.float64))
    # digits are left out: a reservation has its hour and its number of guests
    signs = [[_share(t, str.isupper), sum(not c.isalnum() and not c.isspace() for c in t), sum(ord(c) > 127 for c in t),
              t.count("\n")] for t in texts]  # fmt: skip
    yield Trivial("capitals and punctuation", "measure", np.array(signs, dtype=np.float64))
    edges = [[len(t) - len(t.lstrip()), len(t) - len(t.rstrip()), float("  " in t), float("\t" in t),
              float("\u00a0" in t or "\u200b" in t), float("<" in t and ">" in t)] for t in texts]  # fmt: skip
    yield Trivial("white space and markup", "artefact", np.array(edges, dtype=np.float64))
    yield Trivial(
        "last sign", "measure", coded([t.strip()[-1:] if not t.strip()[-1:].isalnum() else "" for t in texts])
    )


def _share(text: str, test: Any) -> float:
    return float(sum(map(test, text)) / max(len(text), 1))


def _rows(rows: Sequence[Mapping[str, Any]]) -> Iterator[Trivial]:
    names = dict.fromkeys(key for row in rows[:100] for key in row)
    missing = np.array([[row.get(name) is None for name in names] for row in rows], dtype=np.float64)
    yield Trivial("which cells are empty", "artefact", missing)
    for name in names:
        values = [row.get(name) for row in rows]
        filled = [value for value in values if value is not None]
        if filled and all(isinstance(value, (int, float)) for value in filled):
            numbers = np.array([np.nan if value is None else float(value) for value in values])
            yield Trivial(f"column {name}", "content", numbers[:, None])
        elif len(set(map(str, filled))) <= MOST_VALUES:
            yield Trivial(f"column {name}", "content", coded([str(value) for value in values]))


_ALIAS = re.compile(r"label|class|categor|species|target|fine|coarse|split|fold|sha|hash|reason|annotat|vote", re.I)
"""Columns that are the label by another name, a ready-made split or a digest."""


def _columns(columns: Mapping[str, Sequence[str]]) -> Iterator[Trivial]:
    for name, values in columns.items():
        if _ALIAS.search(name):
            continue
        filled = [value for value in values if value]
        distinct = set(filled)
        numbers = [_number(value) for value in values]
        if filled and len(distinct) > 20 and all(_number(value) is not None for value in filled):
            table = np.array([np.nan if number is None else number for number in numbers])
            yield Trivial(f"column {name}", "content", table[:, None])
        elif len({*values}) >= 2 and len(distinct) <= min(MOST_VALUES, len(values) / 4):
            yield Trivial(f"column {name}", "artefact", coded(values))


def _number(value: str) -> float | None:
    try:
        return float(value) if value else None
    except ValueError:
        return None


def _paths(names: Sequence[str], labels: NDArray[Any]) -> Iterator[Trivial]:
    """How a file is named, apart from the folder of its class and from its number."""
    stems = [re.split(r"[/\\]", name)[-1] for name in names]
    endings = [stem.rpartition(".")[2].lower() if "." in stem else "" for stem in stems]
    yield Trivial("ending of the file name", "artefact", coded(endings))
    begins = _not_the_class([_BEGIN.match(stem.lower()).group() for stem in stems], labels)  # type: ignore[union-attr]
    often = [word for word, count in Counter(begins).items() if word and count > 1]
    # more words than classes describe what is seen (royal-gala, granny-smith), not where it comes from
    if 2 <= len(set(begins)) <= _MOST_BEGINS and len(often) <= len(np.unique(labels)):
        yield Trivial("beginning of the file name", "artefact", coded(begins))


_BEGIN = re.compile(r"[^\W\d_]*")
_MOST_BEGINS, _ALL = 20, 0.98


def _not_the_class(words: Sequence[str], labels: NDArray[Any]) -> list[str]:
    """Words that are not another name of a class: those of a class alone, in nearly all of it, become empty."""
    kept = np.asarray(words, dtype=object)
    for word in set(words):
        holders = labels[kept == word]
        if len(set(holders.tolist())) == 1 and len(holders) >= _ALL * (labels == holders[0]).sum():
            kept[kept == word] = ""
    return [str(word) for word in kept]


def coded(words: Sequence[str]) -> NDArray[np.float64]:
    """One 0/1 column for each of the most common words, (n, at most 60)."""
    values, counts = np.unique(np.asarray(words, dtype=str), return_counts=True)
    common = values[np.argsort(-counts, kind="stable")][:60]
    return np.asarray(np.asarray(words, dtype=str)[:, None] == common[None, :], dtype=np.float64)
