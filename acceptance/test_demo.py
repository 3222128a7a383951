"""The demo, as `make demo` runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any


def demo(folder: Path) -> tuple[int, dict[str, Any]]:
    """Run the demo from nothing."""
    environment = os.environ | {"TOUCHSTONE_HOME": str(folder / "home")}
    command = [sys.executable, "-m", "touchstone", "demo", "--json", "--out", str(folder / "demo")]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode in (0, 3, 4), done.stderr[-4000:]
    return done.returncode, json.loads(done.stdout)


def test_the_demo_shows_what_it_promises(tmp_path: Path) -> None:
    _, evidence = demo(tmp_path)
    statuses = {(f["check"], f["subject"]): f["status"] for f in evidence["findings"]}
    ranks = {base["base"]: base["rank"] for base in evidence["bases"]}
    assert ranks["bases/glyphs"] < ranks["bases/textures"]
    assert statuses["base.domain", "bases/textures"] == "fail"
    assert {f["status"] for f in evidence["findings"] if f["check"] == "compare.scratch"} == {"pass"}
    assert evidence["chosen"]["base"] == "bases/glyphs"
