"""Fine-tuning that loses what the base knew."""

from __future__ import annotations

from benchmarks.faults.digit_studies import foreign, recipes
from benchmarks.faults.family import Family

FAMILY = Family(
    check="adapt.forgetting",
    what="fine-tuning that overwrites a fitting base",
    plants=dict.fromkeys(("weak", "medium", "strong"), recipes),
    says={"weak": "at 10 times a fair rate", "medium": "30 times", "strong": "100 times"},
    clean=recipes,
    hard={"features moved far, for a large gain": foreign, "fine-tuning that changes nothing": recipes},
    verb="run",
    about={
        "weak": "hot 10@", "medium": "hot 30@", "strong": "hot 100@", "clean": "fair@",
        "features moved far, for a large gain": "long@", "fine-tuning that changes nothing": "idle@",
    },
)  # fmt: skip
