"""Trainings of which some fail and some do not, with nothing changed but the seed."""

from __future__ import annotations

from benchmarks.faults.digit_studies import recipes
from benchmarks.faults.family import Family

FAMILY = Family(
    check="adapt.stability",
    what="a rate at which it is luck how much of a training fails",
    plants=dict.fromkeys(("weak", "medium", "strong"), recipes),
    says={"weak": "30 times a fair rate", "medium": "50 times", "strong": "100 times"},
    clean=recipes,
    hard={"every seed a little worse alike": recipes},
    verb="run",
    about={
        "weak": "hot 30@", "medium": "hot 50@", "strong": "hot 100@", "clean": "fair@",
        "every seed a little worse alike": "hot 10@",
    },
)  # fmt: skip
