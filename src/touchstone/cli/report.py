"""``touchstone report RUN``: the pages of a run again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def report(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The output folder of a run.", show_default=False)],
    policy: Annotated[
        str | None,
        typer.Option(
            "--policy",
            metavar="NAME",
            help="Judge by this policy: default, team, regulated or a file.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Write the pages of a run again, judged by the sign-offs and waivers of today; nothing is trained or measured."""
    from touchstone.pipeline.decisions import judge_again
    from touchstone.pipeline.outputs import rewrite_pages

    judge_again(run, policy=policy)
    for page in rewrite_pages(run):
        print(page)
