"""Which one model a candidate ships: the median seed, the mean of the seeds' weights, or a step back to the base."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from touchstone.core import digest
from touchstone.core.recipe import Recipe
from touchstone.pipeline.arena import Arena
from touchstone.pipeline.contender import load_arrays, save_arrays

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
class Shipping:
    """The one model of a candidate that would ship, its predictions by split, and what it is."""

    folder: Path
    arrays: dict[str, Any]
    what: str


def ship(arena: Arena, attempt: Attempt, head: LinearHead) -> Shipping:
    """The median seed of a user's recipe as it stands; of Touchstone's own also soup and interpolation, by validation."""
    from touchstone.nn.soup import median_seed

    labels = arena.data.validation.labels
    median = median_seed(_validations(attempt), labels)
    what = "the only seed" if len(attempt.tuned) == 1 else f"the median of {len(attempt.tuned)} seeds"
    plain = Shipping(attempt.folders[median] / "tuned", attempt.arrays[median], what)
    if attempt.recipe.user or attempt.recipe.lora is not None:
        return plain

    def make(folder: Path) -> None:
        save_arrays(folder, _blend(arena, attempt, head, median, folder / "tuned"))

    rests = {**arena.rests_on, "of": [tuned.fingerprint for tuned in attempt.tuned], "head": head_digest(head)}
    folder = arena.bench.pieces.get("adaptation", f"{attempt.recipe.name}-blend", rests, make)
    arrays = load_arrays(folder)
    if not arrays:
        return plain
    from touchstone.nn.tuned import read

    blended = read(folder / "tuned")
    assert blended is not None, "a blend that was predicted with was kept"
    return Shipping(folder / "tuned", arrays, blended.shipped)


def _blend(arena: Arena, attempt: Attempt, head: LinearHead, median: int, folder: Path) -> dict[str, Any]:
    """Keep the better of soup and interpolation where it beats the median seed on validation; else nothing."""
    from touchstone.nn import soup
    from touchstone.nn.train import predict

    bench, validation = arena.bench, arena.data.validation
    base, labels = arena.base, validation.labels
    cache, progress = bench.pieces.cache, bench.progress
    best, shipped = None, ""
    if len(attempt.tuned) > 1:
        mixed = soup.seed_soup(base, attempt.tuned, validation, cache=cache, progress=progress)
        if soup.ships_soup(mixed.validation_probabilities, _validations(attempt)[median], labels):
            best, shipped = mixed, f"the mean of {len(attempt.tuned)} seeds' weights"
    if best is None:
        ends = soup.interpolate(base, attempt.tuned[median], head, validation, cache=cache, progress=progress)
        chosen = soup.best_alpha(ends, labels)
        if chosen.alpha < 1.0:
            best, shipped = chosen, f"{chosen.alpha:.0%} of the way from the frozen base to the median seed"
    if best is None:
        return {}
    soup.keep(best, attempt.tuned[median], labels, folder, shipped=shipped)
    return {
        name: predict(base, folder, examples, cache=cache, progress=progress) for name, examples in arena.splits.items()
    }


def _validations(attempt: Attempt) -> Any:
    import numpy as np

    return np.stack([arrays["validation"] for arrays in attempt.arrays])


def head_digest(head: LinearHead) -> str:
    """Digest of a linear head's numbers."""
    import numpy as np

    return digest.of_bytes(np.ascontiguousarray(head.weight, dtype=np.float64).tobytes())
