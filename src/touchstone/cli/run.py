"""``touchstone run STUDY``: the main job."""

from __future__ import annotations

import typer

from touchstone.cli.options import Fresh, Json, Out, StudyFile
from touchstone.cli.terminal import TerminalProgress, error_console
from touchstone.cli.verdict import show


def run(study: StudyFile, as_json: Json = False, out: Out = None, fresh: Fresh = False) -> None:
    """Vet, audit, rank, adapt, evaluate, decide, record; goes on by itself if it was interrupted."""
    from touchstone.pipeline.run import run as run_study
    from touchstone.study.parse import parse

    result = run_study(parse(study), out=out, fresh=fresh, progress=TerminalProgress(error_console()))
    raise typer.Exit(show(result.evidence, as_json=as_json, text=result.text, folder=result.folder))
