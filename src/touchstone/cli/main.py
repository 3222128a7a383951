"""The ``touchstone`` command."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from touchstone.cli import assess, audit, checks, decide, demo, doctor, init, rank, registry, report, run, vet
from touchstone.cli.status import Exit
from touchstone.cli.terminal import clean, error_console
from touchstone.core.errors import InputError, MissingExtra, WorkerError

if TYPE_CHECKING:
    from rich.console import Console

_OUTSIDE = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.ENOTDIR, errno.EISDIR})
"""What a file system refuses: not ours to mend."""

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
    except OSError as error:
        if error.errno not in _OUTSIDE:
            _fault_of_ours(console)
        where = f"{error.filename}: " if error.filename else ""
        told = f"{where}{(error.strerror or 'cannot be used').lower()}; mend that and run the same command again: what is finished is kept"
        console.print(f"[bold red]error:[/] {typer_escape(told)}", highlight=False)
        sys.exit(Exit.INPUT)
    except Exception:
        _fault_of_ours(console)


def _fault_of_ours(console: Console) -> NoReturn:
    console.print("[bold red]This is a fault of Touchstone itself, not of your data:[/]", highlight=False)
    console.print(clean(traceback.format_exc()), markup=False, highlight=False)
    sys.exit(Exit.FAULT)


def typer_escape(text: str) -> str:
    """Text from outside, safe for the terminal and for markup."""
    from rich.markup import escape

    return escape(clean(text))
