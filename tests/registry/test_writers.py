"""Many processes at once, and processes killed at any moment: the log never forks, loses or halves anything."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from touchstone.registry.book import Registry
from touchstone.registry.place import Place
from touchstone.registry.verify import verify

WRITER = """
import sys
from pathlib import Path
from touchstone.registry.book import Registry
from touchstone.registry.effects import Effects, Entity
from touchstone.registry.place import Place
from touchstone.registry.projection import number_of

url, path, checkpoints, name, most = sys.argv[1:]
place = Place(url, Path(path) if path else None, Path(checkpoints))
with Registry.open(place) as registry:
    for i in range(int(most)):
        id = f"model:{name}-{i}"
        with registry.writing(decision=i % 7 == 0) as writer:
            person = writer.person(name)
            writer.append("register", id, Effects(Entity(id, "model", name)), actor=person, private={"reason": str(i)})
        print(i, flush=True)  # told only what is durable
"""


def start(place: Place, name: str, most: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, place.url, str(place.path or ""), str(place.checkpoints), name, str(most)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def models(registry: Registry) -> set[str]:
    with registry.reading() as session:
        return {row[0] for row in session.rows("SELECT id FROM entity")}


def test_four_writers_at_once_lose_nothing_and_never_fork(place: Place, registry: Registry) -> None:
    writers = [start(place, f"w{n}", 40) for n in range(4)]
    for writer in writers:
        writer.communicate(timeout=120)
        assert writer.returncode == 0
    found = verify(registry)
    assert found.whole, found.faults
    assert models(registry) == {f"model:w{n}-{i}" for n in range(4) for i in range(40)}


def test_two_that_open_a_new_registry_at_once_make_one(place: Place) -> None:
    writers = [start(place, f"w{n}", 3) for n in range(3)]
    for writer in writers:
        writer.communicate(timeout=60)
        assert writer.returncode == 0
    with Registry.open(place) as registry:
        assert verify(registry).events == 9


@pytest.mark.parametrize("seed", range(int(os.environ.get("TOUCHSTONE_KILLS", "6"))))
def test_killed_at_any_moment_the_log_verifies_and_keeps_what_was_said_to_be_kept(
    place: Place, registry: Registry, seed: int
) -> None:
    rng = random.Random(seed)
    writer = start(place, "w", 10_000)
    assert writer.stdout is not None
    writer.stdout.readline()
    time.sleep(rng.uniform(0, 0.15))
    writer.send_signal(signal.SIGKILL)
    told = [0, *(int(line) for line in writer.stdout.read().split())]
    writer.wait()
    writer.stdout.close()
    found = verify(registry)
    assert found.whole, found.faults
    assert {f"model:w-{i}" for i in range(max(told) + 1)} <= models(registry)
