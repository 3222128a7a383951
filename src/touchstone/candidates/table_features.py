"""What a table shows without any pretraining: ranks of its numbers, one column per common word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_MOST_WORDS = 30
_ALWAYS_DIFFERENT = 0.5
"""A column of words that differ in more than half of the rows names the row and describes nothing."""


@dataclass(frozen=True)
class TableFeatures:
    """Fitted columns: sorted training values of numbers, common words of the others."""

    numbers: Mapping[str, NDArray[Any]]
    words: Mapping[str, tuple[str, ...]]

    def apply(self, rows: Sequence[Mapping[str, Any]]) -> NDArray[Any]:
        """Float32 (n, d): ranks in -1..1, 0/1 for words and for missing numbers."""
        parts = [np.zeros((len(rows), 1), np.float32)]
        for name, known in self.numbers.items():
            values = np.array([_number(row.get(name)) for row in rows])
            rank = 2.0 * np.searchsorted(known, np.nan_to_num(values)) / max(len(known), 1) - 1.0
            parts.append(np.stack([np.where(np.isnan(values), 0.0, rank), np.isnan(values)], axis=1))
        for name, common in self.words.items():
            told = np.array([str(row.get(name)) for row in rows])
            parts.append(np.stack([told == word for word in common], axis=1))
        return np.concatenate(parts, axis=1).astype(np.float32)


def fit_table_features(rows: Sequence[Mapping[str, Any]]) -> TableFeatures:
    """Learn ranks and common words of ``rows``."""
    numbers: dict[str, NDArray[Any]] = {}
    words: dict[str, tuple[str, ...]] = {}
    for name in dict.fromkeys(key for row in rows[:100] for key in row):
        values = [row.get(name) for row in rows]
        filled = [value for value in values if value is not None]
        if filled and all(isinstance(value, (int, float)) for value in filled):
            numbers[name] = np.sort(np.array(filled, dtype=np.float64))
            continue
        counts = Counter(map(str, values))
        if len(counts) > 1 and len(counts) <= _ALWAYS_DIFFERENT * len(rows):
            words[name] = tuple(sorted(word for word, _ in counts.most_common(_MOST_WORDS)))
    return TableFeatures(numbers, words)


def _number(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) else float("nan")
