"""A run takes over what a run beside it trained on the same ground, and nothing else."""

from dataclasses import replace
from pathlib import Path

import pytest

from touchstone.pipeline.folder import choose
from touchstone.pipeline.kin import ground
from touchstone.study.model import Study
from touchstone.study.parse import parse

TEXT = """
touchstone: 1
name: s
task: text-classification
data: {train: t.csv, columns: {input: text, label: label}}
base_models: [base]
"""


@pytest.fixture
def study(tmp_path: Path) -> Study:
    (tmp_path / "base").mkdir()
    (tmp_path / "t.csv").write_text("text,label\na,x\nb,y\n")
    (tmp_path / "study.yaml").write_text(TEXT)
    return parse(tmp_path / "study.yaml")


def changed(study: Study, text: str) -> Study:
    (study.folder / "study.yaml").write_text(TEXT + text)
    return parse(study.folder / "study.yaml")


@pytest.mark.parametrize("text", ["policy: team", "require: {accuracy: '>= 0.5'}", "adapt: {seeds: 5}"])
def test_a_change_that_touches_no_training_leaves_the_ground(study: Study, text: str) -> None:
    choose(study, "run", None, fresh=False).begin()
    second = choose(changed(study, text), "run", None, fresh=False)
    assert second.path.name == "s-2"
    assert second.kin() == (study.folder / "runs/s/cache/pieces",)


def test_an_assessment_stands_on_the_ground_of_a_run(study: Study) -> None:
    choose(study, "run", None, fresh=False).begin()
    assessed = changed(study, "adapted: {path: base, base: base}")
    assert choose(assessed, "assess", None, fresh=False).kin() == (study.folder / "runs/s/cache/pieces",)


@pytest.mark.parametrize("text", ["seed: 1", "adapt: {augment: none}"])
def test_a_change_of_what_is_trained_on_is_another_ground(study: Study, text: str) -> None:
    choose(study, "run", None, fresh=False).begin()
    assert choose(changed(study, text), "run", None, fresh=False).kin() == ()


def test_other_data_are_another_ground(study: Study) -> None:
    assert ground(study) != ground(replace(study, data=replace(study.data, license="MIT")))


def test_who_starts_over_takes_nothing_over_even_when_resumed(study: Study) -> None:
    choose(study, "run", None, fresh=False).begin()
    other = changed(study, "policy: team")
    alone = choose(other, "run", None, fresh=True)
    assert alone.kin() == ()
    alone.begin()
    resumed = choose(other, "run", None, fresh=False)
    assert resumed.path == alone.path and resumed.kin() == ()


@pytest.mark.parametrize("state", ["", "[]", "{}", '{"ground": 1}', "\x00"])
def test_a_broken_state_lends_nothing_and_stops_nobody(study: Study, state: str) -> None:
    folder = study.folder / "runs/old/cache"
    folder.mkdir(parents=True)
    (folder / "state.json").write_text(state)
    assert choose(study, "run", None, fresh=False).kin() == ()
