"""Appending to the log: an event, its body and its effects, all in one transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from touchstone.core import digest
from touchstone.core.errors import Fault, RegistryError
from touchstone.registry import people
from touchstone.registry.effects import Effects
from touchstone.registry.event import Event, Head, hash_of
from touchstone.registry.projection import apply
from touchstone.registry.store import Session

MOST_BEHIND = timedelta(minutes=2)
"""Clocks of several machines differ a little; more than this is a clock set back."""
COLUMNS = "seq, time, actor, role, action, subject, body_digest, prev, hash"


def head(session: Session) -> Head:
    """The end of the log."""
    last = session.row("SELECT seq, hash, time FROM event ORDER BY seq DESC LIMIT 1")
    return Head() if last is None else Head(*last)


def events(session: Session, subject: str | None = None, limit: int = 1000) -> list[Event]:
    """The latest events, of one subject or of all, oldest first."""
    where = "" if subject is None else "WHERE subject = :subject "
    values = {} if subject is None else {"subject": subject}
    found = session.rows(f"SELECT {COLUMNS} FROM event {where}ORDER BY seq DESC LIMIT :limit", limit=limit, **values)
    return [Event(*row) for row in reversed(found)]


def body(session: Session, named: str) -> dict[str, Any]:
    """The plain part of an event's body.

    Raises
    ------
    RegistryError
        where it was tampered with so that it cannot be read
    """
    data = session.value("SELECT bytes FROM body WHERE digest = :digest", digest=named)
    try:
        plain: dict[str, Any] = {} if data is None else json.loads(bytes(data))
    except (ValueError, TypeError) as fault:
        raise RegistryError(
            Fault(named[:19], "a body cannot be read", "`touchstone registry verify` says what was changed")
        ) from fault
    return plain


class Writer:
    """Appends events inside one transaction; effects are carried into the tables as they are written."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session, self.now = session, now
        self._head = head(session)
        self._time = self._clock(now)
        self.appended = 0

    def _clock(self, now: datetime) -> str:
        """The time of the next events: never before the last one.

        Raises
        ------
        RegistryError
            where this machine's clock is far behind the log
        """
        last = self._head.time
        said = stamp(now)
        if not last or said >= last:
            return said
        behind = datetime.fromisoformat(last) - now
        if behind > MOST_BEHIND:
            what = f"this machine's clock ({said}) is behind the last event of the registry ({last})"
            raise RegistryError(Fault("", what, "set the clock right: decisions are not backdated"))
        return last

    @property
    def head(self) -> Head:
        """Where the log ends now."""
        return self._head

    def resume(self) -> None:
        """Go on from where the log ends after events were taken in from elsewhere."""
        self._head = head(self.session)

    def person(self, name: str) -> str:
        """The pseudonym of a person."""
        return people.pseudonym(self.session, name)

    def seen(self, key: str) -> int | None:
        """The event that was written under a key, if one was."""
        found = self.session.value("SELECT seq FROM request WHERE key = :key", key=key)
        return None if found is None else int(found)

    def append(
        self,
        action: str,
        subject: str,
        effects: Effects,
        *,
        actor: str = people.SYSTEM,
        role: str = "",
        private: Mapping[str, Any] | None = None,
    ) -> int:
        """Write an event; of two with one idempotency key the second is the first.

        Parameters
        ----------
        actor : a pseudonym from :meth:`person`
        private : what is personal (names, reasons); kept under the actor's key, so the actor must be a person

        Returns
        -------
        The event's place in the log.
        """
        if effects.key and (seen := self.seen(effects.key)) is not None:
            return seen
        plain = effects.as_data()
        if private:
            plain["private"] = people.seal(self.session, actor, private)
        data = digest.canonical_json(plain).encode()
        named = digest.of_bytes(data)
        seq = self._head.seq + 1
        hashed = hash_of(seq, self._time, actor, role, action, subject, named, self._head.hash)
        self.session.run(
            "INSERT INTO body (digest, key_id, bytes) VALUES (:digest, NULL, :data) ON CONFLICT (digest) DO NOTHING",
            digest=named, data=data,
        )  # fmt: skip
        self.session.run(
            f"INSERT INTO event ({COLUMNS}) VALUES "
            "(:seq, :time, :actor, :role, :action, :subject, :body_digest, :prev, :hash)",
            seq=seq, time=self._time, actor=actor, role=role, action=action, subject=subject, body_digest=named,
            prev=self._head.hash, hash=hashed,
        )  # fmt: skip
        apply(self.session, seq, effects)
        self._head = Head(seq, hashed, self._time)
        self.appended += 1
        return seq


def stamp(moment: datetime) -> str:
    """A moment as the log writes it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
