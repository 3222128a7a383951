"""A large family tree of models, written in bulk: the same rows that registering one by one would leave."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from touchstone.core import digest
from touchstone.registry.book import Registry
from touchstone.registry.effects import Effects, Entity, Link
from touchstone.registry.event import GENESIS, hash_of
from touchstone.registry.log import COLUMNS
from touchstone.registry.verify import insert_rows

ROOTS = 200
TIME = "2026-01-01T00:00:00.000Z"


class Tree:
    """Models with Zipf-weighted roots: 70 in 100 directly under one, 2 with a second parent; products on 2 in 100."""

    def __init__(self, models: int, seed: int = 0) -> None:
        self.models, self.rng = models, random.Random(seed)
        self.parents: list[tuple[int, ...]] = [() for _ in range(ROOTS)]
        weights = [1 / (i + 1) for i in range(ROOTS)]
        roots = self.rng.choices(range(ROOTS), weights, k=models)
        for i in range(ROOTS, models):
            first = roots[i] if self.rng.random() < 0.7 else self.rng.randrange(ROOTS, i) if i > ROOTS else 0
            second = self.rng.randrange(i) if self.rng.random() < 0.02 else first
            self.parents.append((first,) if second == first else (first, second))
        self.products = sorted(self.rng.sample(range(models), models // 50))
        self.closure: list[dict[int, int]] = []
        for up in self.parents:
            found: dict[int, int] = {}
            for parent in up:
                for above, depth in ((parent, 0), *self.closure[parent].items()):
                    found[above] = min(found.get(above, depth + 1), depth + 1)
            self.closure.append(found)

    def entities(self) -> Iterator[tuple[Entity, tuple[Link, ...]]]:
        """Models in order, then products; the number of an entity is its place, from one."""
        for i, up in enumerate(self.parents):
            links = tuple(Link(model(i), "finetune", model(parent)) for parent in up)
            yield Entity(model(i), "model", f"org/model-{i}", {"publisher": f"org{i % 997}"}), links
        for i in self.products:
            id = f"product:{i:064x}"
            yield Entity(id, "product", f"product {i}", {"owner": "", "criticality": 1}), (Link(id, "uses", model(i)),)


def model(i: int) -> str:
    """The id of a model."""
    return f"model:{i:064x}"


def fill(registry: Registry, tree: Tree) -> None:
    """Write log and tables."""
    events: list[tuple[Any, ...]] = []
    bodies: list[tuple[Any, ...]] = []
    entities: list[tuple[Any, ...]] = []
    links: list[tuple[Any, ...]] = []
    prev = GENESIS
    for seq, (entity, made) in enumerate(tree.entities(), 1):
        data = digest.canonical_json(Effects(entity, made).as_data()).encode()
        named = digest.of_bytes(data)
        hashed = hash_of(seq, TIME, "touchstone", "", "register", entity.id, named, prev)
        events.append((seq, TIME, "touchstone", "", "register", entity.id, named, prev, hashed))
        bodies.append((named, None, data))
        entities.append((seq, entity.id, entity.kind, entity.name, "active", "", 1))
        links += [(seq, one.relation, int(one.target.partition(":")[2], 16) + 1, one.evidence, 1.0) for one in made]
        prev = hashed
    above = ((i + 1, up + 1, depth) for i, found in enumerate(tree.closure) for up, depth in found.items())
    exposed = (
        (base + 1, tree.models + n, depth + 1)
        for n, used in enumerate(tree.products, 1)
        for base, depth in ((used, 0), *tree.closure[used].items())
    )
    with registry.writing() as writer:
        session = writer.session
        insert_rows(session, "event", COLUMNS.split(", "), iter(events))
        insert_rows(session, "body", ["digest", "key_id", "bytes"], iter(bodies))
        insert_rows(session, "entity", ["number", "id", "kind", "name", "state", "until", "version"], iter(entities))
        insert_rows(session, "link", ["source", "relation", "target", "evidence", "confidence"], iter(links))
        insert_rows(session, "closure_up", ["model", "ancestor", "depth"], above)
        insert_rows(session, "exposure", ["base", "product", "hops"], exposed)
        writer.resume()
