"""A region that deployment meets and training hardly holds."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.faults.family import Family
from benchmarks.faults.material import of_texts, table, texts
from touchstone.study.model import Source, Study


def plant(in_train: float, rng: np.random.Generator, where: Path, in_sample: float = 0.2) -> Study:
    """Texts of two regions; a sample of 800 from deployment."""

    def dated(n: int, share: float) -> list[dict[str, str]]:
        return [{**row, "region": "south" if rng.random() < share else "north"} for row in texts(rng, n)]

    study = of_texts(where, dated(800, in_train))
    path = table(where / "sample.csv", dated(800, in_sample))
    return replace(study, data=replace(study.data, unlabelled=Source(path, None, str(path)), slices=("region",)))


FAMILY = Family(
    check="data.coverage",
    what="a region of a fifth of deployment, thin in training",
    plants={"weak": partial(plant, 0.02), "medium": partial(plant, 0.01), "strong": partial(plant, 0.0)},
    says={"weak": "2 % of training", "medium": "1 % of training", "strong": "none"},
    clean=partial(plant, 0.2),
    hard={"half as common in training as in deployment": partial(plant, 0.1)},
)
