"""Check ``govern.signoff``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, ClassVar, Literal

from touchstone.checks.check import Check
from touchstone.checks.context import Context
from touchstone.checks.words import listed
from touchstone.core.finding import Finding, Status
from touchstone.core.signoff import Signature, SignOff

_State = Literal["signed", "missing", "not valid"]
_ANYBODY = "somebody other than the author"


class Signoff(Check):
    """Have the roles that the policy names signed?

    **Question.** Does somebody answer for this result who may, and who has seen exactly this?

    **Method.** Reads the approvals and rejections in the registry. Each is bound to the digests of the plan, the
    measured evidence, the policy and the model, and falls when one of them changes. Where the policy names no roles
    and the use is research or internal, nobody need sign: the result is marked self-signed. Commercial use and
    redistribution need somebody other than the author. Where the policy names roles, each needs a person of its own
    who is not the author; one person signs once. A sign-off that is missing, has run out, or is suspended by an
    advisory or by what is overdue behind a product on the model: inconclusive. One given by the author (or a delegate
    of the author) where another person is asked for, or for other digests, with no valid one beside it: fail. A
    rejection by anybody: fail, until that person approves. A break-glass approval stands alone for 72 hours and says
    so loudly.

    **Source.** Touchstone's own contract; four eyes and separation of duty as in ordinary internal control.

    **Cannot see.** Who somebody really is: without a registered key a name is only claimed, by whoever is logged in
    on that machine. The claim is recorded together with the account that made it.
    """

    id: ClassVar[str] = "govern.signoff"
    thresholds: ClassVar[Mapping[str, float]] = {"hours until a break-glass approval must be reviewed": 72}

    def run(self, context: Context) -> Iterator[Finding]:
        yield self.judge(context.sign_off)

    def judge(self, asked: SignOff) -> Finding:
        """One finding about all that was signed."""
        details: dict[str, Any] = {"signatures": [asdict(one) for one in asked.signatures], "policy": asked.policy}
        refusing = [one for one in asked.signatures if one.decision == "reject" and not one.changed]
        if refusing:
            who = listed([_named(one) for one in refusing])
            return self._state(Status.FAIL, f"Rejected by {who}.", "settle it with them, then sign anew", details)
        approvals = [one for one in asked.signatures if one.decision == "approve"]
        if broken := [one for one in approvals if one.break_glass and one.holds]:
            return self._broken_glass(broken[0], details)
        regular = [one for one in approvals if not one.break_glass]
        if not asked.asks_another:
            return self._solo(asked, regular, details)
        wanted = asked.roles or (_ANYBODY,)
        states = {role: _standing(_for(role, regular), asked.author) for role in wanted}
        details["roles"] = {role: state for role, (state, _) in states.items()}
        return self._together(asked, states, regular, details)

    def _solo(self, asked: SignOff, signatures: Sequence[Signature], details: dict[str, Any]) -> Finding:
        others = [one for one in signatures if one.holds and not one.by_author]
        if others and asked.author is not None:
            return self._state(Status.PASS, f"Signed by {listed([_named(one) for one in others])}.", None, details)
        said = f"Self-signed: {asked.use} use needs no second signature under the policy {asked.policy}."
        return self._state(Status.PASS, said, None, {**details, "self_signed": True})

    def _together(
        self,
        asked: SignOff,
        states: Mapping[str, tuple[_State, str]],
        signatures: Sequence[Signature],
        details: dict[str, Any],
    ) -> Finding:
        signed = sum(state == "signed" for state, _ in states.values())
        numbers = {"value": float(signed), "threshold": float(len(states)), "n": len(states)}
        because = [f"{_as(role)}{why}" for role, (state, why) in states.items() if state != "signed"]
        if not because:
            who = listed([_named(one) for one in signatures if one.holds and not one.by_author])
            return self._state(Status.PASS, f"Signed by {who}.", None, details, **numbers)
        not_valid = any(state == "not valid" for state, _ in states.values())
        missing = [role for role, (state, _) in states.items() if state != "signed"]
        roles = [f"--role {role}" for role in missing if role != _ANYBODY] or ["--role ROLE"]
        who = "a person" if len(missing) == 1 else "persons"
        remedy = f"have {who} other than the author look at it and sign: touchstone approve RUN {roles[0]} --reason ..."
        said = f"{signed} of {len(states)} sign-offs are there; {'; '.join(because)}."
        return self._state(Status.FAIL if not_valid else Status.INCONCLUSIVE, said, remedy, details, **numbers)

    def _broken_glass(self, one: Signature, details: dict[str, Any]) -> Finding:
        said = (
            f"BREAK-GLASS: {_named(one)} let it through alone on {one.on}; it must be reviewed by {one.until}, "
            "or it no longer counts."
        )
        return self._state(
            Status.PASS, said, "have the regular sign-offs given in time", {**details, "break_glass": True}
        )

    def _state(
        self, status: Status, statement: str, remedy: str | None, details: Mapping[str, Any], **numbers: Any
    ) -> Finding:
        return self.finding("run", status, statement, remedy=remedy, **numbers, **details)


def _for(role: str, signatures: Sequence[Signature]) -> list[Signature]:
    return [one for one in signatures if role in (_ANYBODY, one.role)]


def _standing(signatures: Sequence[Signature], author: str | None) -> tuple[_State, str]:
    """Whether one sign-off is there, and why not."""
    good = [one for one in signatures if one.holds and not one.by_author]
    if good and author is not None:
        return "signed", ""
    if good:
        return "missing", "who ran this is not recorded, so nobody can be shown to be somebody else"
    if own := [one for one in signatures if one.holds]:
        return "not valid", f"{own[0].who} signed, and is the author or acts for the author"
    if fallen := [one for one in signatures if one.changed]:
        return (
            "not valid",
            f"{fallen[0].who} signed on {fallen[0].on}, and {listed(list(fallen[0].changed))} changed since",
        )
    if held := [one for one in signatures if one.suspended]:
        return "missing", f"the sign-off of {held[0].who} is suspended by {held[0].suspended}"
    if signatures:
        return "missing", f"the sign-off of {signatures[0].who} ran out on {signatures[0].until}"
    return "missing", "nobody has signed"


def _as(role: str) -> str:
    return f"{role}: " if role != _ANYBODY else f"{_ANYBODY} is asked for: "


def _named(one: Signature) -> str:
    claimed = f", a name given by the account {one.claimed_by}" if one.claimed_by else ""
    return f"{one.who} ({one.role}{claimed})"
