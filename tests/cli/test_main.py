"""The command from outside: exit statuses, one clear line per fault, JSON on standard output alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from touchstone.cli import main
from touchstone.core import catalogue
from touchstone.core.errors import WorkerError


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


@pytest.mark.parametrize("verb", ["run", "rank"])
def test_a_study_without_a_base_is_refused_before_any_work(tmp_path: Path, verb: str) -> None:
    (tmp_path / "t.csv").write_text("text,label\n" + "".join(f"text {i},{i % 2}\n" for i in range(60)))
    (tmp_path / "s.yaml").write_text(
        "touchstone: 1\nname: a\ntask: text-classification\ndata: {train: t.csv}\nbase_models: []\n"
    )
    done = touchstone(verb, "s.yaml", cwd=tmp_path)
    assert done.returncode == 2 and "names no base model" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("out", ["taken", "taken/x", "/proc/nope"])
def test_an_output_folder_that_cannot_be_made_is_one_line(tmp_path: Path, out: str) -> None:
    (tmp_path / "taken").write_text("a file")
    (tmp_path / "b").mkdir()
    (tmp_path / "t.csv").write_text("text,label\n" + "".join(f"text {i},{i % 2}\n" for i in range(60)))
    (tmp_path / "s.yaml").write_text(
        "touchstone: 1\nname: a\ntask: text-classification\ndata: {train: t.csv}\nbase_models: [b]\n"
    )
    done = touchstone("run", "s.yaml", "--out", out, cwd=tmp_path)
    assert done.returncode == 2 and out in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("home", ["taken", "/proc/nope"])
def test_a_state_folder_that_cannot_be_made_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: str
) -> None:
    (tmp_path / "taken").write_text("a file")
    (tmp_path / "t.csv").write_text("text,label\n" + "".join(f"text {i},{i % 2}\n" for i in range(60)))
    monkeypatch.setenv("TOUCHSTONE_HOME", home if home.startswith("/") else str(tmp_path / home))
    done = touchstone("audit", "t.csv", cwd=tmp_path)
    assert done.returncode == 2 and "TOUCHSTONE_HOME" in done.stderr and "Traceback" not in done.stderr


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


def test_a_training_that_was_killed_is_one_line_and_status_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def killed() -> None:
        raise WorkerError("a process was ended by signal 9")

    monkeypatch.setattr(main, "app", killed)
    with pytest.raises(SystemExit) as ended:
        main.main()
    assert ended.value.code == 1
    assert capsys.readouterr().err == "stopped: a process was ended by signal 9\n"


def letters(folder: Path, n: int = 120) -> Path:
    """A table of texts in two classes, every one different."""
    path = folder / "letters.csv"
    words = ("river stone bridge water boat", "copper wire lamp switch plug")
    rows = [
        f"{words[i % 2].split()[i // 2 % 5]} number {i} of {i * 37 % 101} at {i * 13 % 89},{'ab'[i % 2]}"
        for i in range(n)
    ]
    path.write_text("text,label\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_audit_states_all_of_data_and_nothing_else(tmp_path: Path) -> None:
    done = touchstone("audit", str(letters(tmp_path)), "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    evidence = json.loads(done.stdout)
    wanted = {id for id in catalogue.rows() if id.startswith("data.")}
    assert {finding["check"] for finding in evidence["findings"]} == wanted
    assert (evidence["verdict"], evidence["bases"], evidence["chosen"]) == ("ship", [], None)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["letters.csv"], "no folder without --out"


def test_audit_of_a_leaky_test_set_is_rejected_or_held_and_every_copy_is_flagged(tmp_path: Path) -> None:
    train = letters(tmp_path)
    lines = train.read_text(encoding="utf-8").splitlines()
    fresh = [f"an unseen {'kettle' if i % 2 else 'forest'} tale {i * 7919 % 9973},{'ab'[i % 2]}" for i in range(80)]
    (tmp_path / "test.csv").write_text("\n".join([lines[0], *lines[1:9], *fresh]) + "\n", encoding="utf-8")
    done = touchstone("audit", str(train), "test.csv", "--out", "looked", "--json", cwd=tmp_path)
    leak = next(
        one
        for one in json.loads(done.stdout)["findings"]
        if one["check"] == "data.leakage" and one["subject"] == "train~test"
    )
    assert (leak["status"], leak["severity"], len(leak["details"]["pairs"])) == ("fail", "blocker", 8)
    assert done.returncode == 3
    assert (tmp_path / "looked" / "repaired" / "moved.csv").is_file()
    flagged = (tmp_path / "looked" / "flagged.csv").read_text(encoding="utf-8")
    assert flagged.count("data.leakage") == 8
    assert (tmp_path / "looked" / "evidence.json").is_file()


def test_audit_of_nothing_is_one_line_and_status_2(tmp_path: Path) -> None:
    for arguments in (("nowhere",), (str(letters(tmp_path)), "--task", "image-clasification"), ("a", "b", "c", "d")):
        done = touchstone("audit", *arguments, "--json", cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, "")
        assert "Traceback" not in done.stderr and "error:" in done.stderr


def test_audit_takes_a_study_too(tmp_path: Path) -> None:
    letters(tmp_path)
    (tmp_path / "study.yaml").write_text(
        "touchstone: 1\nname: a\ntask: text-classification\ndata: {train: letters.csv}\n", encoding="utf-8"
    )
    done = touchstone("audit", "study.yaml", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["study"]["name"] == "a"
