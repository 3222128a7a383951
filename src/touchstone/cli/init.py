"""``touchstone init DATA``: look at the data, write a commented study to edit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def init(
    data: Annotated[
        Path, typer.Argument(metavar="DATA", help="A folder per class, a zip, or a table.", show_default=False)
    ],
    base: Annotated[
        list[str] | None,
        typer.Option("--base", metavar="MODEL", help="A candidate base model; repeat for more.", show_default=False),
    ] = None,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where the study file goes.")] = Path("study.yaml"),
) -> None:
    """Look at the data and write a commented study file to edit."""
    from touchstone.core import atomic
    from touchstone.core.errors import Fault, InputError
    from touchstone.study.draft import draft

    if out.exists():
        raise InputError(Fault(str(out), "there is a file already", "name another with --out, or remove it"))
    atomic.write_text(out, draft(data, base or [], folder=out.parent))
    print(out)
