"""The command from outside: exit statuses, one clear line per fault, JSON on standard output alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from touchstone.core import catalogue


def touchstone(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """The command in a fresh interpreter."""
    command = [sys.executable, "-m", "touchstone", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=120)


def test_a_missing_study_is_one_line_and_status_2(tmp_path: Path) -> None:
    done = touchstone("run", "nowhere.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "nowhere.yaml: no such file" in done.stderr
    assert "Traceback" not in done.stderr


def test_every_fault_of_a_study_is_said_at_once_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text(
        "touchstone: 1\nname: a\ntask: image-clasification\ndata: {train: no}\nbudgett: 3\n"
    )
    done = touchstone("run", "study.yaml", "--json", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    said = done.stderr.splitlines()
    assert any("study.yaml:3" in line and "image-classification" in line for line in said)
    assert any("study.yaml:5" in line for line in said)


def test_the_catalogue_is_printed_as_json(tmp_path: Path) -> None:
    done = touchstone("checks", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert {row["id"] for row in json.loads(done.stdout)} == set(catalogue.rows())


def test_an_unknown_check_is_answered_with_the_nearest(tmp_path: Path) -> None:
    done = touchstone("checks", "data.leekage", cwd=tmp_path)
    assert done.returncode == 2
    assert "data.leakage" in done.stderr


def test_a_report_of_no_run_is_refused(tmp_path: Path) -> None:
    done = touchstone("report", str(tmp_path), cwd=tmp_path)
    assert done.returncode == 2
    assert "no finished run" in done.stderr


def test_wrong_usage_is_status_2(tmp_path: Path) -> None:
    assert touchstone("run", cwd=tmp_path).returncode == 2
    assert touchstone("fly", cwd=tmp_path).returncode == 2
