"""What people have signed for a run, as plain facts that a check can judge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Signature:
    """One person's decision on a run; only the latest of each person counts."""

    who: str
    role: str
    decision: Literal["approve", "reject"]
    on: str
    """Date, UTC."""
    until: str
    """Last day on which it counts; of a break-glass approval the time by which it must be reviewed."""
    expired: bool = False
    changed: tuple[str, ...] = ()
    """What is no longer as it was when this was signed: plan, evidence, policy, model."""
    suspended: str = ""
    """The advisory that suspends it."""
    by_author: bool = False
    """Given by the run's author, or by somebody to whom the author delegated a role."""
    break_glass: bool = False
    claimed_by: str = ""
    """The account that gave this name without proof by a key; empty where it is the person's own."""
    proven: bool = False
    """Whether it carries a signature by the key that is registered for this person."""

    @property
    def holds(self) -> bool:
        """Whether it counts today for what stands here today."""
        return not (self.expired or self.changed or self.suspended)


@dataclass(frozen=True, slots=True)
class SignOff:
    """Who is asked to sign a run, and who has."""

    use: str = "research"
    policy: str = "default"
    roles: tuple[str, ...] = ()
    """Roles that the policy names; each needs a person of its own, who is not the author."""
    author: str | None = None
    """Who ran it; None where nobody knows, and separation cannot be shown."""
    signatures: tuple[Signature, ...] = ()

    @property
    def asks_another(self) -> bool:
        """Whether somebody other than the author must sign."""
        return bool(self.roles) or self.use in ("commercial", "redistribution")
