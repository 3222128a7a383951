"""Made material of any size for searches of copies and of wrong labels: one in a hundred is planted. numpy alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

PLANTED = 0.01


def texts(n: int) -> list[str]:
    """Texts of 6 to 18 words, common ones often; the last hundredth are the first with a word more, in reverse."""
    rng = np.random.default_rng(0)
    shares = 1 / (5 + np.arange(50_000))
    ends = np.cumsum(lengths := rng.integers(6, 19, n))
    words = np.array([f"w{i:x}" for i in range(len(shares))])
    flat = words[np.searchsorted(np.cumsum(shares / shares.sum()), rng.random(ends[-1])).clip(max=len(words) - 1)]
    made = [" ".join(flat[end - length : end]) for end, length in zip(ends.tolist(), lengths.tolist(), strict=True)]
    for i in range(int(PLANTED * n)):
        made[n - 1 - i] = made[i] + " really"
    return made


class Pictures(Sequence[NDArray[np.uint8]]):
    """Smooth pictures (64, 64, 3) with noise; the last hundredth are the first, brightened, in reverse.

    They are made when they are asked for, one after the other, and never held.
    """

    _WAVES = np.cos(np.pi / 64 * np.outer(np.arange(10), np.arange(64) + 0.5)).astype(np.float32)
    _FALL = 1 / (1 + np.add.outer(np.arange(10), np.arange(10)))

    def __init__(self, n: int) -> None:
        self._n = n

    def __len__(self) -> int:
        return self._n

    def __getitem__(self, index: int) -> NDArray[np.uint8]:  # type: ignore[override]
        if not 0 <= index < self._n:
            raise IndexError(index)
        planted = int(PLANTED * self._n)
        if index >= self._n - planted:
            return np.clip(self[self._n - 1 - index] * 1.08 + 3, 0, 255).astype(np.uint8)
        rng = np.random.default_rng(index)
        coarse = rng.standard_normal((3, 10, 10), dtype=np.float32) * self._FALL
        seen = (self._WAVES.T @ coarse @ self._WAVES).transpose(1, 2, 0)
        seen = 128 + 45 * seen / seen.std(axis=(0, 1)) + 5 * rng.standard_normal(seen.shape, dtype=np.float32)
        return np.clip(seen, 0, 255).astype(np.uint8)


def pictures(n: int) -> Pictures:
    """``n`` pictures."""
    return Pictures(n)


def labels(n: int, wrong: float, spread: float) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Features (n, 16), honest probabilities (n, 5) and labels drawn from them, of which ``wrong`` were changed."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(n, 16)).astype(np.float32)
    logits = features @ rng.normal(size=(16, 5)).astype(np.float32) * spread
    chances = np.exp(logits - logits.max(axis=1, keepdims=True))
    chances /= chances.sum(axis=1, keepdims=True)
    given = (chances.cumsum(axis=1) > rng.random((n, 1))).argmax(axis=1)
    rows = rng.permutation(n)[: round(wrong * n)]
    given[rows] = (given[rows] + rng.integers(1, 5, len(rows))) % 5
    return features, chances, given
