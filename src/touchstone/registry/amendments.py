"""Bounds that were changed after the test set had been opened: what they were at the first opening."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from touchstone.registry.lineage import Known, facts, find, links
from touchstone.registry.store import Session

Bounds = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Amendment:
    """One metric's bounds, before and after."""

    metric: str
    before: Bounds
    now: Bounds
    """Empty where the bound was taken out."""
    eased: bool
    """Whether something passes now that would not have passed before."""


def of_run(session: Session, run: Known) -> tuple[Amendment, ...]:
    """Every bound of a run's plan that is not what it was when its test set was opened for the first time."""
    plan = next((one["to"] for one in links(session, run) if one["relation"] == "executes" and "to" in one), None)
    if plan is None:
        return ()
    this = find(session, plan)
    first, seen = this, {this.id}
    while earlier := _amended(session, first):
        if earlier in seen:
            break
        seen.add(earlier)
        first = find(session, earlier)
    if first.id == this.id:
        return ()
    now, before = facts(session, this)["require"] or {}, facts(session, first)["require"] or {}
    return tuple(
        Amendment(
            metric, before.get(metric, ()), now.get(metric, ()), _is_eased(before.get(metric, ()), now.get(metric, ()))
        )
        for metric in dict.fromkeys((*before, *now))
        if before.get(metric) != now.get(metric)
    )


def _amended(session: Session, plan: Known) -> str | None:
    return next((str(one["to"]) for one in links(session, plan) if one["relation"] == "amends" and "to" in one), None)


def _is_eased(before: Bounds, now: Bounds) -> bool:
    """Whether one of the bounds before is not implied by those of now."""
    return any(not any(_implies(new, old) for new in now) for old in before)


def _implies(new: Mapping[str, Any], old: Mapping[str, Any]) -> bool:
    if new.get("on") != old.get("on"):
        return False
    low = old.get("min") is None or (new.get("min") is not None and new["min"] >= old["min"])
    high = old.get("max") is None or (new.get("max") is not None and new["max"] <= old["max"])
    return low and high
