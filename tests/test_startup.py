"""``touchstone --help`` answers at once, because nothing heavy is loaded for it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

HEAVY = (
    "torch", "transformers", "numpy", "pandas", "scipy", "sklearn", "matplotlib", "onnxruntime", "pyarrow", "PIL", "skimage", "sqlalchemy",
)  # fmt: skip
HELP = """
import sys
from touchstone.cli.main import main
sys.argv = ["touchstone", *sys.argv[1:]]
try:
    main()
except SystemExit:
    pass
"""
LOADED = f"\nprint('LOADED', *[name for name in {HEAVY!r} if name in sys.modules])"


def fresh(code: str, *arguments: str) -> str:
    """What a fresh interpreter prints; bytecode may be written, as in any ordinary installation."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True, env=environment
    )
    return done.stdout


def loaded(code: str, *arguments: str) -> list[str]:
    return fresh(code + LOADED, *arguments).splitlines()[-1].split()[1:]


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["demo", "--help"], ["--version"]], ids=" ".join)
def test_loads_nothing_heavy_for(arguments: list[str]) -> None:
    assert loaded(HELP, *arguments) == []


def test_listing_the_checks_loads_no_more_than_numpy() -> None:
    assert set(loaded(HELP, "checks")) <= {"numpy"}  # thresholds stand in the checks, and checks are sums of arrays


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert loaded("import sys, touchstone\ndir(touchstone)") == []


def test_help_is_quick() -> None:
    fresh(HELP, "--help")  # compiles what a first start compiles
    seconds = []
    for _ in range(5):
        before = os.times()
        assert "demo" in fresh(HELP, "--help")
        after = os.times()
        seconds.append(after.children_user + after.children_system - before.children_user - before.children_system)
    # The promise is 0.3 s; processor time, and some slack, so that a busy or slow machine does not raise an alarm.
    assert min(seconds) < 0.5
