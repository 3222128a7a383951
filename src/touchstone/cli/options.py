"""Options that several verbs share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

StudyFile = Annotated[
    Path, typer.Argument(metavar="STUDY", help="The study file, usually study.yaml.", show_default=False)
]
Json = Annotated[bool, typer.Option("--json", help="Print the evidence as one JSON object on standard output.")]
Out = Annotated[
    Path | None, typer.Option("--out", metavar="DIR", help="Where the output folder goes.", show_default=False)
]
Fresh = Annotated[bool, typer.Option("--fresh", help="Start over, even if this study has been run.")]
RegistryAt = Annotated[
    str | None,
    typer.Option(
        "--registry",
        metavar="URL",
        help="A file or a postgresql:// URL; found by itself where absent.",
        show_default=False,
    ),
]
AnswerJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]
