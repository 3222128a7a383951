"""What a finished training says of every split."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from touchstone.core.progress import Progress
    from touchstone.dataset.model import Examples
    from touchstone.nn.base_model import Base


def predict_splits(
    base: Base, tuned: Path, splits: Mapping[str, Examples], *, cache: Path, progress: Progress
) -> dict[str, Any]:
    """Class probabilities (n, classes) by split."""
    from touchstone.nn.train import predict

    return {name: predict(base, tuned, examples, cache=cache, progress=progress) for name, examples in splits.items()}
