"""Check ``supply.provenance``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from touchstone.checks.check import Check
from touchstone.checks.context import Context, Need
from touchstone.checks.supply.subjects import NOT_AT_HAND, bases
from touchstone.core.finding import Finding, Status
from touchstone.supply import provenance
from touchstone.supply.provenance import Level
from touchstone.supply.vetted import Vetted

_HERE = ("research", "internal")
_SHOWN = {
    Level.BYTES: "its bytes alone are known",
    Level.PINNED: "source and revision are pinned",
    Level.PUBLISHER: "source and revision are pinned and the publisher is trusted here",
    Level.SIGNED: "source and revision are pinned and somebody trusted here signed the files",
}


class Provenance(Check):
    """Who published it, and can that be shown?

    **Question.** Do we know where the base model comes from, in a way that nobody can move under our feet?

    **Method.** A level is worked out from T0 (bytes alone) over T1 (source and an immutable revision, and the bytes
    pinned since first use) and T2 (also a publisher on the list of the state folder, and the licence text) to T3
    (also a trusted signature). A source without an immutable revision (40 or 64 hex digits) fails, and so does a
    publisher or source that changed since first use. A local folder that names no source is inconclusive in
    research and internal use and fails beyond. The revision of a local folder is recorded and not checked: no
    network is used.

    **Source.** Levels after SLSA; the danger of a re-registered name: Unit 42, "Model Namespace Reuse" (2025).

    **Cannot see.** Whether what a study states about a local folder is true; only a signature shows that.
    """

    id: ClassVar[str] = "supply.provenance"
    thresholds: ClassVar[Mapping[str, float]] = {"level": 1}
    needs: ClassVar[frozenset[Need]] = frozenset({Need.MODELS})

    def run(self, context: Context) -> Iterator[Finding]:
        for vetted in bases(context):
            yield self._judged(vetted, context.study.intended_use.use)

    def _judged(self, vetted: Vetted, use: str) -> Finding:
        found: provenance.Provenance | None = vetted.provenance
        if found is None:
            return self.finding(vetted.written, Status.INCONCLUSIVE, NOT_AT_HAND, remedy="give a folder that is there")
        status, statement, remedy = _verdict(found, use)
        return self.finding(
            vetted.written, status, statement, remedy=remedy,
            value=float(found.level[1:]), threshold=1.0, n=1, **_details(found),
        )  # fmt: skip


def _verdict(found: provenance.Provenance, use: str) -> tuple[Status, str, str | None]:
    if found.alarms:
        what = ", ".join(alarm.what for alarm in found.alarms)
        return (
            Status.FAIL,
            f"Since first use {what}.",
            (
                "find out why: a name can be taken over by others; if it is right, accept it with `touchstone vet MODEL --trust`"
            ),
        )
    state_it = "state `source` and `revision` (all 40 digits of the commit) beside `path` in the study"
    if found.source is None:
        if use in _HERE:
            return Status.INCONCLUSIVE, "A local folder that names no source: who published it is not known.", state_it
        return (
            Status.FAIL,
            f"A local folder that names no source cannot be shown to anybody: not enough for {use} use.",
            state_it,
        )
    if not found.is_pinned:
        what = f"revision {found.revision!r}, which can be moved" if found.revision else "no revision"
        return (
            Status.FAIL,
            f"The source {found.source} is named with {what}.",
            ("name the commit: org/name@<40 hex digits>" if not found.is_local else state_it),
        )
    who = f", published by {found.publisher}" if found.publisher else ""
    remedy = None
    if found.level < found.wanted:
        remedy = (
            f"level {found.wanted} is advised for {use} use: put the publisher on the list and ship the licence's text"
        )
    return (
        Status.PASS,
        f"Source {found.source} at {_short(found.revision)}{who}: {_SHOWN[found.level]} (level {found.level}).",
        remedy,
    )


def _short(revision: str | None) -> str:
    return (revision or "")[:12]


def _details(found: provenance.Provenance) -> dict[str, Any]:
    return {
        "level": str(found.level),
        "wanted": str(found.wanted),
        "source": found.source,
        "revision": found.revision,
        "revision_checked": False,
        "publisher": found.publisher,
        "publisher_from": found.publisher_from,
        "signer": found.signer,
        "alarms": [alarm.what for alarm in found.alarms],
    }
