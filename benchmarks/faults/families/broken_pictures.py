"""Pictures that were cut off, emptied or are no pictures."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.faults.family import Family
from benchmarks.faults.material import folder, of_pictures, scenes
from touchstone.study.model import Study
from touchstone.study.paths import study_of_paths


def plant(n: int, rng: np.random.Generator, where: Path) -> Study:
    """Of 200 pictures some lose their end, their content or their format."""
    study = of_pictures(where, scenes(rng, 200))
    for i, path in enumerate(sorted((where / "train").rglob("*.png"))[:n]):
        data = path.read_bytes()
        path.write_bytes((data[: len(data) // 2], b"", b"not a picture at all")[i % 3])
    return study


def odd_modes(rng: np.random.Generator, where: Path) -> Study:
    """Pictures in black and white, palettes, sixteen bits and with transparency: unusual and whole."""

    def odd(image: Image.Image, i: int) -> Image.Image:
        if i % 4 == 3:
            return Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)
        return image.convert(("L", "P", "RGBA")[i % 4])

    return study_of_paths([folder(where / "train", [(odd(a, i), b) for i, (a, b) in enumerate(scenes(rng, 200))])])


FAMILY = Family(
    check="data.readable",
    what="pictures that cannot be read",
    plants={"weak": partial(plant, 1), "medium": partial(plant, 4), "strong": partial(plant, 40)},
    says={"weak": "1 of 200", "medium": "4 of 200", "strong": "40 of 200"},
    clean=partial(plant, 0),
    hard={"grey, palette, transparent and 16-bit pictures": odd_modes},
)
