"""Closure and exposure are what walking the graph would find, whatever order things were said in."""

from __future__ import annotations

import random

import pytest

from tests.registry import trees
from touchstone.core.errors import RegistryError
from touchstone.registry.book import Registry
from touchstone.registry.effects import Effects, Entity, Link
from touchstone.registry.lineage import ancestors, exposed, find


def names(registry: Registry, what: str, of: str) -> list[tuple[str, int]]:
    ask = ancestors if what == "ancestors" else exposed
    with registry.reading() as session:
        return [(known.name, steps) for known, steps in ask(session, find(session, of))]


def test_a_diamond_counts_a_product_once_by_the_shortest_way(registry: Registry) -> None:
    trees.diamond(registry)
    assert names(registry, "exposed", "base") == [("blog", 2), ("shop", 3)]
    assert names(registry, "exposed", "merged") == [("shop", 1)]
    assert names(registry, "ancestors", "merged") == [("left", 1), ("right", 1), ("base", 2)]


def test_a_parent_that_is_learnt_later_reaches_everything_below(registry: Registry) -> None:
    trees.diamond(registry)
    trees.model(registry, "ancient")
    with registry.writing() as writer:
        writer.append(
            "link", "model:base", Effects(links=(Link("model:base", "distill", "model:ancient", "measured", 0.7),))
        )
    assert names(registry, "exposed", "ancient") == [("blog", 3), ("shop", 4)]
    assert ("ancient", 3) in names(registry, "ancestors", "merged")


def test_a_model_is_never_its_own_ancestor_and_nothing_of_the_attempt_stays(registry: Registry) -> None:
    trees.diamond(registry)
    with registry.reading() as session:
        before = session.rows("SELECT * FROM event")
    for child, parent in (("base", "merged"), ("left", "left")):
        link = Link(f"model:{child}", "merge", f"model:{parent}")
        with pytest.raises(RegistryError, match="never its own ancestor"), registry.writing() as writer:
            writer.append("link", link.source, Effects(links=(link,)))
    with registry.reading() as session:
        assert session.rows("SELECT * FROM event") == before


def test_a_product_that_moves_off_a_model_is_no_longer_exposed_by_it(registry: Registry) -> None:
    trees.diamond(registry)
    trees.model(registry, "other")
    with registry.writing() as writer:
        writer.append(
            "move", "product:shop",
            Effects(links=(Link("product:shop", "uses", "model:other"),), unlinks=(Link("product:shop", "uses", "model:merged"),)),
        )  # fmt: skip
    assert names(registry, "exposed", "base") == [("blog", 2)]
    assert names(registry, "exposed", "other") == [("shop", 1)]


@pytest.mark.parametrize("seed", range(6))
def test_the_tables_agree_with_walking_a_random_graph(registry: Registry, seed: int) -> None:
    rng = random.Random(seed)
    n = 14
    edges = [(a, b) for a in range(n) for b in range(a) if rng.random() < 0.2]
    rng.shuffle(edges)
    with registry.writing() as writer:
        for i in range(n):
            writer.append("register", f"model:{i}", Effects(Entity(f"model:{i}", "model", f"m{i}")))
        for i in (3, 8, 13):
            effects = Effects(Entity(f"product:{i}", "product", f"p{i}"), (Link(f"product:{i}", "uses", f"model:{i}"),))
            writer.append("register", f"product:{i}", effects)
        for a, b in edges:
            writer.append("link", f"model:{a}", Effects(links=(Link(f"model:{a}", "merge", f"model:{b}"),)))
    for a in range(n):
        steps = _walk(a, edges)
        assert dict(names(registry, "ancestors", f"m{a}")) == {f"m{b}": d for b, d in steps.items() if b != a}
    for b in range(n):
        due = {f"p{i}": _walk(i, edges)[b] + 1 for i in (3, 8, 13) if b in _walk(i, edges)}
        assert dict(names(registry, "exposed", f"m{b}")) == due


def _walk(start: int, edges: list[tuple[int, int]]) -> dict[int, int]:
    steps, edge = {start: 0}, [start]
    while edge:
        edge = [b for a in edge for x, b in edges if x == a and steps.setdefault(b, steps[a] + 1) == steps[a] + 1]
    return steps
