"""Copies that are turned or mirrored, where the way a picture lies is what is labelled and where it is not."""

from __future__ import annotations

import numpy as np
import pytest

from touchstone.dataset.duplicates import Copies, Near, families, upright

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
    found = upright(copies, labels)
    assert not found.near
    assert set(found.family) == set(copies.family) and all(one == head for one, head in found.family.items())
    assert f"{torn} of 40 pairs" in found.notes[0]


def test_upright_copies_among_arrows_stay() -> None:
    copies, labels = turned_pairs(40, 40)
    first = Near("0000", "0002", "near", 0.999)
    found = upright(Copies((*copies.near, first), copies.family), labels)
    assert found.near == (first,)
    assert found.family["0002"] == "0000"


@pytest.mark.parametrize("pairs", [3, 40, 200])
def test_wrong_labels_on_turned_copies_do_not_hide_them(pairs: int) -> None:
    rng = np.random.default_rng(pairs)
    copies, labels = turned_pairs(pairs, int(rng.binomial(pairs, NOISE)), others=100)
    assert upright(copies, labels) is copies


def test_a_few_turned_copies_with_two_labels_are_a_fault_and_not_what_is_labelled() -> None:
    copies, labels = turned_pairs(8, 8, others=600)
    assert upright(copies, labels) is copies


def test_without_labels_nothing_is_known_of_what_they_tell() -> None:
    copies, labels = turned_pairs(40, 40)
    assert upright(copies, dict.fromkeys(labels)) is copies
