"""People decide about a finished run, and the run is judged again: nothing is trained or measured for it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from filelock import FileLock

from touchstone.core import atomic
from touchstone.core.errors import Fault, InputError
from touchstone.core.evidence import to_plain
from touchstone.core.signoff import SignOff
from touchstone.govern import rejudge
from touchstone.govern.policy import Policy, find_policy
from touchstone.pipeline import recording
from touchstone.pipeline.account import account
from touchstone.pipeline.finished import Finished

if TYPE_CHECKING:
    from touchstone.registry.book import Registry
    from touchstone.registry.lineage import Known
    from touchstone.registry.signoffs import Binding
    from touchstone.registry.store import Session

SCHEMA = "touchstone/decision/1"


@dataclass(frozen=True, slots=True)
class Decided:
    """What a person decided, and what the run's verdict is with it."""

    action: str
    event: int
    """Its place in the log."""
    registry: str
    run: Finished

    def as_data(self) -> dict[str, Any]:
        """Plain data for machines."""
        evidence = self.run.evidence
        return {
            "schema": SCHEMA, "action": self.action, "event": self.event, "registry": self.registry,
            "run": str(self.run.folder), "verdict": evidence["verdict"], "reasons": evidence["reasons"],
            "sign_off": next((f for f in evidence["findings"] if f["check"] == rejudge.SIGN_OFF), None),
            "waived": [f for f in evidence["findings"] if "waiver" in f["details"]],
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Person:
    """Who decides, in which role, and why; the name is the account's where none is given."""

    role: str
    reason: str
    name: str | None = None
    key: Path | None = None
    """A private key that proves it."""

    @property
    def who(self) -> str:
        return self.name or account()


def sign(
    folder: Path,
    person: Person,
    decision: Literal["approve", "reject"],
    *,
    until: date | None = None,
    break_glass: bool = False,
    registry: str | None = None,
) -> Decided:
    """Approve or reject a run for what it is now, and judge it again.

    Raises
    ------
    InputError
        where the run was changed since it was recorded, the role may not sign, or the person has signed already
    """
    from touchstone.registry import roles, signoffs

    run = Finished.read(folder)
    policy = policy_of(run)
    roles.may_approve(person.role, policy.roles)
    with _opened(run, registry) as (book, known):
        made = signoffs.Decision(
            person.who,
            person.role,
            decision,
            person.reason,
            account(),
            until,
            break_glass and decision == "approve",
            person.key,
        )
        with book.writing(decision=True) as writer:
            event = signoffs.sign(writer, known, made, binding_of(run, policy))
        where = str(book.store.place)
    return Decided(decision, event, where, judge_again(folder, registry=registry))


def waive(
    folder: Path,
    person: Person,
    finding: tuple[str, str | None],
    until: date,
    *,
    control: str = "",
    requested_by: str | None = None,
    registry: str | None = None,
) -> Decided:
    """Carry a failed finding openly until a date, and judge the run again.

    Parameters
    ----------
    finding : check and subject; the subject may be None where the check failed for one alone
    requested_by : who asks for it; the run's author where nobody is named
    """
    from touchstone.registry import roles, signoffs, waivers

    run = Finished.read(folder)
    policy = policy_of(run)
    roles.may_waive(person.role, policy.roles, finding[0])
    meant = _waivable(run, *finding)
    with _opened(run, registry) as (book, known):
        with book.reading() as session:
            asker = requested_by or signoffs.author_name(session, known) or account()
        made = waivers.Waiver(
            meant["check"], meant["subject"], rejudge.finding_digest(meant), run.use, person.who, person.role, asker,
            person.reason, control, until, account(), person.key,
        )  # fmt: skip
        with book.writing(decision=True) as writer:
            event = waivers.waive(
                writer, known, made, solo=not SignOff(run.use, policy.name, policy.roles).asks_another
            )
        where = str(book.store.place)
    return Decided("waive", event, where, judge_again(folder, registry=registry))


def _waivable(run: Finished, check: str, subject: str | None) -> Mapping[str, Any]:
    """The one finding that is meant.

    Raises
    ------
    InputError
        where there is none, several, or it is one that nobody may waive
    """
    found = rejudge.deciding(run.evidence, check, subject)
    if check == rejudge.SIGN_OFF:
        raise InputError(Fault(check, "a missing sign-off is not waived", "have it signed: touchstone approve"))
    if not found:
        open_ = dict.fromkeys(
            f["check"] for f in run.evidence["findings"] if rejudge.deciding(run.evidence, f["check"], None)
        )
        known = ", ".join(check for check in open_ if check != rejudge.SIGN_OFF) or "none"
        raise InputError(Fault(check, "no finding of this check stands against the run", f"those that do: {known}"))
    if len(found) > 1:
        some = ", ".join(str(f["subject"]) for f in found[:6])
        raise InputError(Fault(check, f"failed for several: {some}", "name one with --subject"))
    if found[0]["details"].get("kind") == "hostile":
        raise InputError(Fault(check, "a file that can run code is not waived", "use another base model"))
    return found[0]


def policy_of(run: Finished, named: str | None = None) -> Policy:
    """The policy that a run is judged by: the study's, as its file is now, unless another is named."""
    if named is not None:
        return find_policy(named)
    return find_policy(str(run.study["policy"]), Path(str(run.locked.get("folder", "."))))


def binding_of(run: Finished, policy: Policy) -> Binding:
    """What a signature on a run is bound to, from the files as they are now."""
    from touchstone.registry.signoffs import Binding

    return Binding(run.plan_digest, rejudge.measured_digest(run.evidence), policy.digest, run.model_digest)


@contextmanager
def _opened(run: Finished, given: str | None) -> Iterator[tuple[Registry, Known]]:
    """The registry, and the run in it; a run that was never recorded is recorded as its files' owner's."""
    from touchstone.registry.book import Registry

    refuse_changed(run)
    with Registry.open(recording.place(given)) as book:
        with book.reading() as session:
            known = known_run(session, run)
        if known is None:
            known = recording.record(book, run, _owner(run.folder))
        elif known.id != _id(run):
            what = "what was measured is not what the run recorded: evidence.json was changed afterwards"
            raise InputError(Fault(str(run.folder), what, "nothing was signed; run the study again"))
        yield book, known


def refuse_changed(run: Finished) -> None:
    """Refuse a run whose plan or model is not what was measured, or that made no model."""
    if run.evidence["chosen"] is None:
        raise InputError(Fault(str(run.folder), "made no model, so there is nothing to decide", "its report says why"))
    mend = "nothing was signed; run the study again"
    if run.plan_digest != run.evidence["study"]["digest"]:
        raise InputError(Fault(str(run.folder), "study.lock.yaml is not the plan that was run", mend))
    if run.model_digest != (run.digests.get("model") or ""):
        raise InputError(Fault(str(run.folder), "the model is not the one that was measured", mend))


def _owner(folder: Path) -> str:
    try:
        return (folder / "evidence.json").owner()
    except (KeyError, NotImplementedError, OSError):
        return account()


def _id(run: Finished) -> str:
    from touchstone.registry.records import of_digest

    return of_digest("run", rejudge.measured_digest(run.evidence))


def known_run(session: Session, run: Finished) -> Known | None:
    """The run by what it measured; else the newest that was recorded from this folder, so that a change shows."""
    from touchstone.core.errors import RegistryError
    from touchstone.registry.lineage import facts, find, listed

    try:
        return find(session, _id(run), "run")
    except RegistryError:
        here = str(run.folder)
        return next((one for one in listed(session, "run", 1000) if facts(session, one)["folder"] == here), None)


def judge_again(folder: Path, *, policy: str | None = None, registry: str | None = None) -> Finished:
    """Judge a finished run by the sign-offs and waivers of today; its files are written again where that changes them.

    Parameters
    ----------
    policy : judge by this policy in place of the study's; sign-offs under another policy do not count
    """
    from touchstone.pipeline.outputs import rewrite_pages
    from touchstone.registry.book import Registry
    from touchstone.registry.place import Place

    place: Place = recording.place(registry)
    Finished.read(folder)  # a folder that holds no run is left as it is
    (folder / "cache").mkdir(exist_ok=True)
    with FileLock(folder / "cache" / "judging.lock"):
        run = Finished.read(folder)
        by = policy_of(run, policy)
        if place.path is not None and not place.path.exists():
            evidence = _with(run, by, SignOff(run.use, by.name, by.roles), {})
        else:
            with Registry.open(place) as book:
                evidence = _judged(book, run, by)
        text = json.dumps(evidence, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        if text != (folder / "evidence.json").read_text(encoding="utf-8"):
            atomic.write_text(folder / "evidence.json", text)
            rewrite_pages(folder)
        return Finished.read(folder)


def _judged(book: Registry, run: Finished, policy: Policy) -> dict[str, Any]:
    from touchstone.registry import amendments, due, signoffs, waivers
    from touchstone.registry.effects import Effects, State

    now: datetime = book.clock()
    with book.reading() as session:
        known = known_run(session, run)
        if known is None:
            return _with(run, policy, SignOff(run.use, policy.name, policy.roles), {})
        author = signoffs.author_name(session, known)
        late = due.overdue_for(session, known, now.date())
        overdue = f"what is overdue: {late[0].what}, for {late[0].entry}" if late else ""
        signed = signoffs.signatures(session, known, binding_of(run, policy), now, overdue)
        asked = SignOff(run.use, policy.name, policy.roles, author, signed)
        in_force = waivers.in_force(session, known, now.date())
        amended = {one.metric: one for one in amendments.of_run(session, known)}
    evidence = _with(run, policy, asked, in_force, amended)
    if evidence["verdict"] != known.state and known.id == _id(run):
        with book.writing() as writer:
            writer.append("judge", known.id, Effects(states=(State(known.id, evidence["verdict"]),)))
    return evidence


def _with(
    run: Finished,
    policy: Policy,
    asked: SignOff,
    in_force: Mapping[str, Mapping[str, Any]],
    amended: Mapping[str, rejudge.Amended] | None = None,
) -> dict[str, Any]:
    from touchstone.checks.govern.signoff import Signoff

    finding = to_plain(asdict(Signoff().judge(asked)))
    return rejudge.rejudged(run.evidence, policy, finding, in_force, amended)
