"""Made material of any size for searches of copies and of wrong labels: one in a hundred is planted. numpy alone."""

from __future__ import annotations

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


def pictures(n: int) -> NDArray[np.uint8]:
    """(n, 64, 64, 3) smooth pictures with noise; the last hundredth are the first, brightened, in reverse."""
    rng, made = np.random.default_rng(0), np.empty((n, 64, 64, 3), np.uint8)
    waves = np.cos(np.pi / 64 * np.outer(np.arange(10), np.arange(64) + 0.5)).astype(np.float32)
    fall = 1 / (1 + np.add.outer(np.arange(10), np.arange(10)))
    for start in range(0, n, 500):
        some = rng.normal(size=(min(500, n - start), 3, 10, 10)) * fall
        seen = (waves.T @ some.astype(np.float32) @ waves).transpose(0, 2, 3, 1)
        seen = 128 + 45 * seen / seen.std(axis=(1, 2), keepdims=True) + rng.normal(0, 5, seen.shape)
        made[start : start + 500] = np.clip(seen, 0, 255)
    for i in range(int(PLANTED * n)):
        made[n - 1 - i] = np.clip(made[i] * 1.08 + 3, 0, 255)
    return made


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
