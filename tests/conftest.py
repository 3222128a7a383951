"""No test writes to the state folder of the person who runs it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session", autouse=True)
def _state_of_their_own() -> Iterator[None]:
    """Pins, openings, features and registry of a test session go to a folder that is thrown away."""
    if "TOUCHSTONE_HOME" in os.environ:
        yield
        return
    folder = tempfile.mkdtemp(prefix="touchstone-tests-")
    os.environ["TOUCHSTONE_HOME"] = str(Path(folder) / "home")
    yield
    del os.environ["TOUCHSTONE_HOME"]
    shutil.rmtree(folder, ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole runs first: they take minutes, and what comes last has one core alone."""
    items.sort(key=lambda item: item.path.name != "test_run.py")
