"""How evidence is shown at the end of a verb: as JSON for machines, as a short page for people."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from touchstone.cli.status import Exit, of_verdict
from touchstone.cli.terminal import clean
from touchstone.core.finding import Verdict

_COLOUR = {"ship": "green", "hold": "yellow", "reject": "red"}
_MARK = {
    "pass": "[green]pass[/]",
    "fail": "[red]fail[/]",
    "inconclusive": "[yellow]in doubt[/]",
    "not_applicable": "[dim]n/a[/]",
}
_GRAVITY = ("blocker", "major", "minor", "info")


def show(evidence: Mapping[str, Any], *, as_json: bool, text: str, folder: Path | None) -> Exit:
    """Print evidence and return the exit status of its verdict."""
    if as_json:
        sys.stdout.write(text)
    else:
        _page(evidence, folder)
    return of_verdict(Verdict(evidence["verdict"]))


def _page(evidence: Mapping[str, Any], folder: Path | None) -> None:
    console = Console(soft_wrap=False)
    verdict = evidence["verdict"]
    if evidence["bases"]:
        _bases(console, evidence)
    if evidence["comparison"]:
        _comparison(console, evidence)
    _findings(console, evidence)
    console.print()
    console.print(f"[bold {_COLOUR[verdict]}]{verdict.upper()}[/]{escape(clean(_why(evidence)))}")
    if folder is not None and (folder / "report.html").exists():
        console.print(f"report: {escape(str(folder / 'report.html'))}", soft_wrap=True, highlight=False)


def _why(evidence: Mapping[str, Any]) -> str:
    """What stands behind the verdict; a verb that made no model ships nothing and says so."""
    if evidence["reasons"]:
        return f"  because of {', '.join(evidence['reasons'])}"
    return "" if evidence["comparison"] else "  as far as was asked: nothing stands against it, and no model was made"


def _bases(console: Console, evidence: Mapping[str, Any]) -> None:
    table = Table(title="Base models", title_justify="left", box=None, pad_edge=False)
    for heading in ("rank", "base", "frozen probe", "interval", ""):
        table.add_column(heading)
    for base in evidence["bases"]:
        table.add_row(str(base["rank"]), escape(clean(base["base"])), _number(base["score"]), _interval(base["interval"]),
                      "chosen" if base["chosen"] else "")  # fmt: skip
    console.print(table)


def _comparison(console: Console, evidence: Mapping[str, Any]) -> None:
    rows = [row for row in evidence["comparison"] if row["split"] == "test"]
    if not rows:
        return
    metric = rows[0]["metric"]
    chosen = (evidence["chosen"] or {}).get("candidate")
    table = Table(title=f"On the sealed test set: {metric}", title_justify="left", box=None, pad_edge=False)
    for heading in ("candidate", metric, "interval", ""):
        table.add_column(heading)
    for row in sorted((row for row in rows if row["metric"] == metric), key=lambda row: row["value"] or 0):
        table.add_row(escape(clean(row["candidate"])), _number(row["value"]), _interval(row["interval"]),
                      "chosen" if row["candidate"] == chosen else "")  # fmt: skip
    console.print(table)


def _findings(console: Console, evidence: Mapping[str, Any]) -> None:
    worth = [
        finding
        for finding in evidence["findings"]
        if finding["status"] == "fail"
        or (finding["status"] == "inconclusive" and finding["severity"] in ("blocker", "major"))
    ]
    order = {"fail": 0, "inconclusive": 1}
    worth.sort(key=lambda f: (order[f["status"]], _GRAVITY.index(f["severity"])))
    passed = sum(finding["status"] == "pass" for finding in evidence["findings"])
    console.print()
    for finding, others in _together(worth):
        also = f" [dim]and, for the same reason,[/] {escape(', '.join(others))}" if others else ""
        console.print(f"{_MARK[finding['status']]} [bold]{finding['severity']}[/] {escape(finding['check'])} "
                      f"[dim]{escape(clean(finding['subject']))}[/]{also}", highlight=False)  # fmt: skip
        console.print(f"    {escape(clean(finding['statement']))}", highlight=False)
        if finding["remedy"] and finding["status"] == "fail":
            console.print(f"    [dim]mend:[/] {escape(clean(finding['remedy']))}", highlight=False)
    console.print(f"{passed} findings passed, {len(evidence['findings'])} in all", highlight=False)


def _together(findings: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], list[str]]]:
    """Findings in their order, those that say the very same of the same subject as one with the others' checks."""
    same: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for finding in findings:
        key = tuple(str(finding[part]) for part in ("status", "severity", "subject", "statement"))
        same.setdefault(key, []).append(finding)
    for first, *rest in same.values():
        yield first, [finding["check"] for finding in rest]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _interval(pair: list[float] | None) -> str:
    return "" if not pair else f"{pair[0]:.3f} to {pair[1]:.3f}"
