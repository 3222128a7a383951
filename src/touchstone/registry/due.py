"""What must be looked at again, by whom and by when: evidence ages, waivers and sign-offs end, advisories wait."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from typing import Any

from touchstone.registry import advisories, people
from touchstone.registry.effects import USES
from touchstone.registry.lineage import COLUMNS, RETIRED, Known, ancestors, exposed, facts, find, links, runs_of
from touchstone.registry.projection import ACTIVE
from touchstone.registry.signoffs import SUSPENDED
from touchstone.registry.store import Session

EVALUATION = ("evaluation", 180)
OF_BASES = (("security vetting", 30), ("provenance", 90), ("licence", 180))
"""What is known of a base, and for how many days it counts."""


@dataclass(frozen=True, slots=True)
class Due:
    """One thing to do."""

    day: str
    """The day by which it must be done."""
    what: str
    entry: str
    """Name of what it is about."""
    id: str
    owner: str
    """Who must see to it; empty where nobody is named."""
    do: str
    """How."""

    def as_data(self, today: date) -> dict[str, Any]:
        """Plain data for machines."""
        return {**asdict(self), "overdue": self.day < today.isoformat()}


def due(session: Session, today: date, days: int = 30) -> list[Due]:
    """Everything that is overdue or falls due within some days, the most urgent first."""
    last = (today + timedelta(days=days)).isoformat()
    found = {*_aged(session), *_waiting(session), *_ending(session, today)}
    return sorted((one for one in found if one.day <= last), key=lambda one: (one.day, one.what, one.entry, one.id))


def behind(session: Session, product: Known, today: date) -> list[Due]:
    """What is overdue behind one product, oldest first: until it is settled, nothing that rests on it counts."""
    return [one for one in coming(session, product, today, days=0) if one.day < today.isoformat()]


def coming(session: Session, product: Known, today: date, days: int = 90) -> list[Due]:
    """What is overdue or falls due behind one product within some days, oldest first; a retired one owes nothing."""
    if product.state == RETIRED:
        return []
    last, named = (today + timedelta(days=days)).isoformat(), people.names(session)
    found = {*_aged_behind(session, product, named), *_unanswered(session, product, named)}
    return sorted((one for one in found if one.day <= last), key=lambda one: (one.day, one.what))


def overdue_for(session: Session, run: Known, today: date) -> list[Due]:
    """What is overdue behind the living products that use what a run made."""
    rows = session.rows(
        f"SELECT DISTINCT {COLUMNS} FROM link AS j JOIN link AS u ON u.target = j.target AND u.relation = :uses "
        "JOIN entity AS e ON e.number = u.source WHERE j.source = :run AND j.relation = 'judged' ORDER BY e.number",
        uses=USES, run=run.number,
    )  # fmt: skip
    return [one for row in rows for one in behind(session, Known(*row), today)]


def standing(session: Session, known: Known, today: date) -> Known:
    """An entry as it stands on a day: a product behind which something is overdue is suspended."""
    late = behind(session, known, today) if known.kind == "product" and known.state != SUSPENDED else []
    return replace(known, state=SUSPENDED, until=f"{late[0].what}, due {late[0].day}") if late else known


def _aged(session: Session) -> Iterator[Due]:
    """Evidence behind living products that grows too old."""
    named = people.names(session)
    for product in _all(session, "product"):
        if product.state != RETIRED:
            yield from _aged_behind(session, product, named)


def _aged_behind(session: Session, product: Known, named: Mapping[str, str]) -> Iterator[Due]:
    owner = _owner(session, product, named)
    for model in (
        find(session, one["to"]) for one in links(session, product) if one["relation"] == USES and "to" in one
    ):
        if judged := [_day(session, run.number) for run in runs_of(session, model)]:
            yield _after(max(judged), *EVALUATION, product, owner, "run its study again: touchstone run STUDY --fresh")
        for base, _ in ancestors(session, model):
            seen = looked_at(session, base)
            for what, lifetime in OF_BASES if seen else ():
                yield _after(seen, f"{what} of {base.name}", lifetime, product, owner, f"touchstone vet {base.name}")


def _unanswered(session: Session, product: Known, named: Mapping[str, str]) -> Iterator[Due]:
    """Advisories over one product that nobody has answered for."""
    models = [find(session, one["to"]) for one in links(session, product) if one["relation"] == USES and "to" in one]
    for advisory in {one.id: one for model in models for one in advisories.over(session, model)}.values():
        if advisories.answer(session, advisory, product.id)["status"] not in advisories.SETTLED:
            yield _answer_for(session, advisory, product, named)


def _answer_for(session: Session, advisory: Known, product: Known, named: Mapping[str, str]) -> Due:
    do = f"touchstone registry answer {advisory.name} {product.name} --status ... --reason ..."
    owner = _owner(session, product, named)
    return Due(facts(session, advisory)["due"], f"advisory {advisory.name}", product.name, product.id, owner, do)


def _owner(session: Session, product: Known, named: Mapping[str, str]) -> str:
    return named.get(facts(session, product)["owner"], "")


def _after(since: str, what: str, lifetime: int, product: Known, owner: str, do: str) -> Due:
    day = date.fromisoformat(since) + timedelta(days=lifetime)
    return Due(day.isoformat(), f"{what} is {lifetime} days old", product.name, product.id, owner, do)


def looked_at(session: Session, base: Known) -> str:
    """The day on which a base was last vetted, by itself or for a run; empty where it never was."""
    seen = session.value(
        "SELECT MAX(event.time) FROM link AS l JOIN event ON event.seq = l.source "
        "WHERE l.target = :n AND l.relation IN ('considered', 'vetted')", n=base.number,
    )  # fmt: skip
    return str(seen or "")[:10]


def _waiting(session: Session) -> Iterator[Due]:
    """Products under an advisory that nobody has answered for."""
    named = people.names(session)
    for advisory in _all(session, "advisory"):
        for model in advisories.affected(session, advisory):
            for product, _ in exposed(session, model):
                if advisories.answer(session, advisory, product.id)["status"] not in advisories.SETTLED:
                    yield _answer_for(session, advisory, product, named)


def _ending(session: Session, today: date) -> Iterator[Due]:
    """Waivers and sign-offs that still count and are about to end."""
    named = people.names(session)
    for kind, person, do in (
        ("waiver", "asked", "mend the fault, or renew it once: touchstone waive"),
        ("approval", "", "have it signed again: touchstone approve"),
    ):
        for known in _all(session, kind):
            plain = facts(session, known)
            until = str(plain["until"])[:10]
            if known.state != ACTIVE or until < today.isoformat():
                continue
            actor = plain[person] if person else _actor(session, known)
            broken = "break-glass " if plain.get("break_glass") else ""
            yield Due(until, f"{broken}{kind} ends", known.name, known.id, named.get(actor, ""), do)


def _all(session: Session, kind: str) -> list[Known]:
    rows = session.rows(
        "SELECT number, id, kind, name, state, until, version FROM entity WHERE kind = :kind ORDER BY number", kind=kind
    )
    return [Known(*row) for row in rows]


def _day(session: Session, number: int) -> str:
    return str(session.value("SELECT time FROM event WHERE seq = :seq", seq=number))[:10]


def _actor(session: Session, known: Known) -> str:
    return str(session.value("SELECT actor FROM event WHERE seq = :seq", seq=known.number))
