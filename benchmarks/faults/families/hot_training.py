"""A learning rate that is too high."""

from __future__ import annotations

from benchmarks.faults.digit_studies import recipes
from benchmarks.faults.family import Family

FAMILY = Family(
    check="adapt.learning_rate",
    what="a user's recipe that trains all layers too hot",
    plants=dict.fromkeys(("weak", "medium", "strong"), recipes),
    says={"weak": "10 times a fair rate", "medium": "30 times", "strong": "100 times"},
    clean=recipes,
    hard={"a fair rate for 100 epochs": recipes, "a rate so low that nothing changes": recipes},
    verb="run",
    about={
        "weak": "hot 10@", "medium": "hot 30@", "strong": "hot 100@", "clean": "fair@",
        "a fair rate for 100 epochs": "by heart@", "a rate so low that nothing changes": "idle@",
    },
)  # fmt: skip
