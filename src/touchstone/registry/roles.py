"""Who may act in which role: holders, delegations with an end, and what each role may do at all."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from datetime import date, timedelta

from touchstone.core import digest
from touchstone.core.errors import Fault, RegistryError
from touchstone.registry.effects import Effects, Entity
from touchstone.registry.lineage import facts, listed
from touchstone.registry.log import Writer
from touchstone.registry.store import Session

MAY_NOT_SIGN = {
    "scientist": "runs studies and asks for sign-offs and waivers",
    "steward": "registers base models and asks for waivers",
    "auditor": "reads",
}
"""Roles that never approve, and what they do instead."""
ALWAYS = ("compliance", "approver")
"""Roles that may sign under every policy."""
LEGAL = "legal"
"""Signs waivers of licence findings, and nothing else."""
LONGEST_DELEGATION = timedelta(days=366)
_ROLE = re.compile(r"[a-z][a-z0-9_-]{0,39}")


def sound(role: str) -> str:
    """A role's name as it may stand in the log.

    Raises
    ------
    RegistryError
        where it is no plain word
    """
    if not _ROLE.fullmatch(role):
        raise RegistryError(Fault("--role", f"{role[:40]!r} is no role", "a word of small letters, such as reviewer"))
    return role


def writes(role: str, what: str = "") -> str:
    """A role that may write to the registry; the auditor reads, and a scientist suspends nothing."""
    if sound(role) == "auditor" or (role == "scientist" and what == "advise"):
        raise RegistryError(
            Fault("--role", f"this is not for a {role}: a {role} {MAY_NOT_SIGN[role]}", "act in another role")
        )
    return role


def may_approve(role: str, named: Sequence[str]) -> None:
    """Refuse a role that does not sign; ``named`` are those that the policy asks for."""
    sound(role)
    if role in MAY_NOT_SIGN:
        raise RegistryError(Fault("--role", f"a {role} does not sign: a {role} {MAY_NOT_SIGN[role]}", _asked(named)))
    if role == LEGAL and role not in named:
        raise RegistryError(Fault("--role", "legal signs waivers of licence findings alone", _asked(named)))
    if named and role not in (*named, *ALWAYS):
        close = difflib.get_close_matches(role, [*named, *ALWAYS], n=1)
        raise RegistryError(
            Fault(
                "--role", f"the policy asks for no {role!r}", f"did you mean {close[0]!r}?" if close else _asked(named)
            )
        )


def may_waive(role: str, named: Sequence[str], check: str) -> None:
    """Refuse a role that does not sign waivers of this check."""
    if sound(role) == LEGAL:
        if check != "supply.license":
            raise RegistryError(Fault("--role", f"legal waives supply.license alone, not {check}", "ask compliance"))
        return
    may_approve(role, named)


def _asked(named: Sequence[str]) -> str:
    return f"roles that sign: {', '.join(dict.fromkeys((*named, *ALWAYS)))}"


def holders(session: Session, role: str, today: date) -> dict[str, str] | None:
    """Pseudonyms that hold a role today, with who delegated it (empty where nobody did); None where the role is free.

    A role is free, and anybody may act in it, until it is given to somebody for the first time.
    """
    found: dict[str, str] = {}
    given = False
    for known in listed(session, "grant", limit=10_000):
        plain = facts(session, known)
        if plain["role"] != role:
            continue
        given = True
        if known.state == "active" and (not plain["until"] or plain["until"] >= today.isoformat()):
            found.setdefault(plain["to"], plain["by"] if plain["delegated"] else "")
    return found if given else None


def acting(session: Session, person: str, role: str, today: date, name: str) -> str:
    """Who delegated the role to this person; empty where the role is the person's own or free.

    Raises
    ------
    RegistryError
        where the role belongs to others
    """
    known = holders(session, role, today)
    if known is None:
        return ""
    if person not in known:
        mend = "have a holder delegate it: touchstone registry grant --role ... --to ... --until ..."
        raise RegistryError(Fault(name, f"does not hold the role {role} today", mend))
    return known[person]


def grant(writer: Writer, role: str, to: str, by: str, until: date | None) -> int:
    """Give a role: the first holder may be named by anybody, later ones by a holder, as a delegation with an end.

    Raises
    ------
    RegistryError
        where ``by`` does not hold the role, or a delegation has no end within a year
    """
    today = writer.now.date()
    sound(role)
    giver, taker = writer.person(by), writer.person(to)
    known = holders(writer.session, role, today)
    delegated = known is not None
    if known is not None:
        if known.get(giver, "delegated") != "":
            raise RegistryError(Fault(by, f"does not hold the role {role} itself", "a holder gives it, nobody else"))
        if until is None or not today <= until <= today + LONGEST_DELEGATION:
            raise RegistryError(Fault("--until", "a delegation has an end within a year", "--until YYYY-MM-DD"))
    plain = {
        "role": role, "to": taker, "by": giver, "until": until.isoformat() if until else "", "delegated": delegated,
        "at": writer.head.seq,
    }  # fmt: skip
    id = f"grant:{digest.of_data(plain).removeprefix('sha256:')}"
    return writer.append("grant", id, Effects(Entity(id, "grant", role, plain)), actor=giver, role=role)
