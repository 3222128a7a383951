"""Running checks: in the order of the catalogue, with a finding for everything that could not be asked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from touchstone.checks.check import Check
from touchstone.checks.context import Context, Need
from touchstone.checks.flagged import Flag, flags_of, shortened
from touchstone.checks.unasked import missing_need, unmeasured
from touchstone.core import catalogue
from touchstone.core.finding import Finding
from touchstone.core.progress import Progress, Silent

# What must be there first comes first in the reason that a finding gives.
_NEEDS = (Need.DATA, Need.MODELS, Need.BASES, Need.CANDIDATES, Need.ADAPTED, Need.TEST)


def run_checks(
    ids: Iterable[str],
    context: Context,
    available: Collection[Need],
    reasons: Mapping[Need, str],
    *,
    flagged: list[Flag] | None = None,
    progress: Progress | None = None,
) -> list[Finding]:
    """Every check's findings, at least one for each id; later checks read those of earlier ones.

    Parameters
    ----------
    ids : checks to run, in any order; they run in the order of the catalogue
    context : what the checks read; its own ``findings`` count as stated before the first check
    available : what the run has made
    reasons : why a missing need is missing, such as ``budget``; used in the finding that stands for the check
    flagged : filled with every example that a check points at, for flagged.csv; the findings themselves
        carry the first 1,000 each
    progress : where a bar is drawn

    Raises
    ------
    KeyError
        for an id that the catalogue does not know
    RuntimeError
        where a check stated nothing: silence is not a pass
    """
    rows = catalogue.rows()
    wanted = set(ids)
    if unknown := wanted - set(rows):
        raise KeyError(f"no such check: {', '.join(sorted(unknown))}")
    before = tuple(context.findings)
    found: list[Finding] = []
    memory: dict[Any, Any] = getattr(context, "memory", {})
    with (progress or Silent()).task("checks", len(wanted)) as bar:
        for row in rows.values():
            if row.id not in wanted:
                continue
            for finding in _ask(row, _with_findings(context, (*before, *found), memory), available, reasons):
                if flagged is not None:
                    flagged.extend(flags_of(finding))
                found.append(shortened(finding))
            bar.advance()
    return found


def _ask(
    row: catalogue.Row, context: Context, available: Collection[Need], reasons: Mapping[Need, str]
) -> Sequence[Finding]:
    if not row.measured:
        return list(unmeasured(row, context, available))
    check = row.load()
    missing = [need for need in _NEEDS if need in check.needs and need not in available]
    if missing:
        return list(missing_need(check, context, available, missing[0], reasons.get(missing[0])))
    stated = list(_stated(check, context))
    if not stated:
        raise RuntimeError(f"check {row.id} stated nothing")
    return stated


def _stated(check: Check, context: Context) -> Iterator[Finding]:
    for finding in check.run(context):
        if finding.check != check.id:
            raise RuntimeError(f"check {check.id} spoke for {finding.check}")
        yield finding


class _Later:
    """A context as a later check sees it: the same desk, with the findings so far."""

    def __init__(self, context: Context, findings: tuple[Finding, ...], memory: dict[Any, Any]) -> None:
        self._context = context
        self.findings = findings
        self.memory = memory
        """What one check worked out and others ask for again."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)


def _with_findings(context: Context, findings: tuple[Finding, ...], memory: dict[Any, Any]) -> Context:
    return cast(Context, _Later(context, findings, memory))
