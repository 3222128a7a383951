"""``touchstone report RUN``: the pages of a run again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def report(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The output folder of a run.", show_default=False)],
) -> None:
    """Write report.html, model_card.md and decision.md of a run again, from its evidence."""
    from touchstone.pipeline.outputs import rewrite_pages

    for page in rewrite_pages(run):
        print(page)
