"""Check ``govern.checkpoint``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from touchstone.checks.check import Check
from touchstone.checks.context import Context, Need
from touchstone.checks.words import listed
from touchstone.core.finding import FOR_INFORMATION, Finding, Severity, Status


@dataclass(frozen=True, slots=True)
class _Confirmation:
    """One thing that must be confirmed, and the checks whose findings confirm it."""

    name: str
    checks: tuple[str, ...]
    ask: str


_FIVE = (
    _Confirmation("licence", ("supply.license",), "have the base model's licence looked at"),
    _Confirmation("source", ("supply.provenance",), "say where the base model comes from and pin its revision"),
    _Confirmation("slices and shift", ("evaluate.slices", "evaluate.shift"), "declare slice columns (data.slices) and a shift set (data.shift)"),
    _Confirmation("transfer shown to help", ("compare.scratch", "compare.non_transfer"), "prove transfer against both references"),
    _Confirmation("limits documented", ("supply.documentation",), "write down training data and known limits of the base model"),
)  # fmt: skip


class Checkpoint(Check):
    """Are the five confirmations there? licence, source, slices and shift, transfer shown to help, limits documented.

    **Question.** Before anything is signed: is the licence known to allow this use, is the source known, was the
    model looked at by slice and under shift, was transfer shown to help, and are limits written down?

    **Method.** Reads the findings of `supply.license`, `supply.provenance`, `evaluate.slices` and `evaluate.shift`,
    `compare.scratch` and `compare.non_transfer`, and `supply.documentation`. A confirmation is there where all its
    findings pass, missing where one fails as a major or worse, and open where one is inconclusive, was not asked,
    or fails as a minor, as an empty card does in research. Missing: fail. Open: inconclusive. Slices and shift that
    the study does not declare do not make the confirmation missing, but leave it open. What a run mended, and what
    speaks of a base or recipe that will not ship, does not count.

    **Source.** The five confirmations are Touchstone's own contract.

    **Cannot see.** Whether what was confirmed is enough for this use: that is what the sign-off is for.
    """

    id: ClassVar[str] = "govern.checkpoint"
    thresholds: ClassVar[Mapping[str, float]] = {"confirmations": 5}
    needs: ClassVar[frozenset[Need]] = frozenset({Need.ADAPTED})

    def run(self, context: Context) -> Iterator[Finding]:
        assert context.chosen is not None, "an adapted model is among the needs"
        deciding = {one.name: _deciding(context, one) for one in _FIVE}
        states = {one.name: _state(one, deciding[one.name]) for one in _FIVE}
        failed = {name: _failed(findings) for name, findings in deciding.items()}
        asks = {one.name: _ask(one, failed[one.name], deciding[one.name]) for one in _FIVE}
        missing = [name for name, state in states.items() if state == "missing"]
        open_ = [name for name, state in states.items() if state == "open"]
        there = [name for name, state in states.items() if state == "there"]
        details: dict[str, Any] = {
            "confirmations": states,
            "failed": {name: list(checks) for name, checks in failed.items() if checks},
        }
        numbers: dict[str, Any] = {"value": float(len(there)), "threshold": float(len(_FIVE)), "n": len(_FIVE)}
        if missing:
            yield self.finding(
                "run", Status.FAIL, f"{len(there)} of five confirmations are there; missing: {listed([_told(name, failed[name]) for name in missing])}"
                + (f"; open: {listed(open_)}." if open_ else "."),
                remedy="; ".join(asks[name] for name in missing), **numbers, **details,
            )  # fmt: skip
        elif open_:
            yield self.finding(
                "run", Status.INCONCLUSIVE, f"{len(there)} of five confirmations are there; open: {listed(open_)}.",
                remedy="; ".join(asks[name] for name in open_), **numbers, **details,
            )  # fmt: skip
        else:
            yield self.finding(
                "run", Status.PASS, "All five confirmations are there: licence, source, slices and shift, transfer shown to help, limits documented.",
                **numbers, **details,
            )  # fmt: skip


def _deciding(context: Context, one: _Confirmation) -> list[Finding]:
    """Findings that speak of what would ship; those of another base or recipe, and mended ones, are passed over."""
    base = context.chosen.base if context.chosen is not None else None
    other_bases = {model.written for model in context.study.base_models} - {base}
    return [
        finding for finding in context.findings
        if finding.check in one.checks and FOR_INFORMATION not in finding.details and finding.subject not in other_bases
        and not (finding.severity is Severity.MINOR and finding.details.get("severity_unmended") not in (None, "minor"))
    ]  # fmt: skip


def _failed(findings: Sequence[Finding]) -> tuple[str, ...]:
    """The checks that failed as a major or worse, in the order of their findings."""
    return tuple(dict.fromkeys(finding.check for finding in findings if _weighs(finding)))


def _weighs(finding: Finding) -> bool:
    return finding.status is Status.FAIL and finding.severity not in (Severity.MINOR, Severity.INFO)


def _told(name: str, failed: Sequence[str]) -> str:
    """A missing confirmation, with the checks that failed for it."""
    return f"{name} ({' and '.join(f'`{check}`' for check in failed)} failed)"


def _ask(one: _Confirmation, failed: Sequence[str], findings: Sequence[Finding]) -> str:
    """What to do: what was looked at and failed, or was left open, is not to be asked for again."""
    if not failed:
        unasked = {finding.check for finding in findings if finding.status is Status.NOT_APPLICABLE}
        open_ = dict.fromkeys(finding.check for finding in findings if finding.status is Status.INCONCLUSIVE)
        looked_at = not unasked and bool(open_) and set(one.checks) == {finding.check for finding in findings}
        return (
            f"{one.name}: settle what {' and '.join(f'`{check}`' for check in open_)} left open"
            if looked_at
            else one.ask
        )
    return f"{one.name}: mend what {' and '.join(f'`{check}`' for check in failed)} found"


def _state(one: _Confirmation, findings: Sequence[Finding]) -> str:
    failed = [finding for finding in findings if finding.status is Status.FAIL]
    if any(map(_weighs, findings)):
        return "missing"
    asked = {finding.check for finding in findings if finding.status is Status.PASS}
    undecided = failed or any(finding.status is Status.INCONCLUSIVE for finding in findings)
    return "there" if not undecided and asked == set(one.checks) else "open"
