"""Taking in 100,000 versions of a real MLflow server, and one question that both registries answer.

Needs the extra ``mlflow`` and a server's program (`make test-mlflow` installs one apart and says where). The server's
database is filled by hand: asking it 100,000 times to register something would take the better part of an hour.
``MLFLOW_VERSIONS`` is how many.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.registry import mlflow_servers

from benchmarks.registry import Measured, p99, places
from touchstone.registry import foreign
from touchstone.registry.book import Registry
from touchstone.registry.lineage import find
from touchstone.registry.mlflow_server import Server
from touchstone.registry.products import models_of
from touchstone.registry.verify import verify

PER_MODEL = 20
ASKED = 200


def measure(folder: Path, rounds: int) -> Iterator[Measured | str]:
    """The import's time, and the answer to what an alias points to."""
    if mlflow_servers.WHY_NOT:
        yield f"not measured: {mlflow_servers.WHY_NOT}"
        return
    n = int(os.environ.get("MLFLOW_VERSIONS", "100000"))
    theirs = folder / "mlflow"
    theirs.mkdir()
    with mlflow_servers.running(theirs) as address:
        names = fill(theirs / "mlflow.db", n)
        for place in places(folder):
            with Registry.open(place) as registry, Server.at(address) as server:
                started = time.perf_counter()
                found = foreign.take_in(registry, server.versions(), server.runs, "ann", "steward")
                seconds = time.perf_counter() - started
                assert (found.versions, found.runs) == (n, n)
                bar = 300 * n / 100_000
                yield Measured(f"{registry.store.dialect}: {n:,} versions with their runs taken in", seconds, "s", bar)
                started = time.perf_counter()
                assert foreign.take_in(registry, server.versions(), server.runs, "ann", "steward").known == n
                yield Measured("the same again, where nothing is new", time.perf_counter() - started, "s", bar)
                assert verify(registry, tables=False).whole
                yield from _both(registry, server, names[:: max(1, len(names) // ASKED)])


def _both(registry: Registry, server: Server, names: list[str]) -> Iterator[Measured]:
    def ours(name: str) -> None:
        with registry.reading() as session:
            assert models_of(session, find(session, f"{name}@champion"))

    def theirs(name: str) -> None:
        server.version(f"{name}@champion")

    asked: tuple[tuple[str, Callable[[str], None]], ...] = (("here", ours), ("by MLflow, over HTTP", theirs))
    for who, ask in asked:
        yield Measured(f"what an alias points to, answered {who}, p99", p99(ask, names), "ms", 50)


def fill(database: Path, n: int) -> list[str]:
    """Models of 20 versions each, every version with a run of three parameters and two metrics; names of the models."""
    names = [f"model-{i}" for i in range((n + PER_MODEL - 1) // PER_MODEL)]
    versions = [(names[i // PER_MODEL], i % PER_MODEL + 1, secrets.token_hex(16), i) for i in range(n)]
    with sqlite3.connect(database, timeout=60) as theirs:
        theirs.executemany(
            "INSERT INTO registered_models (name, creation_time, last_updated_time) VALUES (?, ?, 0)", enumerated(names)
        )
        theirs.executemany(
            "INSERT INTO runs (run_uuid, name, source_type, user_id, status, start_time, end_time, lifecycle_stage, artifact_uri, "
            "experiment_id) VALUES (?, 'night', 'LOCAL', 'ann', 'FINISHED', ?, ?, 'active', '', 0)",
            [(run, i, i) for _, _, run, i in versions],
        )
        for key in ("depth", "rate", "seed"):
            theirs.executemany("INSERT INTO params VALUES (?, '1', ?)", [(key, run) for _, _, run, _ in versions])
        for key in ("f1", "loss"):
            values = [(key, run) for _, _, run, _ in versions]
            theirs.executemany("INSERT INTO latest_metrics VALUES (?, 0.5, 0, 0, 0, ?)", values)
        theirs.executemany(
            "INSERT INTO model_versions (name, version, creation_time, last_updated_time, current_stage, source, run_id, status) "
            "VALUES (?, ?, ?, 0, 'None', 's3://models', ?, 'READY')",
            [(name, version, i, run) for name, version, run, i in versions],
        )
        theirs.executemany(
            "INSERT INTO model_version_tags (key, value, name, version) VALUES ('team', 'a', ?, ?)",
            [(name, version) for name, version, _, _ in versions],
        )
        theirs.executemany(
            "INSERT INTO registered_model_aliases (alias, version, name) VALUES ('champion', 1, ?)",
            [(name,) for name in names],
        )
    theirs.close()
    return names


def enumerated(names: list[str]) -> list[tuple[str, int]]:
    """Names with a moment each."""
    return [(name, i) for i, name in enumerate(names)]
