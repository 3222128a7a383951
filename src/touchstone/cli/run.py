"""``touchstone run STUDY``: the main job."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from touchstone.cli.options import Fresh, Json, Out
from touchstone.cli.status import Exit
from touchstone.cli.terminal import TerminalProgress, clean, error_console
from touchstone.cli.verdict import show

StudyOrNone = Annotated[
    Path | None, typer.Argument(metavar="STUDY", help="The study file, usually study.yaml.", show_default=False)
]
ReplayOption = Annotated[
    Path | None,
    typer.Option(
        "--replay", metavar="RUN", help="Run a finished run again and compare, in place of a study.", show_default=False
    ),
]


def run(
    study: StudyOrNone = None, as_json: Json = False, out: Out = None, fresh: Fresh = False, replay: ReplayOption = None
) -> None:
    """Vet, audit, rank, adapt, evaluate, decide, record; goes on by itself if it was interrupted."""
    if (study is None) == (replay is None):
        raise typer.BadParameter("name a study, or a finished run with --replay", param_hint="STUDY")
    if replay is not None:
        raise typer.Exit(_replay(replay, as_json))
    assert study is not None, "one of both is given"
    from touchstone.pipeline.run import run as run_study
    from touchstone.study.parse import parse

    result = run_study(parse(study), out=out, fresh=fresh, progress=TerminalProgress(error_console()))
    raise typer.Exit(show(result.evidence, as_json=as_json, text=result.text, folder=result.folder))


def _replay(folder: Path, as_json: bool) -> Exit:
    """Whether the recorded evidence came out again: 0, or 4 where something differs."""
    from touchstone.pipeline.replay import replay

    found = replay(folder, progress=TerminalProgress(error_console()))
    if as_json:
        sys.stdout.write(json.dumps(found.as_data(), indent=2) + "\n")
    else:
        for one in found.differences:
            print(clean(f"differs: {one.where}: {one.was!r} was, {one.now!r} is"))
        for cause in found.causes:
            print(clean(f"no longer as it was: {cause}"))
        print("the recorded evidence came out again" if found.same else "the recorded evidence did NOT come out again")
    return Exit.SHIP if found.same else Exit.HOLD
