"""``touchstone rank STUDY``: only the order of the candidate base models."""

from __future__ import annotations

import typer

from touchstone.cli.options import Json, Out, StudyFile
from touchstone.cli.terminal import TerminalProgress, error_console
from touchstone.cli.verdict import show


def rank(study: StudyFile, as_json: Json = False, out: Out = None) -> None:
    """Order the candidate base models, with uncertainty, from one forward pass each."""
    from touchstone.pipeline.ranking import rank as rank_study
    from touchstone.study.parse import parse

    result = rank_study(parse(study), out=out, progress=TerminalProgress(error_console()))
    raise typer.Exit(show(result.evidence, as_json=as_json, text=result.text, folder=result.folder))
