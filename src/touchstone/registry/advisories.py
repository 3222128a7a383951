"""Advisories: a fault of a model, and everything that rests on it, at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from touchstone.core import digest
from touchstone.core.errors import Fault, RegistryError
from touchstone.registry.effects import Effects, Entity, Link, State
from touchstone.registry.lineage import RETIRED, Known, exposed, facts, find, links
from touchstone.registry.log import Writer
from touchstone.registry.projection import ACTIVE
from touchstone.registry.roles import writes
from touchstone.registry.signoffs import SUSPENDED, sound_reason
from touchstone.registry.store import Session

KINDS = ("vulnerability", "bias", "licence", "withdrawal", "quality")
DAYS = {"blocker": 7, "major": 30, "minor": 90, "info": 180}
"""How long owners have to look at a product again."""
ANSWERS = ("affected", "not_affected", "under_investigation", "fixed")
SETTLED = ("not_affected", "fixed")
AFFECTED = "affected"


@dataclass(frozen=True, slots=True)
class Advisory:
    """What is wrong with some models."""

    name: str
    """As people call it, such as CVE-2026-1234."""
    kind: str
    severity: str
    statement: str
    source: str = ""
    mitigation: str = ""


def advise(writer: Writer, made: Advisory, models: Sequence[Known], by: str, role: str) -> Known:
    """Publish an advisory; in the same transaction approvals fall and products are marked.

    One of blocker severity suspends every approval of what rests on these models. Products become suspended or
    affected, with the day by which their owners must have looked at them again.

    Raises
    ------
    RegistryError
        where a word is not known or an advisory of this name is there already
    """
    if made.kind not in KINDS or made.severity not in DAYS:
        raise RegistryError(
            Fault(
                "advise",
                f"{made.kind!r}, {made.severity!r}",
                f"kinds: {', '.join(KINDS)}; severities: {', '.join(DAYS)}",
            )
        )
    session = writer.session
    actor = writer.person(by)
    due = (writer.now.date() + timedelta(days=DAYS[made.severity])).isoformat()
    id = f"advisory:{digest.of_data({'advisory': made.name}).removeprefix('sha256:')}"
    if session.value("SELECT 1 FROM entity WHERE id = :id", id=id):
        raise RegistryError(Fault(made.name, "an advisory of this name is known", "give another --name"))
    plain = {
        "kind": made.kind, "severity": made.severity, "statement": sound_reason(made.statement), "source": made.source,
        "mitigation": made.mitigation, "affects": [one.id for one in models], "due": due, "published": writer.now.date().isoformat(),
    }  # fmt: skip
    blocks = made.severity == "blocker"
    fallen = {approval: None for one in models for approval in _approvals(session, one)} if blocks else {}
    resting = {product.id: product for one in models for product, _ in exposed(session, one)}
    states = [State(approval, SUSPENDED, made.name) for approval in fallen]
    states += [
        State(product.id, SUSPENDED if blocks else AFFECTED, due)
        for product in resting.values()
        if blocks or product.state != SUSPENDED
    ]
    effects = Effects(
        Entity(id, "advisory", made.name, plain),
        tuple(Link(id, "affects", one.id) for one in models),
        states=tuple(states),
    )
    writer.append("advise", id, effects, actor=actor, role=writes(role, "advise"))
    return find(session, id)


def _approvals(session: Session, model: Known) -> list[str]:
    """Active approvals of runs whose model is this one or descends from it."""
    rows = session.rows(
        "SELECT a.id FROM (SELECT model FROM closure_up WHERE ancestor = :n UNION ALL SELECT CAST(:n AS BIGINT)) AS below "
        "JOIN link AS j ON j.target = below.model AND j.relation = 'judged' "
        "JOIN link AS s ON s.target = j.source AND s.relation = 'signs' "
        "JOIN entity AS a ON a.number = s.source WHERE a.kind = 'approval' AND a.state = 'active' ORDER BY a.number",
        n=model.number,
    )  # fmt: skip
    return [row[0] for row in rows]


def suspended_by(session: Session, advisory: Known) -> list[str]:
    """Approvals that an advisory suspends."""
    rows = session.rows(
        "SELECT id FROM entity WHERE kind = 'approval' AND state = :state AND until = :name ORDER BY number",
        state=SUSPENDED, name=advisory.name,
    )  # fmt: skip
    return [row[0] for row in rows]


def over(session: Session, model: Known) -> list[Known]:
    """Advisories about a model or anything it was made from."""
    rows = session.rows(
        "SELECT DISTINCT e.number, e.id, e.kind, e.name, e.state, e.until, e.version FROM "
        "(SELECT ancestor FROM closure_up WHERE model = :n UNION ALL SELECT CAST(:n AS BIGINT)) AS above "
        "JOIN link AS l ON l.target = above.ancestor AND l.relation = 'affects' "
        "JOIN entity AS e ON e.number = l.source ORDER BY e.number", n=model.number,
    )  # fmt: skip
    return [Known(*row) for row in rows]


def state_of(product: str, open_: Sequence[Known], session: Session) -> State:
    """What a product is under some advisories, those that were settled for it left out."""
    plain = [facts(session, one) for one in open_ if answer(session, one, product)["status"] not in SETTLED]
    if not plain:
        return State(product, ACTIVE)
    gravest = min(plain, key=lambda one: list(DAYS).index(one["severity"]))
    return State(product, SUSPENDED if gravest["severity"] == "blocker" else AFFECTED, min(one["due"] for one in plain))


def reply(writer: Writer, advisory: Known, product: Known, status: str, reason: str, by: str, role: str) -> State:
    """An owner's answer for one product; what is not affected or fixed comes back to life unless another advisory holds it.

    Raises
    ------
    RegistryError
        where the status is not known or the product does not rest on what the advisory is about
    """
    if status not in ANSWERS:
        raise RegistryError(Fault("--status", f"{status!r} is no answer", f"one of {', '.join(ANSWERS)}"))
    if advisory.kind != "advisory" or product.kind != "product":
        raise RegistryError(Fault("answer", f"{advisory.name} and {product.name} are no advisory and product"))
    if product.id not in {
        one.id for model in affected(writer.session, advisory) for one, _ in exposed(writer.session, model)
    }:
        raise RegistryError(Fault(product.name, f"does not rest on what {advisory.name} is about"))
    session = writer.session
    plain = {"advisory": advisory.id, "product": product.id, "status": status, "after": writer.head.seq}
    id = f"answer:{digest.of_data(plain).removeprefix('sha256:')}"
    links_ = (Link(id, "answers", advisory.id), Link(id, "speaks of", product.id))
    actor = writer.person(by)
    effects = Effects(Entity(id, "answer", status, plain), links_)
    writer.append(
        "answer", product.id, effects, actor=actor, role=writes(role), private={"reason": sound_reason(reason)}
    )
    holding = {one.number: one for used in _models(session, product) for one in over(session, used)}
    state = state_of(product.id, list(holding.values()), session)
    if product.state != RETIRED and (state.state, state.until) != (product.state, product.until):
        writer.append("judge", product.id, Effects(states=(state,)))
    return state


def _models(session: Session, product: Known) -> list[Known]:
    return [find(session, one["to"]) for one in links(session, product) if one["relation"] == "uses" and "to" in one]


def affected(session: Session, advisory: Known) -> list[Known]:
    """The models that an advisory names."""
    return [find(session, id) for id in facts(session, advisory)["affects"]]


def answer(session: Session, advisory: Known, product: str) -> dict[str, Any]:
    """The latest answer for a product; affected where nobody has answered."""
    found = session.row(
        "SELECT a.name, event.time FROM link AS x JOIN link AS y ON y.source = x.source AND y.relation = 'speaks of' "
        "JOIN entity AS p ON p.number = y.target JOIN entity AS a ON a.number = x.source "
        "JOIN event ON event.seq = a.number "
        "WHERE x.target = :advisory AND x.relation = 'answers' AND p.id = :product ORDER BY a.number DESC LIMIT 1",
        advisory=advisory.number, product=product,
    )  # fmt: skip
    return {"status": AFFECTED, "on": None} if found is None else {"status": found[0], "on": found[1][:10]}


def is_overdue(due: str, today: date) -> bool:
    """Whether the day by which an owner must have answered is past."""
    return bool(due) and due < today.isoformat()
