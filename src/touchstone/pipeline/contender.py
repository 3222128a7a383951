"""A candidate together with what it predicts on every split, kept as one finished piece."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from touchstone.core.measures import Candidate

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ARRAYS = "predictions.npz"
OUT_OF_FOLD = "out_of_fold"
"""Name under which a candidate that cross-fits keeps its training examples, each predicted without it."""


@dataclass(frozen=True)
class Contender:
    """A candidate, its predictions, and where its model stands.

    ``predictions`` maps a split (validation, test, a shift set) to probabilities of shape (seeds, n, classes);
    ``shipped`` to those of the one model that would ship, (n, classes). ``model`` is a folder that
    :func:`touchstone.nn.tuned` or the probe's own piece can be loaded from; None where nothing can ship.
    """

    candidate: Candidate
    predictions: Mapping[str, NDArray[Any]]
    shipped: Mapping[str, NDArray[Any]]
    model: Path | None = None
    cross_fitted: tuple[tuple[str, bool, float], ...] = ()
    """Digest, whether right, and loss in nats of training examples that folds of its training answered unseen."""


def save_arrays(folder: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write named arrays into a piece."""
    import numpy as np

    np.savez(folder / _ARRAYS, **{name.replace("/", "\\"): array for name, array in arrays.items()})  # type: ignore[arg-type]


def load_arrays(folder: Path) -> dict[str, NDArray[Any]]:
    """Read the named arrays of a piece."""
    import numpy as np

    with np.load(folder / _ARRAYS, allow_pickle=False) as arrays:
        return {name.replace("\\", "/"): arrays[name] for name in arrays.files}
