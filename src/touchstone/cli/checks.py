"""``touchstone checks``: the catalogue, and one check explained."""

from __future__ import annotations

import inspect
import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from touchstone.core import catalogue
from touchstone.core.errors import Fault, InputError


def checks(
    check: Annotated[
        str | None, typer.Argument(metavar="ID", help="A check to explain, such as data.leakage.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON on standard output.")] = False,
) -> None:
    """List the checks with severities and thresholds; explain one by its ID."""
    rows = catalogue.rows()
    if check is None:
        _list(rows, as_json)
        return
    if check not in rows:
        from difflib import get_close_matches

        near = get_close_matches(check, rows, n=1, cutoff=0.0)
        raise InputError(Fault("", f"there is no check {check!r}", f"did you mean {near[0]}?"))
    _explain(rows[check], as_json)


def _plain(row: catalogue.Row) -> dict[str, object]:
    thresholds = dict(row.load().thresholds) if row.measured else {}
    return {"id": row.id, "severity": row.severity.value, "severity_note": row.severity_note, "question": row.question,
            "measured": row.measured, "thresholds": thresholds}  # fmt: skip


def _list(rows: dict[str, catalogue.Row], as_json: bool) -> None:
    if as_json:
        print(json.dumps([_plain(row) for row in rows.values()], indent=2))
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("check", "severity of a fail", "asks", "thresholds"):
        table.add_column(heading)
    for row in rows.values():
        note = f"; {row.severity_note}" if row.severity_note else ""
        thresholds = (
            ", ".join(f"{name} {value:g}" for name, value in row.load().thresholds.items())
            if row.measured
            else "[dim]not measured yet[/]"
        )
        table.add_row(row.id, row.severity.value + note, row.question, thresholds)
    Console().print(table)


def _explain(row: catalogue.Row, as_json: bool) -> None:
    text = (
        inspect.getdoc(type(row.load()))
        if row.measured
        else "This version names the check and does not measure it yet."
    )
    if as_json:
        print(json.dumps({**_plain(row), "explanation": text}, indent=2))
        return
    console = Console()
    console.print(f"[bold]{row.id}[/]: {row.question}", highlight=False)
    note = f" ({row.severity_note})" if row.severity_note else ""
    console.print(f"severity of a fail: {row.severity.value}{note}\n", highlight=False)
    console.print(text, markup=False, highlight=False)
