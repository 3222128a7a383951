"""``touchstone vet MODEL``: only the supply-chain and licence findings of a base model."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from touchstone.cli.options import Json, Out
from touchstone.cli.status import Exit
from touchstone.cli.terminal import TerminalProgress, error_console
from touchstone.cli.verdict import show

Model = Annotated[
    str,
    typer.Argument(metavar="MODEL", help="A folder, a file, a zip, or org/name@<40 hex digits>.", show_default=False),
]
UseOption = Annotated[
    str, typer.Option("--use", metavar="USE", help="research, internal, commercial or redistribution.")
]
Trust = Annotated[
    bool, typer.Option("--trust", help="Accept this model as it is now, also where it changed since first use.")
]
Sign = Annotated[
    Path | None,
    typer.Option("--sign", metavar="KEY", help="Sign your own model with a private key in PEM.", show_default=False),
]
SelfTest = Annotated[
    bool, typer.Option("--self-test", help="Show that the readers stop known attacks on this machine.")
]


def vet(
    model: Model = "",
    use: UseOption = "research",
    trust: Trust = False,
    sign: Sign = None,
    self_test: SelfTest = False,
    as_json: Json = False,
    out: Out = None,
) -> None:
    """Say whether a base model can be trusted: its files, its source, its licence, its papers. Nothing in it is run."""
    if self_test:
        raise typer.Exit(_self_test(as_json))
    if not model:
        raise typer.BadParameter("name a model, or ask for --self-test", param_hint="MODEL")
    from touchstone.pipeline.vetting import vet as vet_model

    progress = TerminalProgress(error_console())
    result = vet_model(model, use=use, trust=trust, sign=sign, out=out, progress=progress)
    raise typer.Exit(show(result.evidence, as_json=as_json, text=result.text, folder=result.folder))


def _self_test(as_json: bool) -> Exit:
    from touchstone.pipeline.self_test import self_test

    trials = self_test()
    if as_json:
        sys.stdout.write(json.dumps({"self_test": [trial.as_data() for trial in trials]}, indent=2) + "\n")
    else:
        for trial in trials:
            print(f"{'ok' if trial.passed else 'FAILED':6} {trial.name}: {trial.saw}")
    return Exit.SHIP if all(trial.passed for trial in trials) else Exit.FAULT
