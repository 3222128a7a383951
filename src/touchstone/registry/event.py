"""One event of the log: who did what, chained to the event before it by a hash."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from json.encoder import encode_basestring_ascii as _quoted
from typing import NamedTuple

GENESIS = "0" * 64
"""What the first event has before it."""


class Event(NamedTuple):
    """A row of the log; the order of the fields is that of the table."""

    seq: int
    time: str
    """UTC, ISO 8601, with milliseconds."""
    actor: str
    """A pseudonym; the name stands outside the chain and can be erased."""
    role: str
    action: str
    subject: str
    body_digest: str
    prev: str
    hash: str


def hash_of(
    seq: int, time: str, actor: str, role: str, action: str, subject: str, body_digest: str, prev: str
) -> str:  # fmt: skip
    """SHA-256 of the hash before and the canonical JSON of everything else, in hexadecimal digits.

    The text is put together by hand, since a log of a million events is read in seconds that way; it is what
    :func:`touchstone.core.digest.canonical_json` gives for the same fields.
    """
    text = (
        f'{prev}{{"action":{_quoted(action)},"actor":{_quoted(actor)},"body_digest":{_quoted(body_digest)},'
        f'"role":{_quoted(role)},"seq":{seq},"subject":{_quoted(subject)},"time":{_quoted(time)}}}'
    )
    return sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the log: what the next event is chained to."""

    seq: int = 0
    hash: str = GENESIS
    time: str = ""
