"""The whole run on a tiny study: what it writes, that it repeats, that it survives being killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from touchstone.api import Result
from touchstone.core import catalogue, workers
from touchstone.core.errors import InputError, ModelFilesError
from touchstone.nn.predictor import Predictor
from touchstone.pipeline import recording
from touchstone.pipeline.assess import assess
from touchstone.pipeline.replay import differences, replay, untimed
from touchstone.pipeline.run import run
from touchstone.registry import lineage, log
from touchstone.registry.book import Registry
from touchstone.study.parse import parse
from touchstone.supply.shipped import SUMS, write_sums

FILES = {"study.lock.yaml", "evidence.json", "report.html", "model_card.md", "decision.md", "bom.json", "flagged.csv", "splits.csv",
         "model", "log.jsonl", "cache"}  # fmt: skip
WITH_WORKERS = """
from touchstone.core import workers
workers.WORTHWHILE = 0.0
from touchstone.cli.main import main
main()
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A state folder of its own."""
    before, folder = os.environ.get("TOUCHSTONE_HOME"), tmp_path_factory.mktemp("home")
    os.environ["TOUCHSTONE_HOME"] = str(folder)
    yield folder
    if before is None:
        del os.environ["TOUCHSTONE_HOME"]
    else:
        os.environ["TOUCHSTONE_HOME"] = before


@pytest.fixture(scope="module")
def first(workshop: Path, home: Path) -> Any:
    """One finished run."""
    return run(parse(workshop / "study.yaml"), out=workshop / "first")


def test_the_folder_holds_what_the_contract_names(first: Any) -> None:
    assert {path.name for path in first.folder.iterdir()} >= FILES
    assert not list(first.folder.rglob("*.partial"))


def test_every_check_of_the_catalogue_states_something(first: Any) -> None:
    stated = {finding["check"] for finding in first.evidence["findings"]}
    assert stated == set(catalogue.rows())


def test_all_references_are_compared_on_the_sealed_test_set(first: Any) -> None:
    candidates = {row["candidate"] for row in first.evidence["comparison"] if row["split"] == "test"}
    assert {"majority", "non-transfer", "scratch", "linear-probe"} <= candidates
    assert all(row["interval"] for row in first.evidence["comparison"] if row["metric"] == "accuracy")


def test_a_finished_run_is_shown_again_and_opens_nothing(first: Any, workshop: Path, home: Path) -> None:
    before = sorted((home / "openings").rglob("*.json"))
    again = run(parse(workshop / "study.yaml"), out=workshop / "first")
    assert again.text == first.text
    assert sorted((home / "openings").rglob("*.json")) == before


def test_the_plan_was_recorded_before_the_run_and_both_before_anything_else_was_asked(first: Any, home: Path) -> None:
    with Registry.open(recording.place()) as registry, registry.reading() as session:
        actions = [event.action for event in log.events(session)]
        assert actions[:1] == ["plan"] and actions.count("run") >= 1
        (base, _), *_ = lineage.ancestors(session, lineage.find(session, "shapes", "model"))
        assert base.name in ("bases/one", "bases/two")


def test_a_replay_from_nothing_brings_the_same_evidence_and_names_what_differs(first: Any, home: Path) -> None:
    """Every training in this process; the one number that was changed is all that differs."""
    changed = json.loads(first.text)
    row = changed["comparison"][0]
    row["value"] = 0.123
    (first.folder / "evidence.json").write_text(json.dumps(changed))
    try:
        found = replay(first.folder)
    finally:
        (first.folder / "evidence.json").write_text(first.text, encoding="utf-8")
    assert not found.same
    assert [one.was for one in found.differences] == [0.123]
    assert row["candidate"] in found.differences[0].where


def test_the_model_of_a_result_is_opened_only_while_it_is_what_was_written(first: Any, home: Path) -> None:
    assert Result(first).model.classes == ("cross", "disc", "square")
    config, sums = first.folder / "model" / "config.json", first.folder / "model" / SUMS
    kept = config.read_bytes(), sums.read_bytes()
    try:
        config.write_bytes(kept[0].replace(b"disc", b"disk"))
        with pytest.raises(ModelFilesError, match=r"config\.json has other bytes"):
            Predictor.load(first.folder / "model")
        write_sums(first.folder / "model")  # who can change a file can change the list beside it
        with pytest.raises(InputError, match="not the files that the run wrote down"):
            _ = Result(first).model
    finally:
        config.write_bytes(kept[0])
        sums.write_bytes(kept[1])


def test_killed_twice_and_resumed_it_ends_with_the_same_evidence(first: Any, workshop: Path, home: Path) -> None:
    """With every training in a worker of its own this time."""
    out = workshop / "killed"
    command = [sys.executable, "-c", WITH_WORKERS, "run", str(workshop / "study.yaml"), "--out", str(out), "--json"]
    environment = {**os.environ, workers.SWITCH: "1"}
    for seconds, start in ((8.0, ["--fresh"]), (14.0, [])):
        process = subprocess.Popen(
            [*command, *start], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
        )
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert not (out / "evidence.json").exists() or process.returncode >= 0
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode in (0, 3, 4), done.stderr
    assert list(differences(untimed(first.evidence), untimed(json.loads(done.stdout)))) == []


def test_what_was_shipped_can_be_assessed_with_the_references_of_the_run(
    first: Any, workshop: Path, home: Path
) -> None:
    """Last of all, as the next one: each opens the test set once more, which the evidence of a run counts."""
    base, model = first.evidence["chosen"]["base"], first.folder / "model"
    study = workshop / "assess.yaml"
    study.write_text((workshop / "study.yaml").read_text() + f"adapted: {{path: {model}, base: {base}}}\n")
    found = assess(parse(study), out=workshop / "assessed")
    theirs, ours = (_macro_f1(one.evidence, one.evidence["chosen"]["candidate"]) for one in (found, first))
    assert theirs == pytest.approx(ours, abs=1e-6)
    (forgetting,) = (one for one in found.evidence["findings"] if one["check"] == "adapt.forgetting")
    assert "does not come from" not in forgetting["statement"]
    (told,) = (
        one for one in found.evidence["findings"] if one["check"] == "data.leakage" and "adapted" in one["subject"]
    )
    assert (told["status"], told["severity"]) == ("inconclusive", "major")
    assert "split off here" in told["statement"]


def _macro_f1(evidence: Any, candidate: str) -> float:
    rows = [row for row in evidence["comparison"] if (row["candidate"], row["metric"]) == (candidate, "macro_f1")]
    return float(rows[0]["value"])


def test_when_the_minutes_are_over_what_exists_is_delivered(workshop: Path, home: Path) -> None:
    study = workshop / "short.yaml"
    written = (workshop / "study.yaml").read_text()
    study.write_text(written.replace("{seeds: 2}", "{seeds: 2, budget: {minutes: 0.05}}").replace("shapes", "short"))
    made = run(parse(study), out=workshop / "short")
    scratch = next(one for one in made.evidence["findings"] if one["check"] == "compare.scratch")
    assert (scratch["status"], scratch["details"]["reason"]) == ("inconclusive", "budget")
    assert made.evidence["chosen"] and (made.folder / "model" / "model.safetensors").exists()
