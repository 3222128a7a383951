"""``touchstone demo``: the main job on what ships with the package, no network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from touchstone.cli.options import Fresh, Json
from touchstone.cli.terminal import TerminalProgress, error_console
from touchstone.cli.verdict import show


def demo(
    as_json: Json = False,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the demo's data, study and run go.")] = Path(
        "touchstone-demo"
    ),
    text: Annotated[
        bool, typer.Option("--text", help="Texts with a sentence encoder (extra text-demo) in place of digits.")
    ] = False,
    fresh: Fresh = False,
) -> None:
    """Rank two small bases on handwritten digits, adapt, compare, decide; ends with a verdict and a report."""
    from touchstone.demo import image_study, text_study
    from touchstone.pipeline.run import run as run_study
    from touchstone.study.parse import parse

    folder = out / ("text" if text else "digits")
    study = parse(text_study(folder) if text else image_study(folder))
    result = run_study(study, out=None, fresh=fresh, progress=TerminalProgress(error_console()))
    status = show(result.evidence, as_json=as_json, text=result.text, folder=result.folder)
    if not as_json:
        print(f"the study behind it: {folder / 'study.yaml'}")
    raise typer.Exit(status)
