"""Exit statuses, and how every error becomes one."""

from __future__ import annotations

from enum import IntEnum

from touchstone.core.finding import Verdict


class Exit(IntEnum):
    """What the shell is told (contract, section 2)."""

    SHIP = 0
    FAULT = 1
    INPUT = 2
    REJECT = 3
    HOLD = 4
    INTERRUPTED = 130


def of_verdict(verdict: Verdict) -> Exit:
    """The exit status of a verdict."""
    return {Verdict.SHIP: Exit.SHIP, Verdict.REJECT: Exit.REJECT, Verdict.HOLD: Exit.HOLD}[verdict]
