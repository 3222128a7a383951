"""``touchstone audit DATA...``: only the data findings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from touchstone.cli.options import Json, Out
from touchstone.cli.terminal import TerminalProgress, error_console
from touchstone.cli.verdict import show

if TYPE_CHECKING:
    from touchstone.study.model import Study


def audit(
    data: Annotated[
        list[Path],
        typer.Argument(
            metavar="DATA...", help="One set, or train \\[validation] test in this order; or a study file.",
            show_default=False,
        ),
    ],
    task: Annotated[str | None, typer.Option(help="image-, text- or tabular-classification; guessed if absent.")] = None,
    input_column: Annotated[str | None, typer.Option("--input", metavar="COLUMN", help="Column of inputs.")] = None,
    label: Annotated[str | None, typer.Option(metavar="COLUMN", help="Column of labels.")] = None,
    group: Annotated[str | None, typer.Option(metavar="COLUMN", help="Column of subjects or sources.")] = None,
    time: Annotated[str | None, typer.Option(metavar="COLUMN", help="Column of dates.")] = None,
    slices: Annotated[str | None, typer.Option(metavar="COLUMNS", help="Columns to slice by, with commas.")] = None,
    unlabelled: Annotated[Path | None, typer.Option(metavar="DATA", help="A sample of what deployment sees.")] = None,
    as_json: Json = False,
    out: Out = None,
) -> None:  # fmt: skip
    """Ask only the data: copies, leaks, give-aways, wrong labels, personal data, coverage, size."""
    from touchstone.pipeline.audit import audit as audit_study
    from touchstone.study.model import Columns
    from touchstone.study.paths import study_of_paths

    if len(data) == 1 and data[0].suffix.lower() in (".yaml", ".yml"):
        _refuse_options(data[0], task, input_column, label, group, time, slices, unlabelled)
        study = _read(data[0])
    else:
        named = tuple(name.strip() for name in (slices or "").split(",") if name.strip())
        columns = Columns(input_column, label, group, time)
        study = study_of_paths(data, task=task, columns=columns, slices=named, unlabelled=unlabelled)
        if input_column is None and study.data.columns.input is not None:
            taken = escape(f"the column {study.data.columns.input!r} was taken as the input (by what it holds)")
            error_console().print(f"{taken}; name another with --input, or --task tabular-classification")
    result = audit_study(study, out=out, progress=TerminalProgress(error_console()))
    raise typer.Exit(show(result.evidence, as_json=as_json, text=result.text, folder=result.folder))


def _read(path: Path) -> Study:
    from touchstone.study.parse import parse

    return parse(path)


def _refuse_options(path: Path, *options: object) -> None:
    from touchstone.core.errors import Fault, StudyError

    if any(option is not None for option in options):
        raise StudyError(Fault(str(path), "a study file says all of that itself", "leave the other options away"))
