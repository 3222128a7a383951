"""A base model that is not the one its manifest vouches for."""

from __future__ import annotations

import os
import shutil
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.faults.digit_studies import BASES, base
from benchmarks.faults.family import Family
from benchmarks.faults.material import of_model
from touchstone.study.model import Study


def plant(what: str, rng: np.random.Generator, where: Path) -> Study:
    """The shipped base with its manifest, and one thing done to it."""
    folder = where / base(where, "glyphs")
    weights = folder / "model.safetensors"
    if what == "bit":
        data = bytearray(weights.read_bytes())
        data[-int(rng.integers(1, 100_000))] ^= 1 << int(rng.integers(8))
        weights.write_bytes(bytes(data))
    elif what == "added":
        (folder / "special_tokens_map.json").write_text("{}")
    elif what == "exchanged":
        shutil.copy(BASES / "textures" / weights.name, weights)
    elif what == "moved":
        folder = folder.rename(where / "elsewhere")
        for path in folder.iterdir():
            os.utime(path, (10**9, 10**9))
    return of_model(folder)


FAMILY = Family(
    check="supply.integrity",
    what="a base model under another's manifest",
    plants={
        name: partial(plant, what) for name, what in (("weak", "bit"), ("medium", "added"), ("strong", "exchanged"))
    },
    says={"weak": "one bit of the weights", "medium": "a file too many", "strong": "other weights"},
    clean=partial(plant, ""),
    hard={"moved to another folder, with other dates": partial(plant, "moved")},
    verb="vet",
)
