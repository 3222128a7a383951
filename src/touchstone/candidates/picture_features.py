"""What pictures show without any pretraining: edges, colours, and the picture itself made very small."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from touchstone.core.progress import Progress, Silent

Floats = NDArray[Any]

EDGE_SIDE, TINY_SIDE, COLOUR_SIDE = 64, 32, 128
_COLOUR_LEVELS = 8
_CHUNK = 64


def edges(grey: Floats) -> Floats:
    """Histogram of oriented gradients (Dalal, Triggs, CVPR 2005) of a (64, 64) picture: float32 (1764,)."""
    from skimage.feature import hog

    found = hog(grey, orientations=9, pixels_per_cell=(8, 8), cells_per_block=(2, 2), block_norm="L2-Hys")
    return np.asarray(found, dtype=np.float32)


def colours(pixels: NDArray[np.uint8]) -> Floats:
    """Share of the pixels (h, w, 3) in each of 8 x 8 x 8 colours, square-rooted: float32 (512,)."""
    levels = (pixels >> 5).astype(np.int64)
    codes = (levels[..., 0] * _COLOUR_LEVELS + levels[..., 1]) * _COLOUR_LEVELS + levels[..., 2]
    counts = np.bincount(codes.ravel(), minlength=_COLOUR_LEVELS**3)
    return np.sqrt(counts / codes.size).astype(np.float32)


def describe(picture: Any) -> tuple[Floats, Floats, Floats]:
    """Edges (1764,), colours (512,) and tiny picture (3072,) of one PIL image in RGB."""
    from PIL import Image

    small = picture.convert("RGB").resize((COLOUR_SIDE, COLOUR_SIDE), Image.Resampling.BILINEAR, reducing_gap=2.0)
    middle = small.resize((EDGE_SIDE, EDGE_SIDE), Image.Resampling.BOX)
    tiny = small.resize((TINY_SIDE, TINY_SIDE), Image.Resampling.BOX)
    grey = np.asarray(middle.convert("L"), dtype=np.float32) / 255.0
    pixels = np.asarray(tiny, dtype=np.float32).ravel() / 255.0
    return edges(grey), colours(np.asarray(small)), pixels


def picture_features(inputs: Any, *, progress: Progress | None = None) -> Mapping[str, Floats]:
    """Features of pictures, one row each: ``edges`` (n, 1764), ``colours`` (n, 512), ``pixels`` (n, 3072), float32.

    ``inputs`` gives PIL images by index. Two threads work: decoding and resizing run outside the interpreter's lock.
    """
    from joblib import Parallel, delayed  # type: ignore[import-untyped]

    n = len(inputs)
    starts = range(0, n, _CHUNK)

    def rows(start: int) -> list[tuple[Floats, Floats, Floats]]:
        return [describe(inputs[i]) for i in range(start, min(start + _CHUNK, n))]

    found: list[tuple[Floats, Floats, Floats]] = []
    with (progress or Silent()).task("simple picture features", n) as bar:
        for part in Parallel(n_jobs=2, prefer="threads", return_as="generator")(delayed(rows)(s) for s in starts):
            found.extend(part)
            bar.advance(len(part))
    names = ("edges", "colours", "pixels")
    return {name: np.stack([row[i] for row in found]) for i, name in enumerate(names)}
