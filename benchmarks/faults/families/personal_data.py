"""E-mail addresses, telephone and card numbers in texts."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.faults.family import Family
from benchmarks.faults.material import of_texts, texts
from touchstone.study.model import Study

PIECES = (
    "write to {word}.berger@webmail.org",
    "my card is 4539 1488 0343 6467",
    "call me at +49 171 555 {number}",
    "pay to DE89 3704 0044 0532 0130 00",
)


def plant(n: int, rng: np.random.Generator, where: Path) -> Study:
    """Of 500 texts some name a person's address or number."""
    rows = texts(rng, 500)
    for i, row in enumerate(rows[:n]):
        piece = PIECES[i % len(PIECES)].format(word=row["text"].split()[0].lower(), number=rng.integers(1000, 9999))
        row["text"] += f" {piece}"
    return of_texts(where, rows)


def impersonal(rng: np.random.Generator, where: Path) -> Study:
    """Numbers and addresses that point at nobody."""
    rows = texts(rng, 500)
    for i, row in enumerate(rows):
        row["text"] += (f" order {rng.integers(10**9, 10**10)}", " write to info@shop.example", " version 4.12.7")[
            i % 3
        ]
    return of_texts(where, rows)


FAMILY = Family(
    check="data.privacy",
    what="personal data in texts",
    plants={"weak": partial(plant, 1), "medium": partial(plant, 5), "strong": partial(plant, 50)},
    says={"weak": "1 of 500", "medium": "5 of 500", "strong": "50 of 500"},
    clean=partial(plant, 0),
    hard={"order numbers, public addresses, versions": impersonal},
)
