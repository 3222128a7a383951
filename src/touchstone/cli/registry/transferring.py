"""Verifying the log, and carrying it elsewhere."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from touchstone.cli.options import AnswerJson, RegistryAt
from touchstone.cli.registry import shown
from touchstone.cli.registry.shown import As, Role
from touchstone.cli.status import Exit


def verify(
    quick: Annotated[bool, typer.Option("--quick", help="Leave out rebuilding the tables from the log.")] = False,
    against: Annotated[
        list[Path] | None,
        typer.Option(
            "--against", metavar="FILE", help="A checkpoint kept elsewhere; may be repeated.", show_default=False
        ),
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option("--key", metavar="FILE", help="Public key that must have signed it.", show_default=False),
    ] = None,
    registry: RegistryAt = None,
    as_json: AnswerJson = False,
) -> None:
    """Read the whole log and hold everything against it: chain, bodies, tables, and checkpoints kept elsewhere.

    The exit status is 0 for a log that is whole and 3 for one that is not.
    """
    from touchstone.pipeline import registered
    from touchstone.registry import witness
    from touchstone.registry.verify import verify as verify_log

    with registered.opened(registry) as book:
        kept = [witness.read(path, book, key) for path in against or ()]
        found = verify_log(book, tables=not quick, witnesses=kept)
    if as_json:
        shown.emit({"registry": str(book.store.place), **found.as_data()})
    else:
        for fault in found.faults:
            shown.line(f"broken: {fault}")
        shown.line(f"{found.events:,} events in {found.seconds:.1f} s; head {found.head[:16]}")
        trusted = (
            f"up to event {found.trusted_to:,}, since {found.trusted_since}"
            if found.trusted_since
            else "by no checkpoint yet"
        )
        shown.line(f"vouched for {trusted}")
        shown.line("the log is whole" if found.whole else "the log is NOT whole")
    raise typer.Exit(Exit.SHIP if found.whole else Exit.REJECT)


def checkpoint(
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Where to; printed where absent.", show_default=False)] = None,
    sign: Annotated[
        Path | None, typer.Option("--sign", metavar="KEY", help="Sign it with a private key, in PEM or OpenSSH form.", show_default=False)
    ] = None,
    registry: RegistryAt = None,
) -> None:  # fmt: skip
    """Write where the log ends now, for somebody else to keep: later, verify --against holds the log against it."""
    from touchstone.pipeline import registered
    from touchstone.registry import witness

    with registered.opened(registry) as book:
        shown.text(witness.made(book, sign), out)


def export(
    run: Annotated[
        Path | None, typer.Argument(metavar="RUN", help="A run, to be written as a Hugging Face folder.", show_default=False)
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="PATH", help="Where to; a log goes to standard output where absent.", show_default=False),
    ] = None,
    people: Annotated[bool, typer.Option("--people", help="A log with the names and keys of people.")] = False,
    anyway: Annotated[bool, typer.Option("--anyway", help="A run that may not be handed on, too; its card will tell.")] = False,
    who: As = None,
    registry: RegistryAt = None,
    as_json: AnswerJson = False,
) -> None:  # fmt: skip
    """Write the whole log as lines of JSON; or a run as a Hugging Face folder, where its verdict permits."""
    if run is not None:
        if out is None:
            raise typer.BadParameter("name the folder to write", param_hint="--out")
        _export_run(run, out, anyway, who, registry, as_json)
        return
    if as_json or anyway:
        raise typer.BadParameter("these options are for the export of a RUN", param_hint="RUN")
    from touchstone.core import atomic
    from touchstone.core.errors import Fault, RegistryError
    from touchstone.pipeline import registered
    from touchstone.registry.transfer import lines

    with registered.opened(registry) as book:
        if out is None:
            sys.stdout.writelines(lines(book, people=people))
            return
        try:
            with atomic.writing(out) as temporary, temporary.open("w", encoding="utf-8") as file:
                file.writelines(lines(book, people=people))
        except OSError as fault:
            raise RegistryError(Fault(str(out), f"cannot be written ({fault.strerror})")) from fault


def _export_run(run: Path, out: Path, anyway: bool, who: str | None, registry: str | None, as_json: bool) -> None:
    from dataclasses import asdict

    from touchstone.pipeline.handing_on import hand_on

    made = hand_on(run, out, anyway=anyway, who=who, registry=registry)
    if as_json:
        shown.emit(asdict(made))
        return
    for reason in made.against:
        shown.line(f"handed on although {reason}")
    shown.line(f"{made.folder}: {', '.join(made.files)}")


def import_(
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="An exported log.", show_default=False)] = None,
    mlflow: Annotated[
        str | None, typer.Option("--mlflow", metavar="URL", help="Or the address of an MLflow server.", show_default=False)
    ] = None,
    role: Role = "steward",
    who: As = None,
    registry: RegistryAt = None,
    as_json: AnswerJson = False,
) -> None:  # fmt: skip
    """Take in what an exported log has beyond this one, all or nothing; or the registered models of an MLflow server."""
    if (file is None) == (mlflow is None):
        raise typer.BadParameter("name an exported log, or a server with --mlflow", param_hint="FILE")
    if mlflow is not None:
        _import_models(mlflow, who, role, registry, as_json)
        return
    from touchstone.core.errors import Fault, RegistryError
    from touchstone.pipeline import registered
    from touchstone.registry.transfer import take_in

    assert file is not None, "one of the two was given"
    try:
        with registered.opened(registry, create=True) as book, file.open(encoding="utf-8", errors="replace") as source:
            added = take_in(book, source, str(file))
    except OSError as fault:
        raise RegistryError(Fault(str(file), f"cannot be read ({fault.strerror})")) from fault
    if as_json:
        shown.emit({"registry": str(book.store.place), "added": added})
    else:
        shown.line(f"{added} events taken in")


def _import_models(address: str, who: str | None, role: str, registry: str | None, as_json: bool) -> None:
    from dataclasses import asdict

    from touchstone.cli.terminal import TerminalProgress, error_console
    from touchstone.pipeline.account import account
    from touchstone.pipeline.publishing import take_in

    found = take_in(address, who or account(), role, registry, TerminalProgress(error_console()))
    if as_json:
        shown.emit(asdict(found))
        return
    shown.line(f"{found.versions:,} versions and {found.runs:,} runs taken in; {found.known:,} versions were known")
    shown.line(f"{found.pointers:,} aliases and stages are new or point elsewhere now; {found.ended:,} ended")


def push(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The output folder of a run.", show_default=False)],
    mlflow: Annotated[str, typer.Option("--mlflow", metavar="URL", help="The address of an MLflow server.", show_default=False)],
    to: Annotated[
        str, typer.Option("--to", metavar="VERSION", help="NAME/VERSION or NAME@ALIAS there.", show_default=False)
    ],
    link: Annotated[str, typer.Option("--link", metavar="URL", help="Where the report can be read.", show_default=False)] = "",
    who: As = None,
    registry: RegistryAt = None,
    as_json: AnswerJson = False,
) -> None:  # fmt: skip
    """Write a run's verdict, as it is today, and where its report is onto a version of an MLflow server, as tags."""
    from dataclasses import asdict

    from touchstone.pipeline import publishing
    from touchstone.pipeline.account import account

    told = publishing.push(run, mlflow, to, link, who or account(), registry)
    if as_json:
        shown.emit(asdict(told))
        return
    shown.table(f"{told.version} at {told.server}", ("tag", "value"), list(told.tags.items()))
