"""A card that does not tell training data or limits."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.faults.digit_studies import base
from benchmarks.faults.family import Family
from benchmarks.faults.material import of_model
from touchstone.study.model import Study

HEAD = "---\nlicense: apache-2.0\n---\n# A small model\n\n"
DATA = "## Training data\n\nTrained on 640,000 rendered characters of 21 fonts.\n\n"
CARDS = {
    "no limits": HEAD + DATA,
    "template": HEAD + "## Training Data\n\n[More Information Needed]\n\n## Bias, Risks, and Limitations\n\n[More Information Needed]\n",
    "none": None,
    "whole": HEAD + DATA + "## Limitations\n\nIt has seen no photograph and nothing written by hand.\n",
    "terse": HEAD + "Trained on rendered characters of 21 fonts. It does not work on photographs.\n",
}  # fmt: skip


def plant(card: str, rng: np.random.Generator, where: Path) -> Study:
    """The shipped base under another card."""
    folder = where / base(where, "glyphs")
    (folder / "manifest.json").unlink()
    (folder / "README.md").unlink()
    if (text := CARDS[card]) is not None:
        (folder / "README.md").write_text(
            text.replace("small", str(rng.choice(["small", "tiny", "little"]))), encoding="utf-8"
        )
    return of_model(folder)


FAMILY = Family(
    check="supply.documentation",
    what="a base model's card",
    plants={
        "weak": partial(plant, "no limits"),
        "medium": partial(plant, "template"),
        "strong": partial(plant, "none"),
    },
    says={"weak": "without limits", "medium": "an unfilled template", "strong": "none at all"},
    clean=partial(plant, "whole"),
    hard={"one sentence on each, without headings": partial(plant, "terse")},
    verb="vet",
)
