"""The registry's story from outside: hold, sign, ship, an advisory, an answer, a waiver, tampering found."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline.small_run import SLICES, evidence, finished
from tests.registry.servers import SERVER, fresh_database

LATER = (datetime.now(UTC).date() + timedelta(days=30)).isoformat()


class Shell:
    """The command in fresh interpreters, in one folder with one state folder."""

    def __init__(self, folder: Path, registry: str = "") -> None:
        self.folder, self.registry = folder, registry

    def __call__(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "touchstone", *map(str, arguments)]
        environment = {**os.environ, "TOUCHSTONE_HOME": str(self.folder / "home"), "COLUMNS": "200"}
        environment["TOUCHSTONE_REGISTRY"] = self.registry
        return subprocess.run(
            command, cwd=self.folder, capture_output=True, text=True, check=False, timeout=120, env=environment
        )

    def json(self, *arguments: object) -> Any:
        done = self(*arguments, "--json")
        assert done.stderr == "", done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def approve(shell: Shell, run: Path, name: str, *more: object) -> subprocess.CompletedProcess[str]:
    return shell("approve", run, "--role", "owner", "--reason", "looked at it", "--as", name, *more)


@pytest.mark.skipif(SERVER is None, reason="no PostgreSQL server is named: make test-postgres")
def test_the_whole_story_on_postgresql(tmp_path: Path) -> None:
    import psycopg

    with fresh_database() as url:
        tell(Shell(tmp_path, url), tmp_path)
        with psycopg.connect(url, autocommit=True) as database:
            database.execute("UPDATE event SET role = 'auditor' WHERE action = 'approve'")
        assert Shell(tmp_path, url)("registry", "verify").returncode == 3


def test_the_whole_story(shell: Shell, tmp_path: Path) -> None:
    tell(shell, tmp_path)
    with sqlite3.connect(tmp_path / "home" / "registry.db") as database:
        database.execute("UPDATE event SET role = 'auditor' WHERE action = 'approve'")
    database.close()
    broken = shell("registry", "verify", "--json")
    assert broken.returncode == 3
    assert not json.loads(broken.stdout)["whole"]


def tell(shell: Shell, tmp_path: Path) -> None:
    """Hold, the author's own signature, another's, a product, an advisory, new signatures, an answer."""
    run = finished(tmp_path / "s")
    author = (run / "evidence.json").owner()
    assert shell("approve", run, "--role", "owner", "--reason", "mine", "--as", author).returncode == 3
    signed = approve(shell, run, "bob")
    assert (signed.returncode, signed.stdout.splitlines()[-1]) == (0, "SHIP")
    assert shell("registry", "product", "shop", "--on", run, "--owner", "carol", "--criticality", 4).returncode == 0
    assert shell("registry", "deploy", "shop", "--to", "production").returncode == 0
    (exposed,) = shell.json("registry", "exposure", "base")["products"]
    assert (exposed["name"], exposed["owner"], exposed["hops"], len(exposed["deployments"])) == ("shop", "carol", 2, 1)
    advised = shell("registry", "advise", "base", "--name", "CVE-1", "--statement", "planted trigger", "--json")
    assert advised.returncode == 4
    told = json.loads(advised.stdout)
    assert len(told["suspended_approvals"]) == 2
    assert [(one["name"], one["owner"], one["status"]) for one in told["exposed"]] == [("shop", "carol", "affected")]
    assert shell("report", run).returncode == 0
    assert (evidence(run)["verdict"], evidence(run)["reasons"]) == ("hold", ["govern.signoff"])
    assert shell.json("registry", "show", "shop")["state"] == "suspended"
    assert approve(shell, run, "bob").returncode == 0
    shell("registry", "answer", "CVE-1", "shop", "--status", "fixed", "--reason", "looked again", "--as", "carol")
    assert shell.json("registry", "show", "shop")["state"] == "active"
    assert shell("registry", "verify").returncode == 0


def test_a_waiver_ships_what_failed_until_its_end(shell: Shell, tmp_path: Path) -> None:
    run = finished(tmp_path / "s", failed=[SLICES])
    approve(shell, run, "bob")
    waived = shell("waive", run, "--check", "evaluate.slices", "--role", "compliance", "--reason", "new camera is ordered",
                   "--control", "a person looks", "--until", LATER, "--as", "eve", "--json")  # fmt: skip
    assert waived.returncode == 0, waived.stderr
    answer = json.loads(waived.stdout)
    assert (answer["verdict"], answer["waived"][0]["details"]["waiver"]["until"]) == ("ship", LATER)
    assert "new camera is ordered" in (run / "decision.md").read_text(encoding="utf-8")


def test_a_rejection_has_the_verdict_s_status(shell: Shell, tmp_path: Path) -> None:
    run = finished(tmp_path / "s", use="research")
    done = shell("reject", run, "--role", "owner", "--reason", "I do not trust it", "--as", "bob")
    assert (done.returncode, "Rejected by bob" in done.stdout) == (3, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["approve", "nowhere", "--role", "owner", "--reason", "x"], "no finished run"),
        (["approve", "s/run", "--role", "scientist", "--reason", "x"], "does not sign"),
        (["approve", "s/run", "--role", "owner", "--reason", " "], "without a reason"),
        (["approve", "s/run", "--role", "owner", "--reason", "x", "--until", "2099-01-01"], "not between"),
        (["approve", "s/run", "--role", "owner", "--reason", "x", "--as", "a\x1b[31m"], "is no name"),
        (["approve", "s/run", "--role", "owner", "--reason", "x", "--registry", "mysql://x"], "no kind of registry"),
        (
            ["waive", "s/run", "--check", "data.leakage", "--role", "owner", "--reason", "x", "--until", LATER],
            "stands against",
        ),
        (["registry", "list"], "no registry here yet"),
        (["registry", "import", "nowhere"], "cannot be read"),
    ],
)
def test_what_cannot_be_done_is_one_clear_line_and_status_2(
    shell: Shell, tmp_path: Path, arguments: list[str], said: str
) -> None:
    run = finished(tmp_path / "s")
    before = evidence(run)
    done = shell(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr and len(done.stderr.strip().splitlines()) == 1
    assert evidence(run) == before


UNKNOWN = (
    "show nobody", "exposure x", "lineage ';--", "retire base", "answer a b --status fixed --reason x", "link base base",
    "advise base --name a --statement b --kind odd",
)  # fmt: skip


@pytest.mark.parametrize("arguments", [line.split() for line in UNKNOWN], ids=UNKNOWN)
def test_the_registry_says_what_it_does_not_know(shell: Shell, tmp_path: Path, arguments: list[str]) -> None:
    approve(shell, finished(tmp_path / "s"), "bob")
    done = shell("registry", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.strip().splitlines()) == 1 and "Traceback" not in done.stderr


def test_every_look_is_one_json_object_and_a_table(shell: Shell, tmp_path: Path) -> None:
    run = finished(tmp_path / "s", name="shapes")
    approve(shell, run, "bob")
    shell("registry", "product", "shop", "--on", run, "--owner", "carol")
    for look in (
        ["list"],
        ["show", run],
        ["lineage", "shop"],
        ["dependents", "base"],
        ["exposure", "base"],
        ["concentration"],
        ["verify"],
    ):
        assert shell.json("registry", *look)["schema"] == "touchstone/registry/1"
        done = shell("registry", *look)
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip()
    kinds = shell.json("registry", "list")["counts"]
    assert kinds == {"approval": 1, "dataset": 2, "model": 2, "product": 1, "run": 1, "study": 1}


def test_hostile_names_command_no_terminal(shell: Shell, tmp_path: Path) -> None:
    run = finished(tmp_path / "s")
    approve(shell, run, "bob")
    hostile = "[bold]x[/] '; DROP TABLE event; -- <b>"
    assert shell("registry", "product", hostile, "--on", run, "--owner", "carol").returncode == 0
    assert hostile in shell("registry", "list").stdout
    refused = shell("registry", "product", "a\x1b[2Jb", "--on", run, "--owner", "carol")
    assert (refused.returncode, "\x1b[2J" in refused.stderr) == (2, False)
    advised = shell("registry", "advise", "base", "--name", "A", "--statement", "\x1b[2J\x1b]0;title\x07 \u202e")
    assert "\x1b]0" not in advised.stdout
    assert "\x1b[2J" not in shell("registry", "show", "A").stdout


def test_a_project_keeps_its_own_registry(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / ".touchstone").mkdir()
    approve(shell, finished(tmp_path / "s"), "bob")
    assert (tmp_path / ".touchstone" / "registry.db").is_file()
    assert not (tmp_path / "home" / "registry.db").exists()


def test_an_exported_log_is_taken_in_elsewhere(shell: Shell, tmp_path: Path) -> None:
    approve(shell, finished(tmp_path / "s"), "bob")
    assert shell("registry", "export", "--out", "log.jsonl", "--people").returncode == 0
    there = ["--registry", "other.db"]
    added = shell.json("registry", "import", "log.jsonl", *there)["added"]
    assert added == shell.json("registry", "verify", *there)["events"] > 0
    assert shell.json("registry", "show", tmp_path / "s" / "run", *there)["events"][-1]["who"] == "touchstone"
    assert shell.json("registry", "import", "log.jsonl", *there)["added"] == 0


def test_vetting_records_itself_and_a_registry_out_of_reach_fails_nothing(shell: Shell, tmp_path: Path) -> None:
    from tests.supply.small_models import CARD, known_text, write_model

    write_model(tmp_path / "m", card=CARD, license=known_text("Apache-2.0"))
    done = shell("vet", "m", "--json")
    assert done.returncode == 0
    (seen,) = [one for one in shell.json("registry", "list")["entries"] if one["kind"] == "vetting"]
    assert (seen["name"], seen["state"]) == ("m", "ship")
    (tmp_path / "home" / "registry.db").write_bytes(b"this is no database" * 100)
    again = shell("vet", "m", "--json")
    assert (again.returncode, again.stdout.count("not recorded")) == (0, 0)
    assert "not recorded in the registry: " in again.stderr
    assert json.loads(again.stdout)["verdict"] == "ship"


def test_a_product_s_page_a_checkpoint_and_a_folder_to_hand_on(shell: Shell, tmp_path: Path) -> None:
    run = finished(tmp_path / "s", name="shapes")
    held = shell("registry", "export", run, "--out", "model")
    assert (held.returncode, (tmp_path / "model").exists()) == (2, False)
    assert "may not be handed on: the verdict is hold" in held.stderr
    approve(shell, run, "bob")
    assert shell.json("registry", "export", run, "--out", "model")["verdict"] == "ship"
    assert (tmp_path / "model" / "README.md").is_file()
    shell("registry", "product", "shop", "--on", run, "--owner", "carol")
    assert shell.json("registry", "page", "shop")["owner"] == "carol"
    assert "bob (owner) approved" in shell("registry", "page", "shop").stdout
    assert shell("registry", "page", "shop", "--out", "page.html").returncode == 0
    assert (tmp_path / "page.html").read_text().startswith("<!doctype html>")
    assert shell("registry", "checkpoint", "--out", "head.json").returncode == 0
    assert shell("registry", "verify", "--against", "head.json").returncode == 0
    (tmp_path / "head.json").write_text((tmp_path / "head.json").read_text().replace('"hash": "', '"hash": "0'))
    broken = shell("registry", "verify", "--against", "head.json")
    assert broken.returncode == 3
    assert "another history" in broken.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["import"], ["import", "log.jsonl", "--mlflow", "http://x"], ["import", "--mlflow", "sqlite:///x"], ["export", "nowhere", "--out", "x"],
        ["export", "nowhere"], ["page", "nothing"], ["diff", "nowhere", "nowhere"], ["verify", "--against", "nowhere"],
    ],
)  # fmt: skip
def test_what_cannot_be_taken_in_or_written_is_status_2(shell: Shell, tmp_path: Path, arguments: list[str]) -> None:
    approve(shell, finished(tmp_path / "s"), "bob")
    done = shell("registry", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
