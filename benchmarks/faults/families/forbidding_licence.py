"""Terms that forbid the use."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.faults.digit_studies import base
from benchmarks.faults.family import Family
from benchmarks.faults.material import of_model
from touchstone.study.model import Study
from touchstone.supply.licences.recognition import TEXTS


def plant(card: str, text: str, use: str, rng: np.random.Generator, where: Path) -> Study:
    """The shipped base, its card and licence text under other terms."""
    folder = where / base(where, "glyphs")
    (folder / "manifest.json").unlink()
    told = (folder / "README.md").read_text(encoding="utf-8").replace("license: apache-2.0", card)
    (folder / "README.md").write_text(told + f"\nNo. {rng.integers(10**6)}.\n", encoding="utf-8")
    (folder / "LICENSE").unlink()
    if text:
        (folder / "LICENSE").write_text((TEXTS / f"{text}.txt").read_text(encoding="utf-8"), encoding="utf-8")
    return of_model(folder, use)


NC = "license: cc-by-nc-4.0"
FAMILY = Family(
    check="supply.license",
    what="non-commercial terms, for commercial use",
    plants={
        "weak": partial(plant, NC, "", "commercial"),
        "medium": partial(plant, "tags: [none]", "CC-BY-NC-SA-4.0", "commercial"),
        "strong": partial(plant, NC, "CC-BY-NC-4.0", "commercial"),
    },
    says={"weak": "named in the card alone", "medium": "only their text stands there", "strong": "both"},
    clean=partial(plant, "license: apache-2.0", "Apache-2.0", "commercial"),
    hard={
        "non-commercial terms, for research": partial(plant, NC, "CC-BY-NC-4.0", "research"),
        "permissive terms, and a card that names others in passing": partial(
            plant, "license: apache-2.0\ntags: [not-cc-by-nc-4.0]", "Apache-2.0", "commercial"
        ),
    },
    verb="vet",
)
