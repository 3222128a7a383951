"""Runs record themselves, once, with what they came from; nothing they measured depends on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.pipeline.small_run import evidence, finished
from touchstone.core import digest
from touchstone.core.progress import Silent
from touchstone.pipeline import recording
from touchstone.pipeline.finished import Finished
from touchstone.registry import lineage, log, people
from touchstone.registry.book import Registry
from touchstone.registry.records import record_plan
from touchstone.registry.verify import verify
from touchstone.study.lock import study_digest, to_mapping
from touchstone.study.model import Study
from touchstone.study.parse import from_mapping


class Lines(Silent):
    """Remembers what is said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, line: str) -> None:
        self.said.append(line)


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TOUCHSTONE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv(recording.VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


def kinds() -> dict[str, int]:
    with Registry.open(recording.place()) as registry:
        assert verify(registry).whole
        with registry.reading() as session:
            return lineage.counts(session)


def test_a_run_records_itself_once_and_changes_nothing(tmp_path: Path) -> None:
    run = finished(tmp_path / "s")
    before = (run / "evidence.json").read_bytes()
    for _ in range(2):
        recording.of_run(run, Silent())
    assert kinds() == {"dataset": 2, "model": 2, "run": 1, "study": 1}
    assert (run / "evidence.json").read_bytes() == before


def test_what_was_made_descends_from_its_base_and_the_run_is_its_author_s(tmp_path: Path) -> None:
    run = finished(tmp_path / "s")
    with Registry.open(recording.place()) as registry:
        known = recording.record(registry, Finished.read(run), "ann")
        with registry.reading() as session:
            made = lineage.find(session, lineage.facts(session, known)["model"])
            ((base, steps),) = lineage.ancestors(session, made)
            author = people.names(session)[log.events(session, known.id)[0].actor]
            assert (base.name, steps, author, known.state) == ("base", 1, "ann", "hold")
            assert lineage.facts(session, base)["publisher"] == "acme"
            assert lineage.facts(session, base)["hub"] == "huggingface.co"


def test_one_base_under_two_names_is_one_model(tmp_path: Path) -> None:
    for name in ("one", "two"):
        run = finished(tmp_path / name, name=name)
        (run / "model" / "config.json").write_text(f'{{"of": "{name}"}}')
        lock = yaml.safe_load((run / "study.lock.yaml").read_text())
        lock["locked"]["digests"]["model"] = digest.of_data(name)
        (run / "study.lock.yaml").write_text(yaml.safe_dump(lock))
        recording.of_run(run, Silent())
    with Registry.open(recording.place()) as registry, registry.reading() as session:
        assert len(lineage.descendants(session, lineage.find(session, "base"))) == 2


@pytest.mark.parametrize("broken", ["no database", "folder"])
def test_a_registry_out_of_reach_is_said_in_one_line_and_stops_nothing(
    tmp_path: Path, state: Path, broken: str
) -> None:
    state.mkdir()
    if broken == "folder":
        (state / "registry.db").mkdir()
    else:
        (state / "registry.db").write_bytes(b"letters, not tables" * 99)
    lines, run = Lines(), finished(tmp_path / "s")
    recording.of_run(run, lines)
    (said,) = lines.said
    assert said.startswith("not recorded in the registry: ") and "\n" not in said
    assert evidence(run)["verdict"] == "hold"


def study(folder: Path, **require: Any) -> Study:
    (folder / "data").mkdir(parents=True, exist_ok=True)
    plain = {
        "touchstone": 1,
        "name": "a",
        "task": "image-classification",
        "data": {"train": "data"},
        "require": require,
    }
    return from_mapping(plain, folder)


def test_the_plan_is_an_event_of_its_own_before_the_run(tmp_path: Path) -> None:
    recording.of_plan(study(tmp_path), "sha256:test", Silent())
    with Registry.open(recording.place()) as registry, registry.reading() as session:
        (event,) = log.events(session)
        assert (event.action, event.subject[:6]) == ("plan", "study:")
        assert lineage.facts(session, lineage.find(session, event.subject))["plan"] == study_digest(study(tmp_path))


@pytest.mark.parametrize(("test", "amended"), [("sha256:one", True), ("sha256:two", False)])
def test_other_thresholds_for_a_test_set_that_was_opened_are_an_amendment(
    tmp_path: Path, test: str, amended: bool
) -> None:
    from touchstone.registry.effects import Effects, Entity, Link

    first, second = study(tmp_path, accuracy=">= 0.9"), study(tmp_path, accuracy=">= 0.5")
    with Registry.open(recording.place()) as registry, registry.writing() as writer:
        record_plan(writer, study_digest(first), to_mapping(first), "sha256:one", "ann")
        plan = log.events(writer.session)[-1].subject
        writer.append("run", "run:1", Effects(Entity("run:1", "run", "a"), (Link("run:1", "executes", plan),)))
        record_plan(writer, study_digest(second), to_mapping(second), test, "ann")
        actions = [event.action for event in log.events(writer.session)]
    assert ("amend" in actions) == amended
