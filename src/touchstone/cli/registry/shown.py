"""How the registry's answers are printed: one JSON object for machines, tables for people."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from touchstone.cli.terminal import clean

Entry = Annotated[
    str,
    typer.Argument(
        metavar="ENTRY",
        help="An id or the beginning of its digits, a name, or the folder of a run.",
        show_default=False,
    ),
]
As = Annotated[
    str | None,
    typer.Option("--as", metavar="NAME", help="Who acts; your account's name where absent.", show_default=False),
]
Role = Annotated[str, typer.Option("--role", metavar="ROLE", help="The role in which you act.")]


def emit(answer: Mapping[str, Any]) -> None:
    """Print an answer for machines."""
    from touchstone.pipeline.registered import SCHEMA

    sys.stdout.write(json.dumps({"schema": SCHEMA, **answer}, indent=2) + "\n")


def table(title: str, headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table for people; nothing in it can command the terminal."""
    found = [[safe(cell) for cell in row] for row in rows]
    line(title)
    laid = Table(box=None, pad_edge=False)
    for heading in headings:
        laid.add_column(heading, overflow="fold")
    for row in found:
        laid.add_row(*row)
    if not found:
        laid.add_row("(none)", *[""] * (len(headings) - 1))
    Console().print(laid)


def safe(cell: object) -> str:
    """One cell."""
    return escape(clean("" if cell is None else str(cell)).replace("\n", " ").replace("\t", " "))


def line(text: str) -> None:
    """Print a line for people."""
    Console(soft_wrap=True).print(escape(clean(text)), highlight=False)


def short(id: str) -> str:
    """The first digits of an id, enough to name it again."""
    kind, _, digits = id.partition(":")
    return f"{kind}:{digits[:12]}"


def text(written: str, out: Path | None) -> None:
    """Print a page, or write it to a file, whole or not at all."""
    from touchstone.core import atomic
    from touchstone.core.errors import Fault, InputError

    if out is None:
        sys.stdout.write(clean(written))
        return
    try:
        atomic.write_text(out, written)
    except OSError as fault:
        raise InputError(Fault(str(out), f"cannot be written ({fault.strerror})")) from fault
    line(str(out))
