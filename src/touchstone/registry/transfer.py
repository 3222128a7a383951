"""The whole log as lines of JSON, and back: a copy that verifies, for backups and for other machines."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Iterator
from typing import Any

from touchstone.core import digest
from touchstone.core.errors import Fault, RegistryError
from touchstone.registry.book import Registry
from touchstone.registry.effects import Effects
from touchstone.registry.event import Event, hash_of
from touchstone.registry.log import COLUMNS, head
from touchstone.registry.projection import apply
from touchstone.registry.store import Session

SCHEMA = "touchstone/registry-log/1"


def lines(registry: Registry, *, people: bool = False) -> Iterator[str]:
    """The log, a line each for people, bodies and events.

    Parameters
    ----------
    people : with the names and keys of people; without them what is personal stays unreadable elsewhere
    """
    with registry.reading() as session:
        yield _line({"schema": SCHEMA, "registry": registry.id})
        for id, name, key in session.stream("SELECT id, name, cipher_key FROM identity ORDER BY id"):
            yield _line({"person": id, "name": name if people else None, "key": _base64(key) if people else None})
        for named, key_id, data in session.stream("SELECT digest, key_id, bytes FROM body ORDER BY digest"):
            yield _line({"body": named, "key_id": key_id, "bytes": _base64(data)})
        for row in session.stream(f"SELECT {COLUMNS} FROM event ORDER BY seq"):
            yield _line({"event": list(row)})


def take_in(registry: Registry, source: Iterable[str], name: str) -> int:
    """Append what an exported log has beyond this one; both must be the same history up to there.

    Returns
    -------
    How many events were added.

    Raises
    ------
    RegistryError
        where a line is no export, a digest or hash does not hold, or the two histories parted; nothing is taken then
    """
    from sqlalchemy.exc import IntegrityError

    added = 0
    with registry.writing(decision=True) as writer:
        session = writer.session
        for number, line in enumerate(source, 1):
            try:
                added += _take(session, json.loads(line))
            except (ValueError, KeyError, TypeError, binascii.Error) as fault:
                raise _refused(name, number, f"is no line of an exported log ({fault})") from fault
            except IntegrityError as fault:
                raise _refused(name, number, "contradicts what is there already") from fault
            except _Unsound as fault:
                raise _refused(name, number, str(fault)) from fault
        writer.appended = added
        writer.resume()
    return added


class _Unsound(Exception):
    """A line that contradicts itself or this registry."""


def _refused(name: str, number: int, what: str) -> RegistryError:
    return RegistryError(Fault(f"{name}:{number}", what, "nothing was taken in"))


def _take(session: Session, plain: dict[str, Any]) -> int:
    if "schema" in plain:
        if plain["schema"] != SCHEMA:
            raise _Unsound(f"is of another kind ({str(plain['schema'])[:40]!r})")
    elif "person" in plain:
        _person(session, plain)
    elif "body" in plain:
        _body(session, plain)
    else:
        return _event(session, Event(*plain["event"]))
    return 0


def _person(session: Session, plain: dict[str, Any]) -> None:
    name, key = plain["name"], _bytes(plain["key"])
    other = session.value("SELECT id FROM identity WHERE name = :name", name=name) if name else None
    if other not in (None, plain["person"]):
        name = f"{name} ({plain['person'][-6:]})"
    session.run(
        "INSERT INTO identity (id, name, cipher_key) VALUES (:id, :name, :key) ON CONFLICT (id) DO NOTHING",
        id=str(plain["person"]), name=name, key=key,
    )  # fmt: skip


def _body(session: Session, plain: dict[str, Any]) -> None:
    data = _bytes(plain["bytes"])
    if data is not None and digest.of_bytes(data) != plain["body"]:
        raise _Unsound("holds a body that is not what its digest says")
    session.run(
        "INSERT INTO body (digest, key_id, bytes) VALUES (:digest, :key, :data) ON CONFLICT (digest) DO NOTHING",
        digest=str(plain["body"]), key=plain["key_id"], data=data,
    )  # fmt: skip


def _event(session: Session, event: Event) -> int:
    there = session.value("SELECT hash FROM event WHERE seq = :seq", seq=event.seq)
    if there == event.hash:
        return 0
    if there is not None:
        raise _Unsound(f"holds another event {event.seq}: the two registries parted before it")
    last = head(session)
    if event.seq != last.seq + 1 or event.prev != last.hash or hash_of(*event[:8]) != event.hash:
        raise _Unsound(f"event {event.seq} does not follow from what is there, or was changed")
    data = session.value("SELECT bytes FROM body WHERE digest = :digest", digest=event.body_digest)
    if data is None:
        raise _Unsound(f"event {event.seq} has no body")
    names = COLUMNS.split(", ")
    session.run(
        f"INSERT INTO event ({COLUMNS}) VALUES ({', '.join(f':{column}' for column in names)})", **event._asdict()
    )
    apply(session, event.seq, Effects.from_data(json.loads(bytes(data))))
    return 1


def _line(plain: dict[str, Any]) -> str:
    return digest.canonical_json(plain) + "\n"


def _base64(data: Any) -> str | None:
    return None if data is None else base64.b64encode(bytes(data)).decode()


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else base64.b64decode(text, validate=True)
