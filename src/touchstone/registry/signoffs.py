"""Approvals and rejections of a run, bound to what was approved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from touchstone.core import digest
from touchstone.core.errors import Fault, RegistryError
from touchstone.core.signoff import Signature
from touchstone.registry import keys, log, people, roles
from touchstone.registry.effects import Effects, Entity, Link, State
from touchstone.registry.lineage import Known, facts
from touchstone.registry.log import Writer, stamp
from touchstone.registry.store import Session

LIFETIME = timedelta(days=180)
"""How long an evaluation, and so an approval of it, counts."""
REVIEW = timedelta(hours=72)
SUSPENDED, SUPERSEDED = "suspended", "superseded"
LONGEST_REASON = 4000


@dataclass(frozen=True, slots=True)
class Binding:
    """Digests of what is signed; when one of them changes, the signature falls."""

    plan: str
    evidence: str
    """Of what was measured, not of what was made of it."""
    policy: str
    model: str

    def changed(self, signed: Mapping[str, str]) -> tuple[str, ...]:
        """What is no longer as it was signed."""
        return tuple(name for name, value in asdict(self).items() if signed.get(name) != value)


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody decided about a run."""

    who: str
    role: str
    decision: Literal["approve", "reject"]
    reason: str
    account: str
    """The account on the machine; where it is another name than ``who``, that name is only claimed."""
    until: date | None = None
    break_glass: bool = False
    key: Path | None = None
    """A private key that proves who decides."""


def sound_reason(reason: str) -> str:
    """A reason that somebody can read later.

    Raises
    ------
    RegistryError
        where it says nothing or is overlong
    """
    if not reason.strip():
        raise RegistryError(Fault("--reason", "a decision without a reason is not recorded", "say why in a sentence"))
    if len(reason) > LONGEST_REASON:
        raise RegistryError(
            Fault("--reason", f"is longer than {LONGEST_REASON} characters", "put the rest in a document")
        )
    return reason.strip()


def sign(writer: Writer, run: Known, made: Decision, binding: Binding) -> int:
    """Record a decision; an earlier one of the same person on the same run is superseded.

    Raises
    ------
    RegistryError
        where the person has already signed exactly this, or does not hold the role
    """
    today = writer.now.date()
    actor, account = writer.person(made.who), writer.person(made.account)
    delegated = roles.acting(writer.session, actor, roles.sound(made.role), today, made.who)
    earlier = [(known, plain) for known, plain, by in _decisions(writer.session, run) if by == actor]
    for known, plain in earlier:
        same = plain["decision"] == made.decision and not binding.changed(plain["binding"])
        counts = known.state == "active" and plain["until"] >= today.isoformat()
        if same and counts and not (plain["break_glass"] and not made.break_glass):
            what = f"has already signed this decision, as {plain['role']}"
            raise RegistryError(Fault(made.who, what, "one person signs once; ask somebody else for the other role"))
    plain = {
        "run": run.id, "decision": made.decision, "role": made.role, "binding": asdict(binding), "account": account,
        "until": _end(made, writer.now), "break_glass": made.break_glass, "delegated_by": delegated,
        "after": writer.head.seq,
    }  # fmt: skip
    plain["proof"] = keys.proof(writer.session, actor, made.who, _said(plain), made.key)
    kind = "approval" if made.decision == "approve" else "rejection"
    id = f"{kind}:{digest.of_data(plain | {'actor': actor}).removeprefix('sha256:')}"
    effects = Effects(
        Entity(id, kind, run.name, plain),
        (Link(id, "signs", run.id),),
        states=tuple(State(known.id, SUPERSEDED) for known, _ in earlier if known.state == "active"),
    )
    private = {"reason": sound_reason(made.reason)}
    return writer.append(made.decision, run.id, effects, actor=actor, role=made.role, private=private)


def _said(plain: Mapping[str, Any]) -> dict[str, Any]:
    """What a person's key signs of a decision."""
    return {name: plain[name] for name in ("run", "decision", "role", "binding", "until", "break_glass")}


def _end(made: Decision, now: datetime) -> str:
    """Last day of a decision; a moment, where glass was broken."""
    if made.break_glass:
        return stamp(now + REVIEW)
    last = now.date() + LIFETIME
    if made.until is None:
        return last.isoformat()
    if not now.date() <= made.until <= last:
        raise RegistryError(
            Fault("--until", f"{made.until} is not between today and {last}", "evidence ages: 180 days at most")
        )
    return made.until.isoformat()


def _decisions(session: Session, run: Known) -> list[tuple[Known, dict[str, Any], str]]:
    """Decisions on a run, oldest first, each with its facts and who made it."""
    rows = session.rows(
        "SELECT e.number, e.id, e.kind, e.name, e.state, e.until, e.version, event.actor FROM link AS l "
        "JOIN entity AS e ON e.number = l.source JOIN event ON event.seq = e.number "
        "WHERE l.target = :number AND l.relation = 'signs' ORDER BY e.number", number=run.number,
    )  # fmt: skip
    found = []
    for *known, actor in rows:
        one = Known(*known)
        found.append((one, facts(session, one), str(actor)))
    return found


def signatures(
    session: Session, run: Known, binding: Binding, now: datetime, overdue: str = ""
) -> tuple[Signature, ...]:
    """Every decision on a run that was not superseded by a later one of the same person, held against today.

    Parameters
    ----------
    overdue : what should have been looked at again by now; while it is not, no approval counts
    """
    named, author = people.names(session), author_of(session, run)
    found = []
    for known, plain, actor in _decisions(session, run):
        if known.state == SUPERSEDED:
            continue
        until = str(plain["until"])
        over = until < (stamp(now) if plain["break_glass"] else now.date().isoformat())
        account = str(plain["account"])
        proven = keys.is_proven(session, actor, _said(plain), plain["proof"])
        found.append(
            Signature(
                who=named.get(actor, actor), role=plain["role"], decision=plain["decision"], on=_day(session, known),
                until=until, expired=over, changed=binding.changed(plain["binding"]),
                suspended=f"the advisory {known.until}" if known.state == SUSPENDED else overdue if known.kind == "approval" else "",
                by_author=author is not None and author in (actor, plain["delegated_by"]),
                break_glass=bool(plain["break_glass"]),
                claimed_by=named.get(account, account) if account != actor and not proven else "", proven=proven,
            )
        )  # fmt: skip
    return tuple(found)


def given(session: Session, run: Known, today: date) -> list[dict[str, Any]]:
    """Every decision on a run as the registry has it, newest first: by whom, until when, and whether it still stands.

    What is in the run's folder is not looked at: whether a signature fell since, the run's own pages say.
    """
    named, why = people.names(session), reasons(session, run)
    found = []
    for known, plain, actor in reversed(_decisions(session, run)):
        over = str(plain["until"])[:10] < today.isoformat()
        stands = {SUPERSEDED: "replaced by a later one", SUSPENDED: f"suspended by the advisory {known.until}"}
        found.append(
            {"who": named.get(actor, actor), "role": plain["role"], "decision": plain["decision"], "on": _day(session, known),
             "until": str(plain["until"])[:10], "stands": stands.get(known.state, "has run out" if over else ""),
             "reason": why.get(str(known.number), ""), "break_glass": bool(plain["break_glass"])}
        )  # fmt: skip
    return found


def last_approval(session: Session, run: Known) -> int:
    """The number of the newest approval that was not taken back; 0 where there is none."""
    found = (known for known, _, _ in _decisions(session, run) if known.kind == "approval" and known.state == "active")
    return max((known.number for known in found), default=0)


def _day(session: Session, known: Known) -> str:
    return str(session.value("SELECT time FROM event WHERE seq = :seq", seq=known.number))[:10]


def author_of(session: Session, run: Known) -> str | None:
    """The pseudonym of who ran a study."""
    actor = session.value("SELECT actor FROM event WHERE seq = :seq", seq=run.number)
    return None if actor in (None, people.SYSTEM) else str(actor)


def author_name(session: Session, run: Known) -> str | None:
    """The name of who ran a study, where it is known."""
    author = author_of(session, run)
    return None if author is None else people.names(session).get(author)


def reasons(session: Session, run: Known) -> dict[str, str]:
    """What was given as reason, by the event's place in the log."""
    found = {}
    for event in log.events(session, run.id):
        private = log.body(session, event.body_digest).get("private")
        said = people.unseal(session, private).get("reason") if private else None
        if said:
            found[str(event.seq)] = str(said)
    return found
