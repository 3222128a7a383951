"""The tables, as steps that only go forward: an older database takes the steps it lacks."""

from __future__ import annotations

from collections.abc import Sequence

BINARY = {"sqlite": "BLOB", "postgresql": "BYTEA"}
COMPACT = {"sqlite": " WITHOUT ROWID", "postgresql": ""}

_LOG = """
CREATE TABLE event (
  seq BIGINT NOT NULL PRIMARY KEY, time TEXT NOT NULL, actor TEXT NOT NULL, role TEXT NOT NULL, action TEXT NOT NULL,
  subject TEXT NOT NULL, body_digest TEXT NOT NULL, prev TEXT NOT NULL UNIQUE, hash TEXT NOT NULL);
CREATE INDEX event_subject ON event (subject, seq);
CREATE TABLE body (digest TEXT NOT NULL PRIMARY KEY, key_id TEXT, bytes {binary});
CREATE TABLE identity (id TEXT NOT NULL PRIMARY KEY, name TEXT UNIQUE, cipher_key {binary})
"""

_TABLES = """
CREATE TABLE entity (
  number BIGINT NOT NULL PRIMARY KEY REFERENCES event (seq), id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
  name TEXT NOT NULL, state TEXT NOT NULL, until TEXT NOT NULL, version BIGINT NOT NULL);
CREATE INDEX entity_kind ON entity (kind, number);
CREATE INDEX entity_name ON entity (name);
CREATE TABLE link (
  source BIGINT NOT NULL REFERENCES entity (number), relation TEXT NOT NULL,
  target BIGINT NOT NULL REFERENCES entity (number), evidence TEXT NOT NULL, confidence DOUBLE PRECISION NOT NULL,
  PRIMARY KEY (source, relation, target)){compact};
CREATE INDEX link_target ON link (target, relation, source);
CREATE TABLE closure_up (
  model BIGINT NOT NULL, ancestor BIGINT NOT NULL, depth INTEGER NOT NULL, PRIMARY KEY (model, ancestor)){compact};
CREATE INDEX closure_down ON closure_up (ancestor, model);
CREATE TABLE exposure (
  base BIGINT NOT NULL, product BIGINT NOT NULL, hops INTEGER NOT NULL, PRIMARY KEY (base, product)){compact};
CREATE INDEX exposure_product ON exposure (product, base);
CREATE TABLE request (key TEXT NOT NULL PRIMARY KEY, seq BIGINT NOT NULL)
"""

STEPS: tuple[str, ...] = (_LOG, _TABLES)
"""Step n brings a database from version n to n + 1; a step that was released is never edited again."""
VERSION = len(STEPS)
REPLAY_FROM = 2
"""A database older than this has no tables beside the log: they are filled by replaying it."""

META = "CREATE TABLE meta (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)"
DERIVED = ("request", "exposure", "closure_up", "link", "entity")
"""Tables that follow from the log, those that refer to others first."""


def statements(step: int, dialect: str) -> Sequence[str]:
    """The statements of one step for ``sqlite`` or ``postgresql``."""
    text = STEPS[step].format(binary=BINARY[dialect], compact=COMPACT[dialect])
    return [one.strip() for one in text.split(";") if one.strip()]
