"""Fine-tuning that earns nothing over the frozen base."""

from __future__ import annotations

from benchmarks.faults.digit_studies import foreign, recipes
from benchmarks.faults.family import Family

FAMILY = Family(
    check="compare.probe",
    what="fine-tuning that earns nothing over the frozen base",
    plants=dict.fromkeys(("weak", "medium", "strong"), recipes),
    says={
        "weak": "steps too small to change anything",
        "medium": "too hot by 10, a loss of a few points",
        "strong": "by 100",
    },
    clean=foreign,
    hard={"a large gain with every training digit right": foreign},
    verb="run",
    about={"weak": "idle@", "medium": "hot 10@", "strong": "hot 100@", "clean": "fair@",
           "a large gain with every training digit right": "long@"},
)  # fmt: skip
