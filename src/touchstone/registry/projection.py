"""The tables beside the log: entities, links, and the derived closure and exposure, changed only by effects of events."""

from __future__ import annotations

import json

from touchstone.core.errors import Fault, RegistryError
from touchstone.registry import schema
from touchstone.registry.effects import LINEAGE, USES, Effects, Entity, Link, State
from touchstone.registry.store import Session

IN_LINEAGE = "(" + ", ".join(f"'{relation}'" for relation in LINEAGE) + ")"
ACTIVE = "active"

_NEARER = "CASE WHEN excluded.{0} < {1}.{0} THEN excluded.{0} ELSE {1}.{0} END"
_TO_CLOSURE = f"ON CONFLICT (model, ancestor) DO UPDATE SET depth = {_NEARER.format('depth', 'closure_up')}"
_TO_EXPOSURE = f"ON CONFLICT (base, product) DO UPDATE SET hops = {_NEARER.format('hops', 'exposure')}"

# Everything below `child` now also descends from everything above `parent`, both included.
_CLOSE = f"""
INSERT INTO closure_up (model, ancestor, depth)
SELECT below.model, above.ancestor, MIN(below.depth + above.depth + 1)
FROM (SELECT model, depth FROM closure_up WHERE ancestor = :child UNION ALL SELECT CAST(:child AS BIGINT), 0) AS below,
     (SELECT ancestor, depth FROM closure_up WHERE model = :parent UNION ALL SELECT CAST(:parent AS BIGINT), 0) AS above
WHERE 1 = 1 GROUP BY below.model, above.ancestor
{_TO_CLOSURE}"""
_EXPOSE_ANCESTORS = f"""
INSERT INTO exposure (base, product, hops)
SELECT above.ancestor, resting.product, MIN(resting.hops + above.depth + 1)
FROM (SELECT product, hops FROM exposure WHERE base = :child) AS resting,
     (SELECT ancestor, depth FROM closure_up WHERE model = :parent UNION ALL SELECT CAST(:parent AS BIGINT), 0) AS above
WHERE 1 = 1 GROUP BY above.ancestor, resting.product
{_TO_EXPOSURE}"""
_EXPOSE_PRODUCT = f"""
INSERT INTO exposure (base, product, hops)
SELECT above.ancestor, CAST(:product AS BIGINT), above.depth + 1
FROM (SELECT ancestor, depth FROM closure_up WHERE model = :model UNION ALL SELECT CAST(:model AS BIGINT), 0) AS above
WHERE 1 = 1
{_TO_EXPOSURE}"""


def apply(session: Session, seq: int, effects: Effects) -> None:
    """Carry an event's effects into the tables, in the transaction of the event itself.

    Raises
    ------
    RegistryError
        where a link names something unknown, or would make a model its own ancestor
    """
    if effects.key:
        session.run("INSERT INTO request (key, seq) VALUES (:key, :seq)", key=effects.key, seq=seq)
    if effects.entity is not None:
        _add(session, seq, effects.entity)
    for link in effects.unlinks:
        _unlink(session, link)
    for link in effects.links:
        _link(session, link)
    for state in effects.states:
        _set(session, state)


def replay(session: Session) -> None:
    """Fill the tables from the log alone."""
    for table in schema.DERIVED:
        session.run(f"DELETE FROM {table}")
    query = "SELECT event.seq, body.bytes FROM event JOIN body ON body.digest = event.body_digest ORDER BY event.seq"
    for seq, data in session.rows(query):
        apply(session, seq, Effects.from_data(json.loads(bytes(data))))


def number_of(session: Session, id: str) -> int:
    """The number that stands for an entity in the tables."""
    found = session.value("SELECT number FROM entity WHERE id = :id", id=id)
    if found is None:
        raise RegistryError(
            Fault(id, "the registry knows nothing of this id", "`touchstone registry list` shows what it knows")
        )
    return int(found)


def _add(session: Session, seq: int, entity: Entity) -> None:
    session.run(
        "INSERT INTO entity (number, id, kind, name, state, until, version) VALUES (:seq, :id, :kind, :name, :state, '', 1)",
        seq=seq, id=entity.id, kind=entity.kind, name=column(entity.name), state=ACTIVE,
    )  # fmt: skip


def column(text: str) -> str:
    """Text as every database can hold it: no NUL, no half characters."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "backslashreplace").decode("utf-8")


def _link(session: Session, link: Link) -> None:
    source, target = number_of(session, link.source), number_of(session, link.target)
    if link.relation in LINEAGE:
        _refuse_cycle(session, link, source, target)
    there = session.value(
        "SELECT 1 FROM link WHERE source = :source AND relation = :relation AND target = :target",
        source=source, relation=link.relation, target=target,
    )  # fmt: skip
    if there:
        return
    session.run(
        "INSERT INTO link (source, relation, target, evidence, confidence) VALUES (:source, :relation, :target, :evidence, :confidence)",
        source=source, relation=link.relation, target=target, evidence=link.evidence, confidence=link.confidence,
    )  # fmt: skip
    if link.relation in LINEAGE:
        session.run(_CLOSE, child=source, parent=target)
        session.run(_EXPOSE_ANCESTORS, child=source, parent=target)
    elif link.relation == USES:
        session.run(_EXPOSE_PRODUCT, product=source, model=target)


def _refuse_cycle(session: Session, link: Link, child: int, parent: int) -> None:
    below = "SELECT 1 FROM closure_up WHERE model = :parent AND ancestor = :child"
    if child == parent or session.value(below, parent=parent, child=child):
        what = f"cannot have been made from {link.target}, which was made from it"
        raise RegistryError(Fault(link.source, what, "a model is never its own ancestor: mend the declared lineage"))


def _unlink(session: Session, link: Link) -> None:
    """Take a product off a model version; lineage itself is never taken back."""
    assert link.relation == USES, "only what a product uses can change"
    product, model = number_of(session, link.source), number_of(session, link.target)
    session.run(
        "DELETE FROM link WHERE source = :product AND relation = :relation AND target = :model",
        product=product, relation=USES, model=model,
    )  # fmt: skip
    session.run("DELETE FROM exposure WHERE product = :product", product=product)
    for (other,) in session.rows(
        "SELECT target FROM link WHERE source = :product AND relation = :relation", product=product, relation=USES
    ):
        session.run(_EXPOSE_PRODUCT, product=product, model=other)


def _set(session: Session, state: State) -> None:
    touched = session.run(
        "UPDATE entity SET state = :state, until = :until, version = version + 1 WHERE id = :id",
        state=state.state, until=column(state.until), id=state.entity,
    )  # fmt: skip
    if not touched:
        number_of(session, state.entity)  # says that it is not known
