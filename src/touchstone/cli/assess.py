"""``touchstone assess STUDY``: the same evidence for a model that is already fine-tuned."""

from __future__ import annotations

import typer

from touchstone.cli.options import Fresh, Json, Out, StudyFile
from touchstone.cli.terminal import TerminalProgress, error_console
from touchstone.cli.verdict import show


def assess(study: StudyFile, as_json: Json = False, out: Out = None, fresh: Fresh = False) -> None:
    """Hold a model that somebody has already fine-tuned against the same references; trains none of it."""
    from touchstone.pipeline.assess import assess as assess_study
    from touchstone.study.parse import parse

    result = assess_study(parse(study), out=out, fresh=fresh, progress=TerminalProgress(error_console()))
    raise typer.Exit(show(result.evidence, as_json=as_json, text=result.text, folder=result.folder))
