"""Waivers: a failed finding that is carried openly until a date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from touchstone.core import digest
from touchstone.core.errors import Fault, RegistryError
from touchstone.registry import keys, log, people, roles
from touchstone.registry.effects import Effects, Entity, Link
from touchstone.registry.lineage import COLUMNS, Known, facts
from touchstone.registry.log import Writer
from touchstone.registry.signoffs import sound_reason
from touchstone.registry.store import Session

LONGEST = timedelta(days=90)
MOST_RENEWALS = 1


@dataclass(frozen=True, slots=True)
class Waiver:
    """What is waived, by whom, why and until when."""

    check: str
    subject: str
    finding: str
    """Digest of the finding as it was measured; another finding is not waived."""
    use: str
    who: str
    role: str
    requested_by: str
    reason: str
    control: str
    """What is done instead to keep the risk small."""
    until: date
    account: str
    key: Path | None = None
    """A private key that proves who signs."""


def waive(writer: Writer, run: Known, made: Waiver, *, solo: bool) -> int:
    """Record a waiver.

    Parameters
    ----------
    solo : whether one person may ask and sign; marked self-signed then

    Raises
    ------
    RegistryError
        where the signer is who asked for it, the end is too far, it was renewed before, or the role is another's
    """
    today = writer.now.date()
    if not today <= made.until <= today + LONGEST:
        raise RegistryError(
            Fault(
                "--until", f"{made.until} is not between today and {today + LONGEST}", "a waiver lasts 90 days at most"
            )
        )
    signer, asker, account = writer.person(made.who), writer.person(made.requested_by), writer.person(made.account)
    if signer == asker and not solo:
        raise RegistryError(
            Fault(
                made.who,
                "asked for this waiver and cannot sign it too",
                "have somebody else sign, or name who asked: --requested-by",
            )
        )
    roles.acting(writer.session, signer, made.role, today, made.who)
    before = sum(
        1
        for plain in _all(writer.session, run.name)
        if (plain["check"], plain["subject"]) == (made.check, made.subject)
    )
    if before > MOST_RENEWALS:
        what = f"{made.check} of {made.subject} was waived and renewed before"
        raise RegistryError(Fault(run.name, what, "a waiver is renewed once: mend the fault, or end the use"))
    plain = {
        "run": run.id, "check": made.check, "subject": made.subject, "finding": made.finding, "use": made.use,
        "asked": asker, "account": account, "role": made.role, "from": today.isoformat(), "until": made.until.isoformat(),
        "renewal": before, "self_signed": signer == asker, "after": writer.head.seq,
    }  # fmt: skip
    plain["proof"] = keys.proof(writer.session, signer, made.who, _said(plain), made.key)
    id = f"waiver:{digest.of_data(plain | {'actor': signer}).removeprefix('sha256:')}"
    effects = Effects(Entity(id, "waiver", run.name, plain), (Link(id, "waives", run.id),))
    private = {"reason": sound_reason(made.reason), "control": made.control.strip()}
    return writer.append("waive", run.id, effects, actor=signer, role=made.role, private=private)


def _said(plain: Mapping[str, Any]) -> dict[str, Any]:
    """What a person's key signs of a waiver."""
    names = ("run", "check", "subject", "finding", "use", "role", "from", "until", "after")
    return {"decision": "waive", **{name: plain[name] for name in names}}


def _all(session: Session, study: str) -> list[dict[str, Any]]:
    """Every waiver of the runs of a study, so that a new run does not start the count anew."""
    rows = session.rows(
        "SELECT number, id, kind, name, state, until, version FROM entity WHERE kind = 'waiver' AND name = :name ORDER BY number",
        name=study,
    )  # fmt: skip
    return [facts(session, Known(*row)) for row in rows]


def of_run(session: Session, run: Known, today: date) -> list[dict[str, str]]:
    """What is waived of a run today: check, subject and last day."""
    rows = session.rows(
        f"SELECT {COLUMNS} FROM link AS l JOIN entity AS e ON e.number = l.source "
        "WHERE l.target = :number AND l.relation = 'waives' ORDER BY e.number", number=run.number,
    )  # fmt: skip
    said = (facts(session, Known(*row)) for row in rows)
    return [
        {"check": plain["check"], "subject": plain["subject"], "until": plain["until"]}
        for plain in said
        if plain["from"] <= today.isoformat() <= plain["until"]
    ]


def in_force(session: Session, run: Known, today: date) -> dict[str, dict[str, Any]]:
    """The waivers of a run that count today, by the digest of the finding: as evidence shows them."""
    rows = session.rows(
        "SELECT event.body_digest, event.actor FROM link AS l JOIN event ON event.seq = l.source "
        "WHERE l.target = :number AND l.relation = 'waives' ORDER BY event.seq", number=run.number,
    )  # fmt: skip
    named = people.names(session)
    found: dict[str, dict[str, Any]] = {}
    for body_digest, actor in rows:
        body = log.body(session, body_digest)
        plain, private = body["entity"]["facts"], people.unseal(session, body["private"])
        if plain["from"] <= today.isoformat() <= plain["until"]:
            found[plain["finding"]] = {
                "by": named.get(actor, actor), "role": plain["role"], "requested_by": named.get(plain["asked"], ""),
                "reason": private.get("reason", people.ERASED), "control": private.get("control", ""),
                "from": plain["from"], "until": plain["until"], "renewal": plain["renewal"],
                "self_signed": plain["self_signed"],
            }  # fmt: skip
            if keys.is_proven(session, actor, _said(plain), plain.get("proof", "")):
                found[plain["finding"]]["proven"] = True
    return found
