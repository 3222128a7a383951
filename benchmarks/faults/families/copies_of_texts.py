"""Texts of the training set that stand in the test set too, edited as people edit texts."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.faults.family import Family
from benchmarks.faults.material import Row, of_texts, texts
from touchstone.study.model import Study


def changed(text: str, how: str, rng: np.random.Generator) -> str:
    """A copy as it comes about."""
    words = text.split()
    if how == "case":
        return text.upper()
    if how == "punctuation":
        return text.rstrip(".!") + " ..."
    if how == "order":
        half = len(words) // 2
        return " ".join(words[half:] + words[:half])
    if how == "prefix":
        return "fwd: " + text
    if how == "suffix":
        return text + " sent from afar"
    if how == "two words":
        for i in rng.permutation(len(words))[:2]:
            words[i] = "maybe"
        return " ".join(words)
    letters = list(text)
    for i in rng.integers(1, len(letters), 2):  # typing errors
        letters[i - 1], letters[i] = letters[i], letters[i - 1]
    return "".join(letters)


ALL = ("case", "punctuation", "order", "prefix", "suffix", "two words", "typos")


def plant(copies: int, ways: tuple[str, ...], rng: np.random.Generator, where: Path) -> Study:
    """``copies`` of 400 training texts among 200 test texts."""
    train, test = texts(rng, 400), texts(rng, 200 - copies)
    test += [{**row, "text": changed(row["text"], ways[i % len(ways)], rng)} for i, row in enumerate(train[:copies])]
    return of_texts(where, train, test)


def templates(rng: np.random.Generator, where: Path) -> Study:
    """Messages of one wording that differ in what matters."""

    def filled(row: Row, number: int) -> Row:
        word = row["text"].split()[0]
        return {**row, "text": f"Dear customer, your order {number} of one {word} has left our house and arrives soon."}

    numbers = 10_000 + rng.permutation(80_000)[:600]
    made = [filled(row, int(number)) for row, number in zip(texts(rng, 600), numbers, strict=True)]
    return of_texts(where, made[:400], made[400:])


FAMILY = Family(
    check="data.leakage",
    what="edited copies of training texts in the test set",
    plants={
        "weak": partial(plant, 1, ("typos",)),
        "medium": partial(plant, 7, ALL),
        "strong": partial(plant, 40, ALL),
    },
    says={"weak": "1 with two typing errors", "medium": "7, of seven kinds", "strong": "40, of seven kinds"},
    clean=partial(plant, 0, ALL),
    hard={"messages of one template": templates},
)
