"""Check ``cost.energy``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from touchstone.checks.check import Check
from touchstone.checks.context import Context, Need
from touchstone.core.finding import Finding, Severity, Status
from touchstone.core.interval import Interval
from touchstone.core.measures import Candidate


class Energy(Check):
    """What did it cost, and what did transfer save?

    **Question.** How much time, energy and carbon did this run take, is that within the study's budget, and what
    would training from scratch have taken?

    **Method.** Hardware energy counters where they can be read (right to -10/+30 %: power supply, fans and the rest
    of the machine are left out), else CPU time at an assumed draw, marked as an estimate (-50/+100 %). A fail
    (minor) where the value read is over the study's energy budget, or the run took longer than its minutes.
    Training from scratch is billed beside it; where it was stopped early the saving is at least what is told.

    **Source.** Fischer (2025) on the error of such tools against wall meters.

    **Cannot see.** What pretraining the base model cost, and the energy of the machine that will serve.
    """

    id: ClassVar[str] = "cost.energy"
    thresholds: ClassVar[Mapping[str, float]] = {"share_of_budget": 1.0, "minutes_slack": 1.1}

    needs: ClassVar[frozenset[Need]] = frozenset()

    def run(self, context: Context) -> Iterator[Finding]:
        budget = context.study.adapt.budget
        seconds = float(context.energy.get("seconds") or sum(stage.seconds for stage in context.stages))
        used = context.energy.get("energy_wh")
        details: dict[str, Any] = {
            "seconds": seconds, "stages": {stage.name: stage.seconds for stage in context.stages},
            "carbon_g": context.energy.get("carbon_g"), "method": context.energy.get("method"),
            "measured": context.energy.get("measured"), "transfer_saved": context.energy.get("saved"), **_saved(context),
        }  # fmt: skip
        took = f"The run took {seconds / 60:,.1f} minutes"
        saved = _saving(context)
        late = budget.minutes is not None and seconds > self.thresholds["minutes_slack"] * budget.minutes * 60
        if used is None:
            yield self._unknown(took, budget.minutes, late, details, asked=budget.energy_wh is not None)
            return
        low, high = (float(context.energy.get(key, used)) for key in ("low_wh", "high_wh"))
        how = "measured" if context.energy.get("measured") else "estimated"
        cost = f"{took} and {float(used):,.2f} Wh ({how}; between {low:,.2f} and {high:,.2f})"
        numbers: dict[str, Any] = {
            "value": float(used),
            "interval": Interval(min(low, float(used)), max(high, float(used))),
            "threshold": budget.energy_wh,
        }
        over = budget.energy_wh is not None and float(used) > budget.energy_wh
        if over or late:
            why = f"{budget.energy_wh:g} Wh were allowed" if over else f"{budget.minutes:g} minutes were allowed"
            yield self.finding(
                "run", Status.FAIL, f"{cost}; {why}.{saved}", severity=Severity.MINOR,
                remedy="fewer seeds, fewer candidate bases or a smaller base model cost less; or raise the budget", **numbers, **details,
            )  # fmt: skip
            return
        yield self.finding("run", Status.PASS, f"{cost}.{saved}", **numbers, **details)

    def _unknown(self, took: str, minutes: float | None, late: bool, details: dict[str, Any], asked: bool) -> Finding:
        if late:
            return self.finding(
                "run", Status.FAIL, f"{took}; {minutes:g} minutes were allowed. Its energy is not known.", severity=Severity.MINOR,
                remedy="fewer seeds, fewer candidate bases or a smaller base model cost less; or raise the budget", **details,
            )  # fmt: skip
        return self.finding(
            "run", Status.INCONCLUSIVE, f"{took}; how much energy that was is not known on this machine.",
            severity=Severity.MINOR if asked else Severity.INFO,
            remedy="run it where energy counters can be read (Linux powercap), or measure at the wall", **details,
        )  # fmt: skip


def _saved(context: Context) -> dict[str, Any]:
    scratch, chosen = context.reference("scratch"), context.chosen
    if scratch is None or chosen is None:
        return {}
    return {
        "chosen_seconds": chosen.cost.seconds, "scratch_seconds": scratch.cost.seconds,
        "chosen_wh": chosen.cost.energy_wh, "scratch_wh": scratch.cost.energy_wh,
        "scratch_stopped_early": scratch.decided_early is not None,
    }  # fmt: skip


def _saving(context: Context) -> str:
    scratch, chosen = context.reference("scratch"), context.chosen
    if scratch is None or chosen is None or not _worth_telling(chosen, scratch):
        return ""
    least = "at least " if scratch.decided_early is not None or scratch.undertrained else ""
    return (
        f" Training the chosen model took {chosen.cost.seconds:,.0f} seconds; training from scratch, which it is held against, took "
        f"{least}{scratch.cost.seconds:,.0f}."
    )


def _worth_telling(chosen: Candidate, scratch: Candidate) -> bool:
    return chosen.kind == "adapted" and chosen.cost.seconds > 0 and scratch.cost.seconds > 0
