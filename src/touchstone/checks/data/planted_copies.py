"""Plants for ``data.leakage``: would a changed copy of the user's own examples have been found?"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np

from touchstone.dataset.model import Examples
from touchstone.dataset.near_pictures import near_prints
from touchstone.dataset.near_texts import near_texts
from touchstone.dataset.picture import PictureError, fingerprint
from touchstone.dataset.wording import digest
from touchstone.stats.plant import Sensitivity

TRIES = 10
_POOL = 60
"""Other examples that the planted copies hide among; each picture of them is decoded once."""


def sensitivities(examples: Examples, seed: int) -> tuple[Sensitivity, ...]:
    """For each way of changing a copy, how many of ten planted ones the search for near copies finds.

    Parameters
    ----------
    examples : the user's own, from which copies are made; at least two

    Returns
    -------
    one Sensitivity per kind of change; the first are those that this version promises to find,
    empty for tasks whose copies are only searched exactly
    """
    rng = np.random.default_rng(seed)
    chosen = rng.permutation(len(examples))[: TRIES + _POOL]
    if examples.task == "image-classification":
        return _pictures(examples, chosen)
    if examples.task == "text-classification":
        return _texts([str(examples.inputs[int(i)]) for i in chosen], rng)
    return ()


def _pictures(examples: Examples, chosen: Any) -> tuple[Sensitivity, ...]:
    pictures = []
    for i in chosen:
        try:
            pictures.append(examples.inputs[int(i)])
        except PictureError:
            continue
    originals = [fingerprint(picture) for picture in pictures]
    found = []
    for what, change in _CHANGES:
        prints = originals + [fingerprint(change(picture)) for picture in pictures[:TRIES]]
        pairs = {(int(a), int(b)) for a, b in near_prints(prints)[0]}
        tries = min(TRIES, len(pictures))
        caught = sum(
            (i, len(originals) + i) in pairs or prints[i].digest == prints[len(originals) + i].digest
            for i in range(tries)
        )
        found.append(Sensitivity(caught, tries, what))
    return tuple(found)


def _smaller(picture: Any) -> Any:
    width, height = picture.size
    return picture.resize((max(1, width // 2), max(1, height // 2)))


def _recompressed(picture: Any) -> Any:
    from PIL import Image

    with io.BytesIO() as buffer:
        picture.save(buffer, "JPEG", quality=50)
        return Image.open(io.BytesIO(buffer.getvalue())).convert("RGB")


def _mirrored(picture: Any) -> Any:
    from PIL import ImageOps

    return ImageOps.mirror(picture)


def _brighter(picture: Any) -> Any:
    return picture.point(lambda value: min(255, int(1.15 * value)))


def _turned(picture: Any) -> Any:
    return picture.rotate(5)


def _on_its_side(picture: Any) -> Any:
    from PIL import Image

    return picture.transpose(Image.Transpose.ROTATE_90)


def _framed(picture: Any) -> Any:
    from PIL import ImageOps

    return ImageOps.expand(picture, max(1, min(picture.size) // 20))


def _cropped(picture: Any) -> Any:
    width, height = picture.size
    x, y = width // 10, height // 10
    return picture.crop((x, y, max(x + 1, width - x), max(y + 1, height - y)))


# The promised ones first; the others are measured to say what would have been missed.
_CHANGES: tuple[tuple[str, Callable[[Any], Any]], ...] = (
    ("pictures at half size", _smaller),
    ("recompressed pictures", _recompressed),
    ("mirrored pictures", _mirrored),
    ("brightened pictures", _brighter),
    ("cropped pictures", _cropped),
    ("slightly turned pictures", _turned),
    ("pictures turned by a quarter", _on_its_side),
    ("framed pictures", _framed),
)
PROMISED = 2
"""How many of the changes, from the first, must be found before a pass counts: half size and recompression of
pictures, case and punctuation of texts."""


def _texts(texts: list[str], rng: np.random.Generator) -> tuple[Sensitivity, ...]:
    changes: tuple[tuple[str, Callable[[str], str]], ...] = (
        ("re-cased texts", str.upper),
        ("texts with other punctuation at the end", lambda text: text.rstrip(".!? ") + " !!"),
        ("texts with their halves swapped", _swapped),
        ("texts with one word left out", lambda text: _without_a_word(text, rng)),
    )
    found = []
    for what, change in changes:
        tries = min(TRIES, len(texts))
        copies = [change(text) for text in texts[:tries]]
        pairs = {(int(a), int(b)) for a, b in near_texts([*texts, *copies])[0]}
        caught = sum((i, len(texts) + i) in pairs or digest(texts[i]) == digest(copies[i]) for i in range(tries))
        found.append(Sensitivity(caught, tries, what))
    return tuple(found)


def _swapped(text: str) -> str:
    words = text.split()
    half = len(words) // 2
    return " ".join(words[half:] + words[:half])


def _without_a_word(text: str, rng: np.random.Generator) -> str:
    words = text.split()
    if len(words) < 2:
        return text
    drop = int(rng.integers(len(words)))
    return " ".join(word for i, word in enumerate(words) if i != drop)
