"""The project's own files agree with each other."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import touchstone

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def names(requirements: list[str]) -> set[str]:
    """Normal names of required distributions, without our own."""
    found = {re.split(r"[\[<>=~! ]", line)[0] for line in requirements}
    return {re.sub(r"[-_.]+", "-", name).lower() for name in found} - {"touchstone-ml"}


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in pairs}


def test_everything_that_make_installs_is_pinned() -> None:
    extras = PROJECT["optional-dependencies"]
    asked = names(PROJECT["dependencies"] + [line for extra in extras if extra != "timm" for line in extras[extra]])
    assert asked <= pins().keys()


def test_torch_is_pinned_in_the_form_that_every_index_has() -> None:
    assert all("+" not in version for version in pins().values())


def test_the_installed_version_is_the_project_s() -> None:
    assert touchstone.__version__ == PROJECT["version"]


def test_the_licence_is_the_one_that_is_declared() -> None:
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")[:200]
    assert PROJECT["license"] == "Apache-2.0"
