"""What something came from, what came from it, and which products rest on it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from touchstone.core.errors import Fault, RegistryError
from touchstone.registry import log
from touchstone.registry.store import Session

_SHORTEST = 6
"""Characters of an id that may stand for all of it."""
RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Known:
    """An entity as the tables have it."""

    number: int
    id: str
    kind: str
    name: str
    state: str
    until: str
    version: int

    def as_data(self) -> dict[str, Any]:
        """Plain data for machines, without the number, which means nothing outside."""
        plain = asdict(self)
        plain.pop("number")
        return plain


@dataclass(frozen=True, slots=True)
class Resting:
    """A product that rests on a model, directly or through others."""

    product: Known
    hops: int
    """Steps from the product down to the model; 1 where it uses the model itself."""
    facts: dict[str, Any]
    deployments: tuple[Known, ...]


COLUMNS = "e.number, e.id, e.kind, e.name, e.state, e.until, e.version"
"""Of an entity ``e``, as :class:`Known` takes them."""


def find(session: Session, named: str, kind: str | None = None) -> Known:
    """The entity that an id, the beginning of its digits, or a name means.

    Raises
    ------
    RegistryError
        where there is none, or several: a name of several versions means the newest of one kind
    """
    exact = session.row(f"SELECT {COLUMNS} FROM entity AS e WHERE e.id = :id", id=named)
    if exact is not None and kind in (None, exact[2]):
        return Known(*exact)
    found = _by_name(session, named, kind) or _by_digits(session, named, kind)
    if not found:
        what = f"the registry knows no {kind or 'entry'} of this name or id"
        raise RegistryError(Fault(named, what, "`touchstone registry list` shows what it knows"))
    kinds = {one.kind for one in found}
    if len(kinds) > 1 or (len(found) > 1 and found[0].name != named):
        some = ", ".join(f"{one.id[:24]} ({one.name})" for one in found[:4])
        raise RegistryError(Fault(named, f"can mean several: {some}", "give more digits of the id"))
    return found[0]


def _by_name(session: Session, named: str, kind: str | None) -> list[Known]:
    rows = session.rows(
        f"SELECT {COLUMNS} FROM entity AS e WHERE e.name = :name ORDER BY e.number DESC LIMIT 50", name=named
    )
    return [Known(*row) for row in rows if kind in (None, row[2])]


def _by_digits(session: Session, named: str, kind: str | None) -> list[Known]:
    digits = named.rpartition(":")[2].lower()
    if len(digits) < _SHORTEST or any(letter not in "0123456789abcdef" for letter in digits):
        return []
    kinds = [kind] if kind else [row[0] for row in session.rows("SELECT DISTINCT kind FROM entity")]
    found: list[Known] = []
    for one in kinds:
        low = f"{one}:{digits}"
        rows = session.rows(
            f"SELECT {COLUMNS} FROM entity AS e WHERE e.id >= :low AND e.id < :high LIMIT 5", low=low, high=low + "g"
        )
        found += [Known(*row) for row in rows]
    return found


def listed(session: Session, kind: str | None = None, limit: int = 50) -> list[Known]:
    """The newest entities, newest first."""
    where = "WHERE e.kind = :kind " if kind else ""
    values: dict[str, Any] = {"kind": kind} if kind else {}
    rows = session.rows(
        f"SELECT {COLUMNS} FROM entity AS e {where}ORDER BY e.number DESC LIMIT :limit", limit=limit, **values
    )
    return [Known(*row) for row in rows]


def counts(session: Session) -> dict[str, int]:
    """How many there are of each kind."""
    return {kind: int(n) for kind, n in session.rows("SELECT kind, COUNT(*) FROM entity GROUP BY kind ORDER BY kind")}


def facts(session: Session, known: Known) -> dict[str, Any]:
    """What was said of an entity when it was written."""
    named = session.value("SELECT body_digest FROM event WHERE seq = :seq", seq=known.number)
    found: dict[str, Any] = log.body(session, named).get("entity", {}).get("facts", {})
    return found


def links(session: Session, known: Known) -> list[dict[str, Any]]:
    """Every relation of an entity, outgoing first."""
    made = []
    for here, there, direction in (("source", "target", "to"), ("target", "source", "from")):
        rows = session.rows(
            f"SELECT l.relation, l.evidence, l.confidence, {COLUMNS} FROM link AS l JOIN entity AS e ON e.number = l.{there} "
            f"WHERE l.{here} = :number ORDER BY l.relation, e.number LIMIT 200", number=known.number,
        )  # fmt: skip
        made += [
            {
                "relation": row[0],
                direction: row[4],
                "name": row[6],
                "kind": row[5],
                "evidence": row[1],
                "confidence": row[2],
            }
            for row in rows
        ]
    return made


def ancestors(session: Session, known: Known) -> list[tuple[Known, int]]:
    """Every model that this one was made from, nearest first, with the number of steps."""
    rows = session.rows(
        f"SELECT c.depth, {COLUMNS} FROM closure_up AS c JOIN entity AS e ON e.number = c.ancestor "
        "WHERE c.model = :number ORDER BY c.depth, e.number", number=known.number,
    )  # fmt: skip
    return [(Known(*row[1:]), int(row[0])) for row in rows]


def descendants(session: Session, known: Known, limit: int = 1000) -> list[tuple[Known, int]]:
    """Models that were made from this one, nearest first."""
    rows = session.rows(
        f"SELECT c.depth, {COLUMNS} FROM closure_up AS c JOIN entity AS e ON e.number = c.model "
        "WHERE c.ancestor = :number ORDER BY c.depth, e.number LIMIT :limit", number=known.number, limit=limit,
    )  # fmt: skip
    return [(Known(*row[1:]), int(row[0])) for row in rows]


def exposed(session: Session, known: Known) -> list[tuple[Known, int]]:
    """Products that rest on a model at any depth, each once, nearest first; retired ones are left out."""
    rows = session.rows(
        f"SELECT x.hops, {COLUMNS} FROM exposure AS x JOIN entity AS e ON e.number = x.product "
        "WHERE x.base = :number AND e.state <> :retired ORDER BY x.hops, e.number",
        number=known.number, retired=RETIRED,
    )  # fmt: skip
    return [(Known(*row[1:]), int(row[0])) for row in rows]


def resting(session: Session, known: Known) -> list[Resting]:
    """The same with owners, criticality and deployments."""
    return [
        Resting(product, hops, facts(session, product), deployments(session, product))
        for product, hops in exposed(session, known)
    ]


def deployments(session: Session, product: Known) -> tuple[Known, ...]:
    """Where a product runs now."""
    rows = session.rows(
        f"SELECT {COLUMNS} FROM link AS l JOIN entity AS e ON e.number = l.source "
        "WHERE l.target = :number AND l.relation = 'deploys' AND e.state <> :retired ORDER BY e.number",
        number=product.number, retired=RETIRED,
    )  # fmt: skip
    return tuple(Known(*row) for row in rows)


def runs_of(session: Session, model: Known) -> list[Known]:
    """The runs that made or measured a model, newest first."""
    rows = session.rows(
        f"SELECT {COLUMNS} FROM link AS l JOIN entity AS e ON e.number = l.source "
        "WHERE l.target = :number AND l.relation = 'judged' ORDER BY e.number DESC", number=model.number,
    )  # fmt: skip
    return [Known(*row) for row in rows]
