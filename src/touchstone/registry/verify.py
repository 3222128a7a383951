"""Is the log whole? The chain, the bodies, the tables beside it, and the checkpoints kept elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from touchstone.core import digest
from touchstone.core.errors import RegistryError
from touchstone.registry import people, schema
from touchstone.registry.book import Registry
from touchstone.registry.checkpoints import Checkpoint
from touchstone.registry.event import GENESIS, hash_of
from touchstone.registry.log import COLUMNS
from touchstone.registry.place import Place
from touchstone.registry.projection import replay
from touchstone.registry.store import MEMORY, Session, Store

MOST_FAULTS = 20


@dataclass(frozen=True, slots=True)
class Verification:
    """What was looked at, and everything that is wrong."""

    events: int
    head: str
    checkpoints: int
    trusted_to: int
    """The last event that a checkpoint elsewhere vouches for; what came later rests on the chain alone."""
    trusted_since: str
    """Time of the oldest checkpoint that holds; empty where there is none."""
    seconds: float
    faults: tuple[str, ...]
    """In the order of the log; empty for a registry that is whole."""

    @property
    def whole(self) -> bool:
        return not self.faults

    def as_data(self) -> dict[str, Any]:
        """Plain data for machines."""
        return {"whole": self.whole, **asdict(self), "faults": list(self.faults)}


def verify(registry: Registry, *, tables: bool = True, witnesses: Sequence[Checkpoint] = ()) -> Verification:
    """Read the whole log and hold everything against it.

    Parameters
    ----------
    tables : also rebuild every table from the log and compare; this takes most of the time of a large registry
    witnesses : checkpoints that were kept elsewhere, beside those of this machine

    Notes
    -----
    The chain finds edits, insertions, deletions and re-orderings. A cut tail, a copy from an old backup and a
    history that was written anew are found by checkpoints that this machine wrote earlier.
    """
    started = time.monotonic()
    checkpoints = sorted([*registry.checkpoints.all(), *witnesses], key=lambda one: one.seq)
    with registry.reading() as session:
        chain = Chain(checkpoints)
        faults = [*_few(chain.faults(session.stream(f"SELECT {COLUMNS} FROM event ORDER BY seq")))]
        faults += _few(_checkpoint_faults(chain, checkpoints))
        faults += _few(_body_faults(session))
        if tables and not faults:
            faults += _few(_table_faults(session, registry.store.place))
    held = [one for one in checkpoints if chain.seen.get(one.seq) == one.hash]
    return Verification(
        chain.events, chain.head, len(checkpoints), held[-1].seq if held else 0, held[0].time if held else "",
        round(time.monotonic() - started, 3), tuple(faults),
    )  # fmt: skip


class Chain:
    """Walks the chain once; remembers the hashes that checkpoints speak of."""

    def __init__(self, checkpoints: Sequence[Checkpoint]) -> None:
        self._wanted = {one.seq for one in checkpoints}
        self.seen: dict[int, str] = {}
        self.events, self.head = 0, GENESIS

    def faults(self, rows: Iterator[Any]) -> Iterator[str]:
        """Every fault of the chain, in the order of the log; rows are those of the table of events."""
        prev, expected, before, wanted = GENESIS, 1, "", self._wanted
        for seq, moment, actor, role, action, subject, body_digest, said_prev, said_hash in rows:
            if seq != expected:
                yield f"event {expected}{f' to {seq - 1}' if seq - 1 > expected else ''} is missing"
            elif said_prev != prev:
                yield f"event {seq} is not chained to the one before it"
            try:
                sound = hash_of(seq, moment, actor, role, action, subject, body_digest, said_prev) == said_hash
            except TypeError:  # SQLite keeps anything in any column
                sound = False
            if not sound:
                yield f"event {seq} ({_short(action)} of {_short(subject)}, {_short(moment)}) was changed after it was written"
            elif moment < before:
                yield f"event {seq} is dated before the one that it follows"
            else:
                before = moment
            if seq in wanted:
                self.seen[seq] = said_hash
            prev, expected = said_hash, seq + 1
            self.events += 1
        self.head = prev


def _checkpoint_faults(chain: Chain, checkpoints: Sequence[Checkpoint]) -> Iterator[str]:
    for one in checkpoints:
        found = chain.seen.get(one.seq)
        if found is None:
            yield f"the log ends before event {one.seq}, which a checkpoint of {one.time} has seen: its tail was cut off, or an old copy was put back"
        elif found != one.hash:
            yield f"up to event {one.seq} this is another history than a checkpoint of {one.time} has seen"


def _body_faults(session: Session) -> Iterator[str]:
    for named, data in session.stream("SELECT digest, bytes FROM body"):
        if data is not None and (isinstance(data, str) or digest.of_bytes(bytes(data)) != named):
            yield f"the body {named[:19]} was changed after it was written"
    query = (
        "SELECT event.seq FROM event LEFT JOIN body ON body.digest = event.body_digest "
        "WHERE body.bytes IS NULL ORDER BY event.seq"
    )
    for (seq,) in session.stream(query):
        yield f"the body of event {seq} is gone"
    erased = "SELECT id FROM identity WHERE (name IS NULL) <> (cipher_key IS NULL) ORDER BY id"
    for (id,) in session.stream(erased):
        yield f"the name or the key of {id} was taken away by hand: erasing a person takes both"


def _table_faults(session: Session, place: Place) -> Iterator[str]:
    """Rebuild the tables from the log, apart, and compare them row by row."""
    scratch = Store.open(Place(MEMORY, None, place.checkpoints), create=True)
    try:
        with scratch.writing() as copy:
            _copy(session, copy)
            try:
                replay(copy)
            except (RegistryError, ValueError, KeyError, TypeError) as fault:
                yield f"the tables cannot be rebuilt from the log ({fault})"
                return
            for table, columns in _COMPARED:
                query = f"SELECT {columns} FROM {table}"
                now, due = set(map(tuple, session.stream(query))), set(map(tuple, copy.stream(query)))
                if now != due:
                    yield f"the table {table} is not what the log says: {_differing(now, due)}; it was changed by hand"
            yield from _unknown_people(session)
    finally:
        scratch.close()


def _unknown_people(session: Session) -> Iterator[str]:
    known = people.names(session)
    for (actor,) in session.rows("SELECT DISTINCT actor FROM event"):
        if actor not in known:
            yield f"{_short(actor)} has acted and is not among the people"


_COMPARED = (
    ("entity", "number, id, kind, name, state, until, version"),
    ("link", "source, relation, target, evidence, confidence"),
    ("closure_up", "model, ancestor, depth"),
    ("exposure", "base, product, hops"),
    ("request", "key, seq"),
)


def _copy(source: Session, target: Session) -> None:
    names = COLUMNS.split(", ")
    insert_rows(target, "event", names, source.stream(f"SELECT {COLUMNS} FROM event ORDER BY seq"))
    bodies = source.stream("SELECT digest, key_id, bytes FROM body WHERE key_id IS NULL")
    insert_rows(target, "body", ["digest", "key_id", "bytes"], bodies)


def insert_rows(target: Session, table: str, columns: Sequence[str], rows: Iterator[Any]) -> None:
    """Write many rows of one table, a few thousand at a time."""
    sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(f':{name}' for name in columns)})"
    batch: list[dict[str, Any]] = []
    for row in rows:
        batch.append(dict(zip(columns, row, strict=True)))
        if len(batch) == 5000:
            target.run_many(sql, batch)
            batch.clear()
    target.run_many(sql, batch)


def _differing(now: set[Any], due: set[Any]) -> str:
    some = sorted(now ^ due, key=repr)
    shown = ", ".join(_short(part) for part in some[0])
    return f"{len(now - due)} rows too many or changed, {len(due - now)} missing, such as ({shown})"


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 40 else text[:39] + "…"


def _few(faults: Iterator[str]) -> list[str]:
    """The first faults; where there are many, how many are not shown is not counted out."""
    found: list[str] = []
    for fault in faults:
        if len(found) == MOST_FAULTS:
            return [*found, "there are more"]
        found.append(fault)
    return found


assert {table for table, _ in _COMPARED} == set(schema.DERIVED), "every derived table is compared"
