from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.checks.data.probing import topic_texts
from tests.checks.desk import Desk, dataset, study, texts
from touchstone.checks.data.leak_cost import leak_costs
from touchstone.core.progress import Silent
from touchstone.dataset.leaks import find_crossings
from touchstone.pipeline.probing import Prober

N_TEST = 200


def laid(copies: int, *, audited: bool = True) -> tuple[Desk, list]:
    """An audit of texts of which half tell their label; ``copies`` of the test set stand in train."""
    words, labels = topic_texts(500, 2, seed=1)
    words = [f"{text} {i * 7919}" for i, text in enumerate(words)]  # a number of its own, by which a text is remembered
    rng = np.random.default_rng(2)
    labels = np.where(rng.random(500) < 0.3, 1 - labels, labels)
    chosen = [*range(copies), *range(300, 500 - copies)]
    train = texts(labels[:300], "a", words[:300])
    test = texts(labels[chosen], "b", [words[i] for i in chosen])
    data = dataset(train, test, given=True)
    data = replace(data, answers=labels[chosen] if audited else None)
    crossings = [
        one
        for one in find_crossings(data.given, data.near)
        if one.first_split == "train" and one.second_split == "test"
    ]
    return Desk(study(), data, prober=Prober(data, Silent(), 0)), crossings


@pytest.mark.parametrize("copies", [40, 100])
def test_tells_by_how_much_copies_flatter_a_cheap_probe(copies: int) -> None:
    desk, crossings = laid(copies)
    (cost,) = leak_costs(desk, crossings)
    assert cost.model == "a linear probe on simple features"
    assert cost.with_copies > cost.without
    assert cost.proven(0.01)
    interval = cost.details()["accuracy_moved_interval"]
    assert interval.low < cost.moved.value < interval.high
    assert "falls from" in str(cost)


def test_more_copies_flatter_more() -> None:
    moved = [leak_costs(*laid(copies))[0].moved.value for copies in (20, 60, 120)]
    assert moved == sorted(moved)


def test_nothing_is_told_where_test_labels_are_sealed() -> None:
    assert leak_costs(*laid(40, audited=False)) == []


def test_nothing_is_told_where_nothing_leaks() -> None:
    assert leak_costs(*laid(0)) == []
