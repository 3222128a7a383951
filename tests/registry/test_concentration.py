"""Shares add up, and the index says what a person would work out by hand."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.registry import trees
from touchstone.registry import concentration as module
from touchstone.registry.book import Registry
from touchstone.registry.concentration import blast_radius, concentration, measure, root_models
from touchstone.registry.lineage import find


@pytest.mark.parametrize(
    ("weights", "hhi", "effective", "band"),
    [
        ({"a": 1}, 10_000, 1, "concentrated"),
        ({str(i): 1 for i in range(10)}, 1000, 10, "spread"),
        ({"a": 3, "b": 1}, 6250, 1.6, "concentrated"),
        ({str(i): 1 for i in range(8)}, 1250, 8, "moderate"),
    ],
)
def test_worked_by_hand(weights: dict[str, float], hhi: float, effective: float, band: str) -> None:
    found = measure("root", weights)
    assert (found.hhi, found.effective, found.band) == (pytest.approx(hhi), pytest.approx(effective), band)


@given(st.dictionaries(st.text(max_size=3), st.floats(0.01, 1e6), min_size=1, max_size=30))
def test_shares_add_up_and_the_effective_number_is_between_one_and_all(weights: dict[str, float]) -> None:
    found = measure("root", weights)
    assert sum(found.shares.values()) == pytest.approx(1)
    assert 1 - 1e-6 <= found.effective <= len(weights) + 1e-6


def test_a_product_on_two_roots_gives_half_to_each(registry: Registry) -> None:
    trees.diamond(registry)
    trees.model(registry, "second")
    trees.product(registry, "both", "right", "second", criticality=3)
    with registry.reading() as session:
        plain = {one.by: one for one in concentration(session)}
        heavy = {one.by: one for one in concentration(session, weighted=True)}
    assert list(plain["root"].shares.values()) == [pytest.approx(2.5 / 3), pytest.approx(0.5 / 3)]
    assert list(heavy["root"].shares.values()) == [pytest.approx(7.5 / 9), pytest.approx(1.5 / 9)]
    assert dict(plain["publisher"].shares) == {"acme": 1.0}
    assert dict(plain["license"].shares) == {module.NOT_STATED: 1.0}


def test_the_blast_radius_counts_everything_once(registry: Registry) -> None:
    trees.diamond(registry)
    with registry.reading() as session:
        assert [one.name for one in root_models(session)] == ["base"]
        found = blast_radius(session, find(session, "model:base"))
    assert (found.products, found.critical, found.criticality, found.median_hops) == (2, 1, 6, 2.5)


def test_nothing_rests_on_nothing(registry: Registry) -> None:
    with registry.reading() as session:
        assert concentration(session) == []


def test_the_example_holds() -> None:
    assert doctest.testmod(module).failed == 0
