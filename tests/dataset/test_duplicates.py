"""Copies that are turned or mirrored, where the way a picture lies is what is labelled and where it is not."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from touchstone.dataset.duplicates import Copies, Near, families, find_copies, without_look_alikes

NOISE = 0.3


def turned_pairs(n: int, torn: int, kind: str = "turned", others: int = 0) -> tuple[Copies, dict[str, str | None]]:
    """``n`` pairs of which the first ``torn`` carry two labels, among ``others`` examples without copies."""
    names = [f"{i:04}" for i in range(2 * n + others)]
    near = tuple(Near(names[2 * i], names[2 * i + 1], kind, 0.99) for i in range(n))
    labels: dict[str, str | None] = dict.fromkeys(names, "up")
    labels |= {names[2 * i + 1]: "down" for i in range(torn)}
    return Copies(near, families(names, [(pair.a, pair.b) for pair in near])), labels


@pytest.mark.parametrize("kind", ["turned", "mirror"])
@pytest.mark.parametrize("torn", [20, 30, 40])
def test_arrows_that_point_elsewhere_are_no_copies(kind: str, torn: int) -> None:
    copies, labels = turned_pairs(40, torn, kind)
    found = without_look_alikes(copies, labels)
    assert not found.near
    assert set(found.family) == set(copies.family) and all(one == head for one, head in found.family.items())
    assert f"{torn} of 40 pairs" in found.notes[0]


def test_upright_copies_among_arrows_stay() -> None:
    copies, labels = turned_pairs(40, 40)
    first = Near("0000", "0002", "near", 0.999)
    found = without_look_alikes(Copies((*copies.near, first), copies.family), labels)
    assert found.near == (first,)
    assert found.family["0002"] == "0000"


@pytest.mark.parametrize("pairs", [3, 40, 200])
def test_wrong_labels_on_turned_copies_do_not_hide_them(pairs: int) -> None:
    rng = np.random.default_rng(pairs)
    copies, labels = turned_pairs(pairs, int(rng.binomial(pairs, NOISE)), others=100)
    assert without_look_alikes(copies, labels) is copies


def test_a_few_turned_copies_with_two_labels_are_a_fault_and_not_what_is_labelled() -> None:
    copies, labels = turned_pairs(8, 8, others=600)
    assert without_look_alikes(copies, labels) is copies


def test_without_labels_nothing_is_known_of_what_they_tell() -> None:
    copies, labels = turned_pairs(40, 40)
    assert without_look_alikes(copies, dict.fromkeys(labels)) is copies


@pytest.mark.parametrize("torn", [20, 30, 40])
def test_templates_in_which_a_word_makes_the_label_are_no_copies(torn: int) -> None:
    copies, labels = turned_pairs(40, torn, "reworded")
    same_words = Near("0000", "0002", "near", 0.97)
    found = without_look_alikes(Copies((*copies.near, same_words), copies.family), labels)
    assert found.near == (same_words,)
    assert f"{torn} of 40 pairs of texts that differ in a word or two" in found.notes[0]


def test_reworded_copies_of_one_label_stay() -> None:
    copies, labels = turned_pairs(40, 8, "reworded")
    assert without_look_alikes(copies, labels) is copies


def orders(n: int, seed: int) -> tuple[list[str], list[str]]:
    """Wishes of one template, in which one word is what is wanted and another is about what."""
    rng = np.random.default_rng(seed)
    wanted = {
        "cancel": ("cancel", "stop"),
        "change": ("modify", "update"),
        "track": ("find", "locate"),
        "return": ("return", "refund"),
    }
    about = ("order", "subscription", "package", "booking", "ticket", "delivery", "invoice", "appointment")
    ways = (
        "please {} my {}",
        "I want to {} my {} now",
        "I would like to {} the {} that I made last week",
        "how do I {} the {} then",
    )
    made: dict[str, str] = {}
    while len(made) < n:
        label = str(rng.choice(list(wanted)))
        made[str(rng.choice(ways)).format(rng.choice(wanted[label]), rng.choice(about))] = label
    return list(made), list(made.values())


@pytest.mark.parametrize("n", [80, 150])
def test_few_texts_of_a_long_template_are_no_copies_of_each_other_but_real_copies_are_found(n: int) -> None:
    texts, labels = orders(n, n)
    copies = [text.upper() + "!" for text in texts[:5]] + [
        text.replace("I ", "i  ").replace("my", "ym") for text in texts[5:10]
    ]
    digests = [f"{i:04}" for i in range(n + 10)]
    content: Any = SimpleNamespace(digests=digests)
    found = without_look_alikes(
        find_copies([content], [[*texts, *copies]]), dict(zip(digests, [*labels, *labels[:10]], strict=True))
    )
    pairs = {(pair.a, pair.b) for pair in found.near}
    planted = {(f"{i:04}", f"{n + i:04}") for i in range(10)}
    assert len(planted & pairs) >= 8
    assert all((pair.a, pair.b) in planted for pair in found.near)
