"""Where the real data are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of data sets and base models, named by TOUCHSTONE_DATA."""
    named = os.environ.get("TOUCHSTONE_DATA")
    if not named or not Path(named).is_dir():
        pytest.exit("acceptance: no data (TOUCHSTONE_DATA names no folder); nothing was run", returncode=0)
    return Path(named)


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One state folder for all studies, so that features are computed once."""
    return tmp_path_factory.mktemp("home")
