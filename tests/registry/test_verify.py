"""Every way of tampering by hand is found: edits, gaps, insertions, swaps, a cut tail, an old copy, a rewritten whole."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.registry import trees
from tests.registry.conftest import Clock
from touchstone.core.errors import RegistryError
from touchstone.registry.book import Registry
from touchstone.registry.effects import Effects, Entity, State
from touchstone.registry.event import GENESIS, hash_of
from touchstone.registry.place import Place, find
from touchstone.registry.transfer import lines, take_in
from touchstone.registry.verify import verify


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Tampering is done by hand in a file."""
    return find(str(tmp_path / "registry.db"), tmp_path, tmp_path / "home")


@pytest.fixture
def filled(registry: Registry, clock: Clock) -> Registry:
    trees.diamond(registry)
    clock.forward(minutes=5)
    with registry.writing(decision=True) as writer:
        ann = writer.person("ann")
        effects = Effects(Entity("approval:1", "approval", "approval"), states=(State("product:shop", "live"),))
        writer.append("approve", "product:shop", effects, actor=ann, role="owner", private={"reason": "looked at it"})
    return registry


def by_hand(registry: Registry, *statements: str) -> None:
    assert registry.store.place.path is not None
    with sqlite3.connect(registry.store.place.path) as database:
        for statement in statements:
            database.execute(statement)
    database.close()


def rewrite_all(registry: Registry) -> None:
    """A whole new history whose chain holds."""
    assert registry.store.place.path is not None
    with sqlite3.connect(registry.store.place.path) as database:
        prev = GENESIS
        for row in database.execute(
            "SELECT seq, time, actor, role, action, subject, body_digest FROM event ORDER BY seq"
        ).fetchall():
            role = "owner" if row[2] != "touchstone" else "forged"
            fields = (*row[:3], role, *row[4:])
            hashed = hash_of(*fields, prev)
            database.execute(
                "UPDATE event SET role = ?, prev = ?, hash = ? WHERE seq = ?", (role, prev, hashed, row[0])
            )
            prev = hashed
    database.close()


def test_a_registry_that_nobody_touched_is_whole(filled: Registry) -> None:
    found = verify(filled)
    assert found.whole, found.faults
    assert (found.events, found.trusted_to) == (7, 7)


@pytest.mark.parametrize(
    ("statements", "said"),
    [
        (["UPDATE event SET action = 'praise' WHERE seq = 3"], "event 3 "),
        (["UPDATE event SET time = x'00ff' WHERE seq = 3"], "event 3 "),
        (["UPDATE event SET time = '2020-01-01T00:00:00.000Z' WHERE seq = 2"], "event 2 "),
        (["PRAGMA foreign_keys = OFF", "DELETE FROM event WHERE seq = 4"], "event 4 is missing"),
        (["UPDATE event SET seq = 99 WHERE seq = 3", "UPDATE event SET seq = 3 WHERE seq = 4", "UPDATE event SET seq = 4 WHERE seq = 99"], "event 3 "),
        (["INSERT INTO event SELECT 8, time, actor, role, action, subject, body_digest, 'x', hash FROM event WHERE seq = 2"], "event 8 "),
        (["DELETE FROM event WHERE seq = 7"], "its tail was cut off"),
        (["UPDATE body SET bytes = 'x' WHERE key_id IS NULL"], "the body "),
        (["DELETE FROM body WHERE key_id IS NULL"], "the body of event 1 is gone"),
        (["UPDATE entity SET state = 'active' WHERE id = 'product:shop'"], "the table entity"),
        (["UPDATE entity SET name = 'mine' WHERE id = 'product:shop'"], "the table entity"),
        (["DELETE FROM exposure"], "the table exposure"),
        (["UPDATE closure_up SET depth = 9"], "the table closure_up"),
        (["DELETE FROM link WHERE relation = 'uses'"], "the table link"),
        (["UPDATE link SET evidence = 'measured'"], "the table link"),
        (["UPDATE identity SET name = NULL"], "taken away by hand"),
        (["DELETE FROM identity"], "not among the people"),
    ],
)  # fmt: skip
def test_finds(filled: Registry, statements: list[str], said: str) -> None:
    by_hand(filled, *statements)
    found = verify(filled)
    assert not found.whole
    assert said in " | ".join(found.faults)


def test_a_history_that_was_written_anew_contradicts_the_checkpoints(filled: Registry) -> None:
    rewrite_all(filled)
    assert "another history than a checkpoint" in " | ".join(verify(filled).faults)


def test_an_old_copy_put_back_is_found_by_the_checkpoint(filled: Registry, clock: Clock, tmp_path: Path) -> None:
    path = filled.store.place.path
    assert path is not None
    by_hand(filled, "PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(path, tmp_path / "old.db")
    with filled.writing(decision=True) as writer:
        writer.append("register", "model:later", Effects(Entity("model:later", "model", "later")))
    filled.store.close()
    for leftover in path.parent.glob(path.name + "-*"):
        leftover.unlink()
    shutil.copy(tmp_path / "old.db", path)
    with Registry.open(filled.store.place, clock=clock) as old:
        assert "old copy" in " | ".join(verify(old).faults)


def test_two_logs_that_parted_are_not_joined(filled: Registry, clock: Clock, tmp_path: Path) -> None:
    text = list(lines(filled, people=True))
    with Registry.open(find(str(tmp_path / "other.db"), tmp_path, tmp_path / "h2"), clock=clock) as other:
        assert take_in(other, text, "log") == 7
        assert take_in(other, text, "log") == 0
        assert verify(other).whole
        for one, name in ((filled, "x"), (other, "y")):
            trees.model(one, name)
        with pytest.raises(RegistryError, match="parted"):
            take_in(other, lines(filled), "log")
        assert verify(other).events == 8


def _cut_a_line(text: list[str]) -> list[str]:
    return [line for line in text if "[3," not in line]


def _edit_a_body(text: list[str]) -> list[str]:
    return [line.replace('"bytes":"', '"bytes":"AAAA', 1) for line in text]


@pytest.mark.parametrize(
    ("bend", "said"),
    [
        (_cut_a_line, "does not follow"),
        (_edit_a_body, "not what its digest says"),
        (lambda text: ["nonsense"], "no line of"),
    ],
)
def test_a_bent_export_is_refused_whole(
    filled: Registry, tmp_path: Path, clock: Clock, bend: Callable[[list[str]], list[str]], said: str
) -> None:
    text = bend(list(lines(filled)))
    with Registry.open(find(str(tmp_path / "other.db"), tmp_path, tmp_path / "h2"), clock=clock) as other:
        with pytest.raises(RegistryError, match=said):
            take_in(other, text, "log")
        assert verify(other).events == 0


def test_an_export_that_makes_one_thing_twice_is_refused(tmp_path: Path, clock: Clock) -> None:
    with Registry.open(find(str(tmp_path / "forger.db"), tmp_path, tmp_path / "h3"), clock=clock) as forger:
        trees.model(forger, "base")
        with forger.writing() as writer:
            named = writer.session.value("SELECT body_digest FROM event")
            fields = (
                2,
                "2026-05-04T12:00:00.000Z",
                "touchstone",
                "",
                "register",
                "model:base",
                named,
                writer.head.hash,
            )
            writer.session.run(
                "INSERT INTO event VALUES (:a, :b, :c, :d, :e, :f, :g, :h, :i)",
                **dict(zip("abcdefghi", (*fields, hash_of(*fields)), strict=True)),
            )
        forged = list(lines(forger))
    with Registry.open(find(str(tmp_path / "other.db"), tmp_path, tmp_path / "h2"), clock=clock) as other:
        with pytest.raises(RegistryError, match="contradicts"):
            take_in(other, forged, "log")
        assert verify(other).events == 0
