"""Free candidates from finished trainings: the mean of the seeds' weights, and a step back to the frozen base."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from touchstone.core import digest
from touchstone.core.recipe import Recipe
from touchstone.pipeline.arena import Arena
from touchstone.pipeline.contender import load_arrays, save_arrays
from touchstone.pipeline.predicting import predict_splits

if TYPE_CHECKING:
    from touchstone.candidates.linear_probe import LinearHead
    from touchstone.nn.tuned import Tuned


@dataclass(frozen=True)
class Attempt:
    """One recipe trained with some seeds."""

    recipe: Recipe
    tuned: tuple[Tuned, ...]
    folders: tuple[Path, ...]
    arrays: tuple[dict[str, Any], ...]
    seconds: float
    energy_wh: float


@dataclass(frozen=True)
class Blend:
    """Weights made of others without training: what it is, its folders, and its predictions by split."""

    suffix: str
    what: str
    folder: Path
    predictions: dict[str, Any]
    """(models, n, classes) by split: one model per seed of an interpolation, a single one of a soup."""


def blends(arena: Arena, attempt: Attempt, head: LinearHead) -> tuple[Blend, ...]:
    """The free candidates of a finished attempt: a step back to the frozen base, and the mean of the seeds."""
    if attempt.recipe.lora is not None:
        return ()
    made = [_interpolation(arena, attempt, head)]
    if len(attempt.tuned) > 1:
        made.append(_soup(arena, attempt))
    return tuple(blend for blend in made if blend is not None)


def median_of(arena: Arena, attempt: Attempt) -> int:
    """The seed whose validation loss is the median: what ships is never the luckiest."""
    import numpy as np

    from touchstone.nn.soup import median_seed

    validations = np.stack([arrays["validation"] for arrays in attempt.arrays])
    return median_seed(validations, arena.data.validation.labels)


def _interpolation(arena: Arena, attempt: Attempt, head: LinearHead) -> Blend | None:
    """Every seed stepped back by the share that serves the median seed's validation; None where none serves it."""
    median = median_of(arena, attempt)

    def make(folder: Path) -> None:
        from touchstone.nn import soup

        cache, progress, validation = arena.bench.pieces.cache, arena.bench.progress, arena.data.validation
        ends = soup.interpolate(arena.base, attempt.tuned[median], head, validation, cache=cache, progress=progress)
        alpha = soup.best_alpha(ends, validation.labels).alpha
        parts = []
        for number, tuned in enumerate(attempt.tuned if 0.0 < alpha < 1.0 else ()):
            (mixed,) = soup.interpolate(
                arena.base, tuned, head, validation, cache=cache, progress=progress, alphas=(alpha,)
            )
            what = f"{alpha:.0%} of the way from the frozen base to the fine-tuned weights"
            soup.keep(mixed, tuned, validation.labels, folder / f"tuned-{number}", shipped=what)
            parts.append(_predicted(arena, folder / f"tuned-{number}"))
        save_arrays(folder, _stacked(parts))

    folder = _piece(arena, attempt, "interpolated", make, head)
    arrays = load_arrays(folder)
    return _read("interpolated", folder / f"tuned-{median}", arrays) if arrays else None


def _soup(arena: Arena, attempt: Attempt) -> Blend | None:
    median = median_of(arena, attempt)

    def make(folder: Path) -> None:
        from touchstone.nn import soup

        cache, progress, validation = arena.bench.pieces.cache, arena.bench.progress, arena.data.validation
        mixed = soup.seed_soup(arena.base, attempt.tuned, validation, cache=cache, progress=progress)
        what = f"the mean of {len(attempt.tuned)} seeds' weights"
        soup.keep(mixed, attempt.tuned[median], validation.labels, folder / "tuned-0", shipped=what)
        save_arrays(folder, _stacked([_predicted(arena, folder / "tuned-0")]))

    folder = _piece(arena, attempt, "soup", make, None)
    return _read("soup", folder / "tuned-0", load_arrays(folder))


def _read(suffix: str, folder: Path, arrays: dict[str, Any]) -> Blend:
    from touchstone.nn.tuned import read

    kept = read(folder)
    assert kept is not None, "a blend that was predicted with was kept"
    return Blend(suffix, kept.shipped, folder, arrays)


def _predicted(arena: Arena, folder: Path) -> dict[str, Any]:
    bench = arena.bench
    return predict_splits(arena.base, folder, arena.splits, cache=bench.pieces.cache, progress=bench.progress)


def _stacked(parts: list[dict[str, Any]]) -> dict[str, Any]:
    import numpy as np

    return {name: np.stack([part[name] for part in parts]) for name in (parts[0] if parts else ())}


def _piece(arena: Arena, attempt: Attempt, kind: str, make: Any, head: LinearHead | None) -> Path:
    rests = {
        **arena.rests_on, "of": [tuned.fingerprint for tuned in attempt.tuned],
        "head": None if head is None else head_digest(head),
    }  # fmt: skip
    return arena.bench.pieces.get("adaptation", f"{attempt.recipe.name}-{kind}", rests, make)


def head_digest(head: LinearHead) -> str:
    """Digest of a linear head's numbers."""
    import numpy as np

    return digest.of_bytes(np.ascontiguousarray(head.weight, dtype=np.float64).tobytes())
