"""The ``touchstone`` command."""

from __future__ import annotations

import os
import sys
import traceback
from typing import Annotated

import typer

from touchstone.cli import assess, audit, checks, decide, demo, doctor, init, rank, registry, report, run, vet
from touchstone.cli.status import Exit
from touchstone.cli.terminal import clean, error_console
from touchstone.core.errors import InputError, MissingExtra, WorkerError

app = typer.Typer(
    name="touchstone",
    help="Adapt a pretrained model to your own labelled data, and hold the result against honest references.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(version("touchstone-ml"))
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Common to every verb."""


app.command()(demo.demo)
app.command()(init.init)
app.command()(run.run)
app.command()(assess.assess)
app.command()(vet.vet)
app.command()(audit.audit)
app.command()(rank.rank)
app.command()(report.report)
app.command()(checks.checks)
app.command()(decide.approve)
app.command()(decide.waive)
app.command()(decide.reject)
app.add_typer(registry.app)
app.command()(doctor.doctor)


def main() -> None:
    """Run a verb; every error becomes clear lines and an exit status."""
    # threads that wait for each other spin for milliseconds by default: on a busy machine that halves the speed
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
    console = error_console()
    try:
        app()
    except InputError as error:
        for fault in error.faults:
            console.print(f"[bold red]error:[/] {typer_escape(str(fault))}", highlight=False)
        sys.exit(Exit.INPUT)
    except MissingExtra as error:
        console.print(f"[bold red]error:[/] {typer_escape(str(error))}", highlight=False)
        sys.exit(Exit.INPUT)
    except WorkerError as error:
        console.print(f"[bold red]stopped:[/] {typer_escape(str(error))}", highlight=False)
        sys.exit(Exit.FAULT)
    except KeyboardInterrupt:
        console.print("interrupted; what is finished is kept, the same command goes on from there", highlight=False)
        sys.exit(Exit.INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(Exit.FAULT)
    except Exception:
        console.print("[bold red]This is a fault of Touchstone itself, not of your data:[/]", highlight=False)
        console.print(clean(traceback.format_exc()), markup=False, highlight=False)
        sys.exit(Exit.FAULT)


def typer_escape(text: str) -> str:
    """Text from outside, safe for the terminal and for markup."""
    from rich.markup import escape

    return escape(clean(text))
