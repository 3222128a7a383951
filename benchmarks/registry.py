"""The registry at the size of a hub: exposure, ancestors, registering, advisories, verification.

The number of models is ``REGISTRY_MODELS`` (1,000,000 where it is not set); with ``TOUCHSTONE_TEST_POSTGRES`` set the
same is measured on that server.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.registry_tree import ROOTS, Tree, fill, model
from touchstone.registry.advisories import Advisory, advise
from touchstone.registry.book import Registry
from touchstone.registry.effects import Effects, Entity, Link
from touchstone.registry.lineage import ancestors, exposed, find, listed
from touchstone.registry.log import COLUMNS
from touchstone.registry.place import Place
from touchstone.registry.place import find as find_place
from touchstone.registry.verify import Chain, verify

_BUSY = "of this process's own processor time"
"""Beside other work on the machine a question also waits for its turn, which says nothing of the registry."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure beside the bar that it is held against."""

    what: str
    value: float
    unit: str
    bar: float
    at_least: bool = False

    def __str__(self) -> str:
        held = self.value >= self.bar if self.at_least else self.value <= self.bar
        sign = ">=" if self.at_least else "<="
        return f"{self.what}: {self.value:,.2f} {self.unit} (bar {sign} {self.bar:,g}: {'held' if held else 'MISSED'})"


def places(folder: Path) -> Iterator[Place]:
    """Where to measure: a file, and a fresh database on the server where one is named."""
    yield find_place(str(folder / "registry.db"), folder, folder / "home")
    if server := os.environ.get("TOUCHSTONE_TEST_POSTGRES"):
        import psycopg

        name = f"bench{secrets.token_hex(4)}"
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        yield find_place(f"{server}/{name}", folder, folder / "home")


def measure(folder: Path, rounds: int) -> Iterator[Measured | str]:
    """Every bar of the registry, on each kind of database."""
    tree = Tree(int(os.environ.get("REGISTRY_MODELS", "1000000")))
    for place in places(folder):
        with Registry.open(place) as registry:
            started = time.perf_counter()
            fill(registry, tree)
            if registry.store.dialect == "postgresql":
                with registry.writing() as writer:
                    writer.session.run("ANALYZE")
            edges, products = sum(map(len, tree.parents)), len(tree.products)
            yield f"{registry.store.dialect}: {tree.models:,} models, {edges:,} edges, {products:,} products, filled in {time.perf_counter() - started:.0f} s"
            yield from _questions(registry, tree, rounds)


def _questions(registry: Registry, tree: Tree, rounds: int) -> Iterator[Measured]:
    rng = tree.rng
    bases = [model(i) for i in (*range(ROOTS), *(rng.randrange(tree.models) for _ in range(ROOTS * rounds)))]

    def exposure(id: str) -> None:
        with registry.reading() as session:
            exposed(session, find(session, id))

    def upward(id: str) -> None:
        with registry.reading() as session:
            ancestors(session, find(session, id))

    def derive(id: str) -> None:
        child = f"model:{secrets.token_hex(32)}"
        with registry.writing() as writer:
            writer.append("register", child, Effects(Entity(child, "model", "new"), (Link(child, "finetune", id),)))

    yield from _asked("exposure of a base", exposure, bases, 10)
    yield from _asked("ancestors of a model", upward, bases, 2)
    yield Measured("registering a derived model, durable, p99", p99(derive, bases[ROOTS : 2 * ROOTS]), "ms", 20)
    started = time.perf_counter()
    with registry.writing(decision=True) as writer:
        advise(
            writer,
            Advisory("bench", "quality", "blocker", "for measuring"),
            [find(writer.session, model(0))],
            "a",
            "steward",
        )
    with registry.reading() as session:
        hit = len(exposed(session, find(session, model(0))))
        assert listed(session, "advisory"), "it was written"
    yield Measured(f"advise against the largest base ({hit:,} products)", time.perf_counter() - started, "s", 1)
    started, worked = time.perf_counter(), time.process_time()
    with registry.reading() as session:
        chain = Chain(())
        assert not list(chain.faults(session.stream(f"SELECT {COLUMNS} FROM event ORDER BY seq")))
    seconds, busy = time.perf_counter() - started, time.process_time() - worked
    yield Measured("verifying the chain", chain.events / seconds, "events/s", 300_000, True)
    yield Measured(f"verifying the chain, {_BUSY}", chain.events / busy, "events/s", 300_000, True)
    started = time.perf_counter()
    assert verify(registry, tables=False).whole
    yield Measured("the same with every body and checkpoint", time.perf_counter() - started, "s", 60)


def _asked(what: str, ask: Callable[[str], None], ids: list[str], bar: float) -> Iterator[Measured]:
    """What 99 of 100 questions stay under, as one waits for them and as they keep a processor busy."""
    yield Measured(f"{what}, p99", p99(ask, ids), "ms", bar)
    yield Measured(f"{what}, p99, {_BUSY}", p99(ask, ids, time.process_time), "ms", bar)


def p99(ask: Callable[[str], None], ids: list[str], clock: Callable[[], float] = time.perf_counter) -> float:
    """Milliseconds that 99 of 100 questions stay under."""
    times = []
    for id in ids:
        started = clock()
        ask(id)
        times.append(1000 * (clock() - started))
    return sorted(times)[int(0.99 * (len(times) - 1))]
