"""The pages of all told runs, written once."""

from __future__ import annotations

import pytest

from tests.report import told_runs
from tests.report.hostile_runs import hostile
from touchstone.report.html import render


@pytest.fixture(scope="session")
def texts() -> dict[str, str]:
    """The page of every run by name; ``steered`` is hostile in the words that steer the page, too."""
    runs = {
        "ship": told_runs.ship(), "hold": told_runs.hold(), "reject": told_runs.reject(),
        "hostile": hostile(), "steered": hostile(steer=True),
    }  # fmt: skip
    return {name: render(run.evidence, run.gallery, run.study) for name, run in runs.items()}
