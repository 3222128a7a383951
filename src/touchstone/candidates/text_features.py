"""What texts show without any pretraining: weighted counts of words and of pieces of words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class TextFeatures:
    """Fitted vocabularies: words and word pairs, and character n-grams of 3 to 5 within words."""

    words: Any
    pieces: Any

    def apply(self, texts: Sequence[str]) -> Any:
        """TF-IDF rows as a sparse float32 matrix (n, terms), each half of unit length."""
        from scipy.sparse import hstack  # type: ignore[import-untyped]

        return hstack([self.words.transform(texts), self.pieces.transform(texts)]).tocsr()


def fit_text_features(texts: Sequence[str]) -> TextFeatures:
    """Learn the vocabularies of ``texts``; a term must stand in two of them, or in one where there are few."""
    from sklearn.feature_extraction.text import TfidfVectorizer  # type: ignore[import-untyped]

    least = 2 if len(texts) >= 200 else 1
    options = {"sublinear_tf": True, "min_df": least, "dtype": np.float32, "max_features": 100_000}
    # one-letter words count too, and scripts without spaces are carried by the pieces
    words = TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"(?u)\b\w+\b", **options)
    pieces = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), **options)
    for vectoriser in (words, pieces):
        _fit_or_empty(vectoriser, texts)
    return TextFeatures(words, pieces)


def _fit_or_empty(vectoriser: Any, texts: Sequence[str]) -> None:
    """Texts of nothing but signs leave no word; a single unused term then keeps the matrix in shape."""
    try:
        vectoriser.fit(texts)
    except ValueError:
        vectoriser.set_params(min_df=1).fit(["nothing"])
