"""Products that rest on models, where they run, and what they would fall back on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from touchstone.core.errors import Fault, RegistryError
from touchstone.registry import advisories
from touchstone.registry.effects import USES, Effects, Entity, Link, State
from touchstone.registry.lineage import RETIRED, Known, facts, find, links, runs_of
from touchstone.registry.log import Writer
from touchstone.registry.projection import ACTIVE
from touchstone.registry.records import of_digest, of_name
from touchstone.registry.roles import writes
from touchstone.registry.store import Session

MOST_CRITICAL = 5


@dataclass(frozen=True, slots=True)
class Product:
    """Something that people use and that rests on models."""

    name: str
    owner: str
    criticality: int = 1
    """1 (nobody would notice) to 5 (lives or livelihoods)."""
    users: int | None = None


def register(writer: Writer, made: Product, models: Sequence[Known], by: str, role: str) -> Known:
    """A product on its models; a product that is known moves to them and off those it used before.

    Raises
    ------
    RegistryError
        where a value is out of range, or a known product is said to be another's
    """
    if not 1 <= made.criticality <= MOST_CRITICAL:
        raise RegistryError(Fault("--criticality", f"{made.criticality} is not between 1 and 5"))
    _sound(made.name)
    actor, owner = writer.person(by), writer.person(made.owner)
    id = of_name("product", made.name)
    used = _used(writer.session, id)
    wanted = {one.id for one in models}
    plain = {"owner": owner, "criticality": made.criticality, "users": made.users}
    entity = Entity(id, "product", made.name, plain) if used is None else None
    if used is not None and facts(writer.session, find(writer.session, id)) != plain:
        mend = "retire it (registry retire) and register it under another name"
        raise RegistryError(Fault(made.name, "is registered with another owner, criticality or number of users", mend))
    effects = Effects(
        entity,
        tuple(Link(id, USES, one) for one in sorted(wanted - (used or set()))),
        tuple(Link(id, USES, one) for one in sorted((used or set()) - wanted)),
        _state(writer, id, models),
    )
    if effects.entity or effects.links or effects.unlinks:
        writer.append("register" if entity else "move", id, effects, actor=actor, role=writes(role))
    return find(writer.session, id)


def _sound(name: str) -> None:
    if not name.strip() or len(name) > 200 or not name.isprintable():
        raise RegistryError(Fault("NAME", f"{name[:40]!r} is no name", "printable characters, 200 at most"))


def _used(session: Session, id: str) -> set[str] | None:
    """Models that a product uses; None where it is not known."""
    if session.value("SELECT 1 FROM entity WHERE id = :id", id=id) is None:
        return None
    return {one["to"] for one in links(session, find(session, id)) if one["relation"] == USES and "to" in one}


def _state(writer: Writer, id: str, models: Sequence[Known]) -> tuple[State, ...]:
    """A product that is put on a model under an open advisory begins its life as affected."""
    open_ = [one for model in models for one in advisories.over(writer.session, model)]
    known = writer.session.row("SELECT state FROM entity WHERE id = :id", id=id)
    due = advisories.state_of(id, open_, writer.session)
    return () if known is None and due.state == ACTIVE else (due,)


def deploy(writer: Writer, product: Known, environment: str, by: str, role: str) -> str:
    """A product begins to run somewhere; its id."""
    _sound(environment)
    plain = {"environment": environment, "product": product.id, "at": writer.head.seq}
    id = of_digest("deployment", of_name("deployment", f"{product.id}/{environment}/{writer.head.seq}"))
    effects = Effects(
        Entity(id, "deployment", f"{product.name}@{environment}", plain), (Link(id, "deploys", product.id),)
    )
    writer.append("deploy", id, effects, actor=writer.person(by), role=writes(role))
    return id


def retire(writer: Writer, known: Known, by: str, role: str) -> int:
    """A product or deployment ends; it stays in the log and no longer counts.

    Raises
    ------
    RegistryError
        where it is something else, or has ended before
    """
    if known.kind not in ("product", "deployment") or known.state == RETIRED:
        what = (
            "has been retired before" if known.state == RETIRED else f"is a {known.kind}; products and deployments end"
        )
        raise RegistryError(Fault(known.name, what))
    effects = Effects(states=(State(known.id, RETIRED, writer.now.date().isoformat()),))
    return writer.append("retire", known.id, effects, actor=writer.person(by), role=writes(role))


def models_of(session: Session, known: Known) -> list[Known]:
    """The models that something stands for: itself, what a run made, what a product uses, what an alias points to.

    Raises
    ------
    RegistryError
        where it stands for none
    """
    if known.kind == "model":
        return [known]
    relation = {"run": "judged", "product": USES, "vetting": "vetted", "alias": "names"}.get(known.kind)
    found = [find(session, one["to"]) for one in links(session, known) if one["relation"] == relation and "to" in one]
    if not found:
        raise RegistryError(Fault(known.name, f"is a {known.kind} without a model", "name a run or a model"))
    return found


def substitutes(session: Session, product: Known) -> list[str]:
    """Base models that came next in the studies behind a product: what one could change to soonest."""
    found: dict[str, None] = {}
    for model in models_of(session, product):
        for run in runs_of(session, model):
            ranking = sorted(facts(session, run)["ranking"], key=lambda one: one["rank"])
            chosen = (facts(session, run)["chosen"] or {}).get("base")
            found |= {str(one["base"]): None for one in ranking if one["base"] != chosen}
    return list(found)
