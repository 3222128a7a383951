"""Marks on pictures: bars of one colour along the edges, and small signs that stand at the same place."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_PLAIN = 9.0
"""Standard deviation (of 255) below which a line is of one colour; a JPEG file leaves some noise."""
_STEP = 24
"""Difference (of 255) at which the picture is told from the bar."""
_CLEAR = 0.6
"""Share of the line behind a bar that must differ from it; else it is the picture's own background."""
_GROUND = 0.2
"""Share of the inside of a picture from which on a bar's colour is the picture's own ground."""
_WIDEST = 0.15
_TWO_DEEP = 12
"""Pixels of a side from which on a bar may be two pixels wide, however small a share of the side that is."""
LEAST_SIDE = 8
"""In smaller pictures one line of pixels, or one of 64 blocks, is a good part of what is shown."""
_SMALL = 24
"""Below this side what stands at one place may well be the content; only near the corners a sign is looked for."""
SIDE, GRID = 96, 8


def bands(pixels: NDArray[np.uint8]) -> list[float]:
    """Bars along top, bottom, left and right: width as a share of the side (0 for none), then their grey (-1)."""
    if min(pixels.shape[:2]) < LEAST_SIDE:
        return [0.0] * 4 + [-1.0] * 4
    sides = (pixels, pixels[::-1], pixels.transpose(1, 0, 2), pixels.transpose(1, 0, 2)[::-1])
    found = [_band(side) for side in sides]
    return [width for width, _ in found] + [grey for _, grey in found]


def _band(pixels: NDArray[np.uint8]) -> tuple[float, float]:
    deepest = max(2 if len(pixels) >= _TWO_DEEP else 1, int(_WIDEST * len(pixels)))
    lines = pixels[: deepest + 3].astype(np.float32)
    colour = np.median(lines[0], axis=0)
    # bars of the neighbouring sides lie over the ends of a line
    inner = lines[:, lines.shape[1] // 6 : lines.shape[1] - lines.shape[1] // 6]
    plain = (inner.std(axis=1).max(axis=1) < _PLAIN) & (np.abs(inner.mean(axis=1) - colour).max(axis=1) < _PLAIN)
    width = len(plain) if plain.all() else int(np.argmin(plain))
    if width == 0 or width > deepest:
        return 0.0, -1.0
    behind = inner[min(width + (1 if width > 1 else 0), len(inner) - 1)]
    if (np.abs(behind - colour).max(axis=1) > _STEP).mean() < _CLEAR or _is_background(pixels, colour, deepest):
        return 0.0, -1.0
    return width / len(pixels), float(colour.mean())


def _is_background(pixels: NDArray[np.uint8], colour: NDArray[np.float32], edge: int) -> bool:
    """Whether a colour is common inside the picture, too, as the ground of a digit or of a scan is."""
    inside = pixels[edge:-edge, edge:-edge].astype(np.float32)
    return bool((np.abs(inside - colour).max(axis=2) < _PLAIN).mean() > _GROUND)


def blocks(image: Any) -> NDArray[np.float32]:
    """Fine structure of a picture in 8 x 8 blocks: float32 (64, 144), grey levels less their surroundings."""
    from PIL import Image, ImageFilter

    if image is None or min(image.size) < LEAST_SIDE:
        return np.zeros((GRID * GRID, (SIDE // GRID) ** 2), np.float32)
    small = image.convert("L").resize(
        (SIDE, SIDE), Image.Resampling.BOX if min(image.size) > SIDE else Image.Resampling.BILINEAR
    )
    high = np.asarray(small, np.float32) - np.asarray(small.filter(ImageFilter.GaussianBlur(3)), np.float32)
    cell = SIDE // GRID
    return high.reshape(GRID, cell, GRID, cell).transpose(0, 2, 1, 3).reshape(GRID * GRID, cell * cell)


def sign_places(side: float) -> NDArray[np.bool_]:
    """Blocks, (64,), in which a sign can be told from content, in pictures of this shorter side in pixels."""
    if side < LEAST_SIDE:
        return np.zeros(GRID * GRID, dtype=bool)
    corner = np.isin(np.arange(GRID), (0, 1, GRID - 2, GRID - 1))
    return np.outer(corner, corner).ravel() if side < _SMALL else np.ones(GRID * GRID, dtype=bool)
