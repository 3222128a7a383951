"""Who may import whom: the source is walked against the table of docs/architecture.md."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "touchstone"

ROWS = {
    "core": 0,
    "study": 1, "supply": 1, "stats": 1, "dataset": 1, "demo": 1,
    "tasks": 2, "nn": 2, "linear": 2,
    "rank": 3, "candidates": 3, "evaluate": 3,
    "checks": 4,
    "govern": 5, "registry": 5, "report": 5,
    "pipeline": 6,
    "serve": 7, "monitor": 7,
    "api": 8, "cli": 8, "ui": 8,
    "__main__": 9,
}  # fmt: skip
"""A folder (or module) may use those of smaller numbers."""

NEIGHBOURS = {
    ("dataset", "study"): "the plan says where the data stand",
    ("nn", "tasks"): "what an example is, before it becomes a tensor",
    ("candidates", "evaluate"): "a reference is chosen by the metric that judges it",
    ("rank", "candidates"): "the raw-feature reference is the non-transfer model's",
    ("api", "cli"): "bars in a notebook are the terminal's",
    ("registry", "supply"): "digests of model files",
}
"""Folders of one row that know each other (or a row's own exception), and why."""

ONLY = {
    "checks": {"core", "study", "stats", "supply", "dataset", "evaluate", "checks"},
    "govern": {"core", "study", "govern"},
    "report": {"core", "study", "report"},
    "registry": {"core", "study", "supply", "registry"},
}
"""Folders that keep to these alone, inside functions too."""

LATE = {("candidates", "nn")}
"""May be imported, but only inside functions."""

LIGHT = {"yaml", "jinja2", "markupsafe", "platformdirs", "filelock", "rich", "typer"}
ARRAYS = {"numpy"}
AT_IMPORT: dict[str, set[str]] = {
    "core": set(),
    "supply": set(),
    "study": {"yaml"},
    "stats": ARRAYS, "dataset": ARRAYS, "tasks": ARRAYS, "rank": ARRAYS, "candidates": ARRAYS,
    "evaluate": ARRAYS, "linear": ARRAYS, "checks": ARRAYS, "serve": ARRAYS, "monitor": ARRAYS,
    "nn": ARRAYS | {"torch", "transformers", "safetensors"},
}  # fmt: skip
"""Third-party libraries that may load with a module; everything else waits until a function needs it."""


@dataclass(frozen=True)
class Imported:
    """One import statement's target."""

    file: str
    line: int
    folder: str
    module: str
    late: bool
    """Inside a function, so that it costs nothing at start."""

    @property
    def top(self) -> str:
        return self.module.split(".")[0]

    @property
    def target(self) -> str:
        """Folder of ours that is imported; empty for the package itself."""
        parts = self.module.split(".")
        return parts[1] if parts[0] == "touchstone" and len(parts) > 1 else ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line} imports {self.module}"


def _is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}


def _walk(node: ast.AST, late: bool) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    for child in ast.iter_child_nodes(node):
        if _is_for_types(child):
            continue
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child, late
        yield from _walk(child, late or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda))


def imports_of(text: str, file: str, folder: str) -> Iterator[Imported]:
    for node, late in _walk(ast.parse(text), late=False):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif node.module == "touchstone":
            modules = [f"touchstone.{alias.name}" for alias in node.names]
        else:
            modules = [node.module or ""]
        for module in modules:
            yield Imported(file, node.lineno, folder, module, late)


def fault_of(found: Imported) -> str | None:
    """Why an import is against the rules; None where it is not."""
    if found.top != "touchstone":
        if found.late or found.top in sys.stdlib_module_names:
            return None
        allowed = AT_IMPORT.get(found.folder, LIGHT)
        return None if found.top in allowed else f"{found}: wait until a function needs it"
    here, there = found.folder, found.target
    if here == there or here == "":
        return None
    if there and there not in ROWS:
        return f"{found}: not in the table"
    if here in ONLY and there not in ONLY[here]:
        return f"{found}: keeps to {sorted(ONLY[here])}"
    if (here, there) in LATE and not found.late:
        return f"{found}: only inside functions"
    if (here, there) not in NEIGHBOURS and there and ROWS[there] >= ROWS[here]:
        return f"{found}: row {ROWS[here]} does not know row {ROWS[there]}"
    return None


def all_imports() -> list[Imported]:
    found: list[Imported] = []
    for path in sorted(SOURCE.rglob("*.py")):
        place = path.relative_to(SOURCE)
        folder = place.parts[0] if len(place.parts) > 1 else "" if place.stem == "__init__" else place.stem
        found += imports_of(path.read_text(encoding="utf-8"), str(place), folder)
    return found


def test_every_folder_has_its_row() -> None:
    folders = {path.name for path in SOURCE.iterdir() if (path / "__init__.py").exists()}
    assert folders <= ROWS.keys()


def test_imports_follow_the_table() -> None:
    faults = [fault for found in all_imports() if (fault := fault_of(found))]
    assert not faults, "\n".join(faults)


def test_no_relative_imports_hide_from_the_walk() -> None:
    assert not [str(found) for found in all_imports() if not found.module]


@pytest.mark.parametrize(
    ("folder", "line", "right"),
    [
        ("core", "import json", True),
        ("core", "import numpy", False),
        ("stats", "import numpy as np", True),
        ("stats", "from scipy import stats", False),
        ("stats", "def f():\n    from scipy import stats", True),
        ("supply", "import yaml", False),
        ("supply", "from touchstone.study.model import Study", False),
        ("checks", "from touchstone.evaluate.metrics import value", True),
        ("checks", "def f():\n    from touchstone.nn.bank import features", False),
        ("report", "from touchstone.stats.decide import decide", False),
        ("candidates", "from touchstone.nn.bank import features", False),
        ("candidates", "def f():\n    from touchstone.nn.bank import features", True),
        ("pipeline", "from touchstone.checks.check import Check", True),
        ("pipeline", "from touchstone.cli.main import app", False),
        ("pipeline", "import numpy", False),
        ("cli", "import typer", True),
        ("nn", "import torch", True),
        ("dataset", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import pandas", True),
    ],
)  # fmt: skip
def test_the_walk_sees_what_it_should(folder: str, line: str, right: bool) -> None:
    faults = [fault for found in imports_of(line, "x.py", folder) if (fault := fault_of(found))]
    assert (not faults) == right
