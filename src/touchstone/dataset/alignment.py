"""Laying one small picture over another: windows, turns and mirror images, refined until they fit best.

Pictures are grey, float32 (n, side, side), brought to a square; a placement is a (2, 3) matrix that takes points
of the second picture, in -0.5..0.5, to points of the first, in 0..1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_STEPS = 5
_LONGEST_STEP, _FARTHEST = 0.06, 0.15
"""How far the refinement may move any coefficient at once, and from where it began."""


def grid(side: int, part: float = 1.0) -> Floats:
    """Points (side * side, 2) of the middle ``part`` of a picture, as x and y in -0.5..0.5."""
    line = ((np.arange(side) + 0.5) / side - 0.5) * part
    return np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2).astype(np.float32)


def placement(
    mirrored: bool = False, x: float = 0.5, y: float = 0.5, size: float = 1.0, degrees: float = 0.0
) -> Floats:
    """The window around (x, y) of this size, turned and perhaps mirrored."""
    cosine, sine = np.cos(np.deg2rad(degrees)) * size, np.sin(np.deg2rad(degrees)) * size
    sign = -1.0 if mirrored else 1.0
    return np.array([[sign * cosine, -sine, x], [sign * sine, cosine, y]], dtype=np.float32)


WHOLE = placement()


def windows(few: bool = False) -> Floats:
    """Placements (k, 2, 3) that copies are sought by: whole, without a frame, cropped, turned a little or by quarters;
    then all mirrored, of which the first is the whole.
    """
    found = []
    for mirrored in (False, True):
        found += [placement(mirrored), placement(mirrored, size=0.9)]
        if few:
            found += [placement(mirrored, size=0.8)]
        else:
            found += [placement(mirrored, x, y, 0.8) for y in (0.4, 0.5, 0.6) for x in (0.4, 0.5, 0.6)]
            found += [placement(mirrored, x, y, 0.85) for y in (0.45, 0.55) for x in (0.45, 0.55)]
        found += [placement(mirrored, degrees=turn) for turn in ((-5, 5) if few else (-9, -4.5, 4.5, 9))]
        found += [placement(mirrored, degrees=quarter) for quarter in (90, 180, 270)]
    return np.stack(found)


def repeated(one: Floats, n: int) -> Floats:
    """The same placement for n pictures."""
    return np.repeat(one[None], n, axis=0)


def sampled(pictures: Floats, placements: Floats, points: Floats) -> Floats:
    """Grey levels (n, points) of pictures (n, side, side) under their placements (n, 2, 3), bilinear."""
    return _layers_sampled(pictures[..., None], placements, points)[..., 0]


def _layers_sampled(layers: Floats, placements: Floats, points: Floats) -> Floats:
    """The same of several layers (n, side, side, d) at once: (n, points, d)."""
    n, side = len(layers), layers.shape[1]
    where = placements[:, :, :2] @ points.T + placements[:, :, 2:]
    where = np.clip(where * np.float32(side) - np.float32(0.5), np.float32(0), np.float32(side - 1.001))
    corner = where.astype(np.int32)
    beyond = (where - corner)[..., None]
    right, down = beyond[:, 0], beyond[:, 1]
    flat = layers.reshape(n * side * side, layers.shape[-1])
    at = np.arange(n)[:, None] * side * side + corner[:, 1] * side + corner[:, 0]
    upper, below, upper_right, below_right = (
        flat.take(at + step, axis=0, mode="clip") for step in (0, side, 1, side + 1)
    )
    upper += (upper_right - upper) * right
    below += (below_right - below) * right
    return np.asarray(upper + (below - upper) * down, dtype=np.float32)


def standardised(rows: Floats) -> Floats:
    """Rows (n, d) less their mean, of unit length: what brightness and contrast do not change."""
    centred = rows - rows.mean(axis=1, keepdims=True)
    return np.asarray(centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-3), dtype=np.float32)


_POINTS = grid(20)


def refined(first: Floats, second: Floats, start: Floats) -> Floats:
    """Placements (n, 2, 3) of the first pictures under which they correlate best with the second ones.

    Gauss-Newton on the correlation coefficient over all affine maps near ``start`` (Evangelidis and Psarakis,
    IEEE PAMI 2008); the best placement met on the way is kept.
    """
    wanted = standardised(sampled(second, repeated(WHOLE, len(second)), _POINTS))
    slope_y, slope_x = np.gradient(first, axis=(1, 2))
    side = first.shape[1]
    layers = np.stack([first, slope_x * side, slope_y * side], axis=-1, dtype=np.float32)
    now, best = start.copy(), start.copy()
    highest = np.full(len(first), -1.0, np.float32)
    for step in range(_STEPS + 1):
        seen = _layers_sampled(layers, now, _POINTS)
        raw = seen[..., 0]
        raw -= raw.mean(axis=1, keepdims=True)
        length = np.maximum(np.linalg.norm(raw, axis=1, keepdims=True), 1e-3)
        here = raw / length
        fit = (here * wanted).sum(axis=1)
        better = fit > highest
        highest[better], best[better] = fit[better], now[better]
        if step == _STEPS:
            break
        move = _solved(seen[..., 1] / length, seen[..., 2] / length, wanted - here * fit[:, None])
        moved = now + np.clip(move, -_LONGEST_STEP, _LONGEST_STEP)
        now = start + np.clip(moved - start, -_FARTHEST, _FARTHEST)
    return best


def _solved(across: Floats, down: Floats, residual: Floats) -> Floats:
    """Least-squares change of the six coefficients, (n, 2, 3)."""
    x, y = _POINTS[:, 0], _POINTS[:, 1]
    slopes = np.stack([across * x, across * y, across, down * x, down * y, down], axis=-1)
    slopes -= slopes.mean(axis=1, keepdims=True)
    turned = slopes.transpose(0, 2, 1)
    square = turned @ slopes
    square += 1e-3 * np.eye(6, dtype=np.float32) * (np.trace(square, axis1=1, axis2=2)[:, None, None] + 1e-6)
    return np.asarray(np.linalg.solve(square, turned @ residual[..., None])[..., 0].reshape(-1, 2, 3), dtype=np.float32)
