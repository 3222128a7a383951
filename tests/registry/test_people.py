"""Names stand outside the chain, and what is erased cannot be read again while the log stays valid."""

from __future__ import annotations

import pytest

from touchstone.core.errors import RegistryError
from touchstone.registry import log, people
from touchstone.registry.book import Registry
from touchstone.registry.effects import Effects
from touchstone.registry.transfer import lines
from touchstone.registry.verify import verify

REASON = "Ann's neighbour is in the test set"


def said_in_private(registry: Registry) -> str:
    with registry.writing() as writer:
        ann = writer.person("ann")
        writer.append("note", "run:1", Effects(), actor=ann, private={"reason": REASON})
        return str(log.body(writer.session, log.events(writer.session)[-1].body_digest)["private"])


def test_what_is_private_is_read_back_with_the_key(registry: Registry) -> None:
    named = said_in_private(registry)
    with registry.reading() as session:
        assert people.unseal(session, named) == {"reason": REASON}


def test_names_and_reasons_never_stand_in_the_log_in_clear(registry: Registry) -> None:
    said_in_private(registry)
    assert not [line for line in lines(registry) if "neighbour" in line or '"ann"' in line]


def test_an_erased_person_cannot_be_read_and_the_log_still_verifies(registry: Registry) -> None:
    named = said_in_private(registry)
    with registry.writing() as writer:
        people.erase(writer.session, "ann")
    with registry.reading() as session:
        assert people.unseal(session, named) == {}
        assert people.ERASED in people.names(session).values()
    assert verify(registry).whole
    with pytest.raises(RegistryError, match="nobody of this name"), registry.writing() as writer:
        people.erase(writer.session, "ann")


def test_the_same_person_keeps_one_pseudonym_and_others_get_their_own(registry: Registry) -> None:
    with registry.writing() as writer:
        assert writer.person("ann") == writer.person(" ann ") != writer.person("bob")


@pytest.mark.parametrize("name", ["", "  ", "a\x1b[31mb", "a\nb", "x" * 300, "\u202eann"])
def test_a_name_that_a_terminal_would_obey_is_refused(registry: Registry, name: str) -> None:
    with pytest.raises(RegistryError, match="is no name"), registry.writing() as writer:
        writer.person(name)
