"""The log: one spelling of what is hashed, nothing twice, no backdating."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.registry.conftest import Clock
from touchstone.core import digest
from touchstone.core.errors import RegistryError
from touchstone.registry import log
from touchstone.registry.book import Registry
from touchstone.registry.effects import Effects, Entity
from touchstone.registry.event import hash_of

WORDS = st.text(max_size=30)


@given(st.integers(1, 10**12), WORDS, WORDS, WORDS, WORDS, WORDS, WORDS)
def test_the_hash_is_taken_over_canonical_json(
    seq: int, time: str, actor: str, role: str, action: str, subject: str, body: str
) -> None:
    rest = {
        "seq": seq,
        "time": time,
        "actor": actor,
        "role": role,
        "action": action,
        "subject": subject,
        "body_digest": body,
    }
    due = hashlib.sha256(("ab" + digest.canonical_json(rest)).encode()).hexdigest()
    assert hash_of(seq, time, actor, role, action, subject, body, "ab") == due


@given(WORDS)
def test_effects_come_back_as_they_were(name: str) -> None:
    effects = Effects(Entity("model:1", "model", name, {"a": [name]}), key=name)
    assert Effects.from_data(effects.as_data()) == effects


def test_one_key_is_written_once(registry: Registry) -> None:
    for _ in range(3):
        with registry.writing() as writer:
            effects = Effects(Entity("model:1", "model", "m"), key="once")
            assert writer.append("register", "model:1", effects) == 1


def test_a_clock_set_back_is_refused_and_a_small_difference_is_not(registry: Registry, clock: Clock) -> None:
    with registry.writing() as writer:
        writer.append("note", "a", Effects())
    clock.forward(seconds=-30)
    with registry.writing() as writer:
        writer.append("note", "b", Effects())
    with registry.reading() as session:
        times = [event.time for event in log.events(session)]
    assert times == sorted(times)
    clock.forward(hours=-3)
    with pytest.raises(RegistryError, match="clock"), registry.writing() as writer:
        writer.append("note", "c", Effects())


@pytest.mark.parametrize(
    "name", ["'; DROP TABLE event; --", "a\0b", "\udcff", "\x1b[2J", "<script>", "%s%n", ":name", "?"]
)
def test_hostile_names_are_kept_as_text(registry: Registry, name: str) -> None:
    with registry.writing() as writer:
        writer.append("register", "model:1", Effects(Entity("model:1", "model", name, {name: name})))
    with registry.reading() as session:
        assert session.value("SELECT COUNT(*) FROM event") == 1
        assert log.body(session, log.events(session)[0].body_digest)["entity"]["name"] == name
