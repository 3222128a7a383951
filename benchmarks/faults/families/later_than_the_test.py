"""Training data from after the test set began."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.faults.family import Family
from benchmarks.faults.material import of_texts, texts
from touchstone.study.model import Study


def plant(share: float, rng: np.random.Generator, where: Path, per_day: int = 1) -> Study:
    """Dated texts, of which a share changed places across the cut at two thirds."""
    days = np.arange(600) // per_day
    n = round(100 * share)
    days[:n], days[-n or 600 :] = days[-n or 600 :].copy(), days[:n].copy()
    rows = [
        {**row, "day": (date(2020, 1, 1) + timedelta(int(day))).isoformat()}
        for row, day in zip(texts(rng, 600), days, strict=True)
    ]
    return of_texts(where, rows[:400], rows[400:], time="day")


FAMILY = Family(
    check="data.time_leakage",
    what="training texts from after the test set began, dates declared",
    plants={"weak": partial(plant, 0.02), "medium": partial(plant, 0.2), "strong": partial(plant, 1.0)},
    says={"weak": "2 of 400", "medium": "20 of 400", "strong": "100 of 400"},
    clean=partial(plant, 0.0),
    hard={"both sides of the cut on one day": partial(plant, 0.0, per_day=7)},
)
