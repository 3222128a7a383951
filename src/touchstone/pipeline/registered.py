"""What `touchstone registry` shows, as plain data: the same for machines and, laid out, for people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from touchstone.pipeline import recording
from touchstone.pipeline.account import account
from touchstone.pipeline.finished import Finished

if TYPE_CHECKING:
    from touchstone.registry.book import Registry
    from touchstone.registry.lineage import Known, Resting
    from touchstone.registry.store import Session

SCHEMA = "touchstone/registry/1"


def opened(given: str | None, *, create: bool = False) -> Registry:
    """The registry that is meant."""
    from touchstone.registry.book import Registry

    return Registry.open(recording.place(given), create=create)


def find(registry: Registry, named: str) -> Known:
    """An entry by id, digits, name, or the folder of a run; a run that is not recorded yet is."""
    from touchstone.pipeline.decisions import known_run
    from touchstone.registry import lineage

    if (Path(named) / "evidence.json").is_file():
        run = Finished.read(Path(named))
        with registry.reading() as session:
            known = known_run(session, run)
        return known or recording.record(registry, run, account())
    with registry.reading() as session:
        return lineage.find(session, named)


def listing(session: Session, kind: str | None, limit: int, today: date) -> dict[str, Any]:
    """The newest entries, and how many there are of each kind."""
    from touchstone.registry.due import standing
    from touchstone.registry.lineage import counts, listed

    found = (standing(session, one, today) for one in listed(session, kind, limit))
    return {"counts": counts(session), "entries": [one.as_data() for one in found]}


def entry(session: Session, known: Known, today: date | None = None) -> dict[str, Any]:
    """Everything about one entry: facts, relations, events with names and reasons."""
    from touchstone.registry import advisories, due, lineage, log, people, signoffs

    named = people.names(session)
    said = signoffs.reasons(session, known)
    history = [
        {"event": one.seq, "time": one.time, "who": named.get(one.actor, one.actor), "role": one.role, "action": one.action,
         "reason": said.get(str(one.seq))}
        for one in log.events(session, known.id)
    ]  # fmt: skip
    facts = {
        key: named.get(value, value) if isinstance(value, str) else value
        for key, value in lineage.facts(session, known).items()
    }
    now = due.standing(session, known, today or datetime.now(UTC).date())
    shown = {**now.as_data(), "facts": facts, "links": lineage.links(session, known), "events": history}
    if known.kind == "advisory":
        shown["exposed"] = exposed_by(session, known)
        shown["suspended_approvals"] = advisories.suspended_by(session, known)
    return shown


def family(session: Session, known: Known) -> dict[str, Any]:
    """What something was made from, with the evidence for each step."""
    from touchstone.registry import lineage, products
    from touchstone.registry.effects import LINEAGE

    models = products.models_of(session, known)
    return {
        "of": known.as_data(),
        "models": [
            {
                **model.as_data(),
                "ancestors": [{**one.as_data(), "steps": steps} for one, steps in lineage.ancestors(session, model)],
                "made_from": [
                    one for one in lineage.links(session, model) if one["relation"] in LINEAGE and "to" in one
                ],
            }
            for model in models
        ],
    }


def dependents(session: Session, known: Known) -> dict[str, Any]:
    """What came from something, and the products on it."""
    from touchstone.registry import lineage, products

    models: dict[str, dict[str, Any]] = {}
    for model in products.models_of(session, known):
        models |= {one.id: {**one.as_data(), "steps": steps} for one, steps in lineage.descendants(session, model)}
    return {"of": known.as_data(), "models": list(models.values()), "products": exposure(session, known)["products"]}


def exposure(session: Session, known: Known) -> dict[str, Any]:
    """The products that rest on something, with owners and deployments."""
    from dataclasses import replace

    from touchstone.registry import due, lineage, people, products

    named, today = people.names(session), datetime.now(UTC).date()
    models = products.models_of(session, known)
    found = {one.product.id: one for model in models for one in lineage.resting(session, model)}
    now = [replace(one, product=due.standing(session, one.product, today)) for one in found.values()]
    return {"of": known.as_data(), "products": [_product(one, named) for one in now]}


def _product(one: Resting, named: Mapping[str, str]) -> dict[str, Any]:
    return {
        **one.product.as_data(), "hops": one.hops, "owner": named.get(one.facts.get("owner", ""), ""),
        "criticality": one.facts.get("criticality"), "users": one.facts.get("users"),
        "deployments": [{"id": each.id, "name": each.name} for each in one.deployments],
    }  # fmt: skip


def product_page(session: Session, known: Known, now: datetime) -> dict[str, Any]:
    """Everything that a product's owner should know, in one object."""
    from touchstone.registry import advisories, due, lineage, log, people, products

    today, named = now.date(), people.names(session)
    plain, standing = lineage.facts(session, known), due.standing(session, known, today)
    models = products.models_of(session, known)
    open_ = {one.id: one for model in models for one in advisories.over(session, model)}
    return {
        "product": standing.as_data(), "on": today.isoformat(), "owner": named.get(plain["owner"], ""),
        "criticality": plain["criticality"], "users": plain["users"],
        "deployments": [{"where": one.name.rpartition("@")[2], "since": _day(session, one)} for one in lineage.deployments(session, known)],
        "models": [_resting_on(session, model, today) for model in models],
        "due": [one.as_data(today) for one in due.coming(session, known, today)],
        "advisories": [_advisory(session, one, known) for one in open_.values()],
        "substitutes": products.substitutes(session, known),
        "history": [
            {"on": one.time[:10], "who": named.get(one.actor, one.actor), "role": one.role, "did": one.action}
            for one in log.events(session, known.id)
        ],
        "log": {"event": log.head(session).seq, "hash": log.head(session).hash},
    }  # fmt: skip


def _resting_on(session: Session, model: Known, today: date) -> dict[str, Any]:
    """A model behind a product: who judged it, and what it was made from."""
    from touchstone.registry import due, lineage, signoffs, waivers

    made_from = []
    for base, steps in lineage.ancestors(session, model):
        plain = lineage.facts(session, base)
        told = {key: plain.get(key) for key in ("publisher", "source", "license")}
        made_from.append(
            {"name": base.name, "id": base.id, "steps": steps, **told, "looked_at": due.looked_at(session, base)}
        )
    runs = [
        {"name": run.name, "id": run.id, "verdict": run.state, "on": _day(session, run),
         "signed": signoffs.given(session, run, today), "waived": waivers.of_run(session, run, today)}
        for run in lineage.runs_of(session, model)
    ]  # fmt: skip
    return {"name": model.name, "id": model.id, "runs": runs, "made_from": made_from}


def _advisory(session: Session, advisory: Known, product: Known) -> dict[str, Any]:
    from touchstone.registry import advisories, lineage

    plain = lineage.facts(session, advisory)
    answer = advisories.answer(session, advisory, product.id)
    return {
        "name": advisory.name, "severity": plain["severity"], "statement": plain["statement"], "mitigation": plain["mitigation"],
        "due": plain["due"], "answer": answer["status"], "answered": answer["on"], "settled": answer["status"] in advisories.SETTLED,
    }  # fmt: skip


def _day(session: Session, known: Known) -> str:
    return str(session.value("SELECT time FROM event WHERE seq = :seq", seq=known.number))[:10]


def exposed_by(session: Session, advisory: Known) -> list[dict[str, Any]]:
    """Products under an advisory: owner, the answer so far, what they could change to, and the day by which to look."""
    from touchstone.registry import advisories, lineage, people, products

    named, plain = people.names(session), lineage.facts(session, advisory)
    today = datetime.now(UTC).date().isoformat()
    found: dict[str, dict[str, Any]] = {}
    for model in advisories.affected(session, advisory):
        for one in lineage.resting(session, model):
            answer = advisories.answer(session, advisory, one.product.id)
            settled = answer["status"] in ("not_affected", "fixed")
            found.setdefault(
                one.product.id,
                {**_product(one, named), "status": answer["status"], "answered": answer["on"], "due": plain["due"],
                 "overdue": not settled and plain["due"] < today, "substitutes": products.substitutes(session, one.product)},
            )  # fmt: skip
    return list(found.values())


def baskets(session: Session, weighted: bool) -> dict[str, Any]:
    """Concentration in every respect, and the blast radius of the roots that most rests on."""
    from touchstone.core.evidence import to_plain
    from touchstone.registry import concentration as sums

    return {
        "weighted": weighted,
        "bands": "1,000 and 1,800 as in the 2023 merger guidelines of the United States, an analogy",
        "by": [to_plain(one) for one in sums.concentration(session, weighted=weighted)],
        "blast_radius": [sums.blast_radius(session, root).as_data() for root in sums.root_models(session)[:20]],
    }
