from __future__ import annotations

from pathlib import Path

import pytest

from touchstone.core.errors import StudyError
from touchstone.core.recipe import Lora
from touchstone.study.parse import from_mapping, parse

PLAIN = """\
touchstone: 1
name: flowers
task: image-classification
data:
  train: train
  shift: {evening: evening}
  slices: [camera]
base_models: [base]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("train", "evening", "base", "tuned", "holdout"):
        (tmp_path / name).mkdir()
    return tmp_path


def read(folder: Path, text: str):
    path = folder / "study.yaml"
    path.write_text(text, encoding="utf-8")
    return parse(path)


def faults(folder: Path, text: str) -> list[str]:
    with pytest.raises(StudyError) as caught:
        read(folder, text)
    return [str(fault) for fault in caught.value.faults]


def test_reads_a_plain_study_and_fills_defaults(folder: Path) -> None:
    study = read(folder, PLAIN)
    assert (study.name, study.task, study.policy, study.seed, study.adapt.seeds) == (
        "flowers",
        "image-classification",
        "default",
        0,
        3,
    )
    assert study.data.train.path == folder / "train"
    assert study.data.train.written == "train"
    assert study.base_models[0].path == folder / "base"
    assert study.data.test_openings == 3


def test_reports_every_fault_at_once_with_line_and_nearest_word(folder: Path) -> None:
    text = (
        PLAIN.replace("train: train", "train: trian").replace(
            "name: flowers", "name: flowers\nintended_use: {use: comercial}"
        )
        + "requier: {}\nadapt: {seeds: many, recipes: [{name: mine, layers: top, epoch: 3}]}\n"
        + 'require: {macro_fl: ">= 0.9", accuracy: 0.9}\n'
    )
    found = faults(folder, text)
    assert [line.split(": ")[0] for line in found] == [
        "study.yaml:3", "study.yaml:6", "study.yaml:10", "study.yaml:11", "study.yaml:11", "study.yaml:11",
        "study.yaml:12", "study.yaml:12",
    ]  # fmt: skip
    everything = "\n".join(found)
    for hint in ("'commercial'", "'require'", "'epochs'", "'macro_f1'", '">= 0.9"', "'seeds'", "train' does exist"):
        assert hint.replace("'seeds'", "adapt.seeds").replace("train' does", "train' does") in everything


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("name: again\n", "stands twice"),
        ("policy: strict\n", "no policy"),
        ("seed: -1\n", "seed"),
        ("touchstone: 2\n", "stands twice"),
        ("adapted: {path: nowhere}\n", "no model at 'nowhere'"),
        ("require: {macro_f1: '<= 0.9'}\n", "asks for a bad model"),
        ("require: {latency_ms_p99: '>= 50'}\n", "asks for a bad model"),
        ("require: {accuracy: '>= 85'}\n", "write 0.85"),
        ("require: {accuracy: {min: 0.9, max: 0.5}}\n", "is above max"),
        ("require: {accuracy: {on: test}}\n", "no bound"),
        ("require: {accuracy: {min: 0.9, on: evning}}\n", "did you mean 'evening'"),
        ("require: {accuracy: {min: 0.9, on: region=east}}\n", "not among data.slices"),
        ("adapt: {budget: {minutes: 0}}\n", "above 0"),
        ("adapt: {augment: [flop]}\n", "did you mean 'flip'"),
        ("adapt: {recipes: [{name: scratch}]}\n", "like a reference"),
        ("adapt: {recipes: [{name: first-4}]}\n", "like a reference"),
        ("adapt: {recipes: [{name: a}, {name: a}]}\n", "two recipes"),
        ("adapt: {recipes: [{name: a, layers: head, lora: {rank: 4}}]}\n", "lora changes blocks"),
        ("adapt: {recipes: [{name: a, learning_rate: .nan}]}\n", "finite"),
        ("intended_use: {organisation: {monthly_users: 2.5}}\n", "whole number"),
        ("intended_use: [a]\n", "not a mapping"),
    ],
)
def test_refuses(folder: Path, more: str, words: str) -> None:
    assert any(words in line for line in faults(folder, PLAIN + more))


def test_refuses_slices_and_shift_metrics_that_nothing_can_measure(folder: Path) -> None:
    text = (
        "name: a\ntask: image-classification\ndata: {train: train}\n"
        "require: {worst_slice_recall: '>= 0.7', shift_drop: '<= 0.1'}\n"
    )
    found = faults(folder, text)
    assert len(found) == 2
    assert "without slices" in found[0]
    assert "without a shift set" in found[1]


def test_reads_bounds_in_words_ranges_and_lists(folder: Path) -> None:
    study = read(
        folder,
        PLAIN + "require:\n  macro_f1: '>= 0.85'\n  latency_ms_p99: '<= 50'\n"
        "  accuracy: [{min: 0.9}, {min: 0.8, on: evening}, {min: 1e-1, max: 0.99, on: camera=a}]\n",
    )  # fmt: skip
    assert [(r.metric, r.minimum, r.maximum, r.on) for r in study.require] == [
        ("macro_f1", 0.85, None, "test"),
        ("latency_ms_p99", None, 50.0, "test"),
        ("accuracy", 0.9, None, "test"),
        ("accuracy", 0.8, None, "evening"),
        ("accuracy", 0.1, 0.99, "camera=a"),
    ]


def test_reads_recipes_with_every_key(folder: Path) -> None:
    study = read(
        folder,
        PLAIN + "adapt:\n  recipes:\n    - {name: mine, layers: 2, optimizer: sgd, learning_rate: 1e-3, warmup: 0.2,"
        " epochs: 5, batch_size: 8, weight_decay: 0, layer_decay: 0.9, label_smoothing: 0.1, augment: [flip, crop],"
        " lora: {rank: 4, alpha: 8}}\n",
    )
    (recipe,) = study.adapt.recipes
    assert recipe.user
    assert (recipe.layers, recipe.optimizer, recipe.learning_rate, recipe.epochs) == (2, "sgd", 0.001, 5)
    assert recipe.augment == ("flip", "crop")
    assert recipe.lora == Lora(4, 8.0)


def test_a_path_that_exists_wins_over_a_hub_name(folder: Path) -> None:
    pinned = "org/name@" + "a" * 40
    text = PLAIN.replace("[base]", f"['{pinned}']")
    assert read(folder, text).base_models[0].repository == "org/name"
    (folder / pinned).mkdir(parents=True)
    assert read(folder, text).base_models[0].path == folder / pinned


def test_says_how_to_write_a_hub_model_when_a_name_is_neither(folder: Path) -> None:
    (fault,) = faults(folder, PLAIN.replace("[base]", "[org/name]"))
    assert "org/name@<40 hex digits" in fault


def test_words_that_yaml_reads_as_truth_values_stay_words(folder: Path) -> None:
    study = read(folder, PLAIN + "intended_use: {organisation: {home: NO}, delivery: none}\n")
    assert study.intended_use.organisation.home == "NO"


def test_the_base_of_an_adapted_model_becomes_a_base_model(folder: Path) -> None:
    study = read(folder, PLAIN.replace("base_models: [base]", "adapted: {path: tuned, base: base}"))
    assert study.adapted is not None
    assert (study.adapted.path, study.adapted.base) == (folder / "tuned", "base")
    assert [base.written for base in study.base_models] == ["base"]


def test_a_table_with_files_is_one_source(folder: Path) -> None:
    (folder / "labels.csv").write_text("file,label\n")
    study = read(folder, PLAIN.replace("train: train", "train: {table: labels.csv, files: train}"))
    assert (study.data.train.path, study.data.train.files) == (folder / "labels.csv", folder / "train")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("a: &x 1\nb: *x\n", "alias"),
        ("a: !!python/object:os.system x\n", "tag"),
        ("a: [1,\n", "not YAML"),
        ("- a\n", "not a mapping"),
        ("{" * 400 + "}" * 400, "nested"),
        ("name: \x00\n", "not YAML"),
    ],
)
def test_refuses_what_is_no_plain_mapping_in_one_line(folder: Path, text: str, words: str) -> None:
    found = faults(folder, text)
    assert any(words in line for line in found)
    assert all("\n" not in line for line in found)


def test_says_that_a_file_is_missing_or_a_folder_or_no_text(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="no such file"):
        parse(tmp_path / "none.yaml")
    with pytest.raises(StudyError, match="a folder"):
        parse(tmp_path)
    (tmp_path / "b.yaml").write_bytes(b"\xff\xfe\x00a: \xd8")
    with pytest.raises(StudyError, match="UTF-8"):
        parse(tmp_path / "b.yaml")


def test_plain_objects_read_like_a_file_and_name_the_key(folder: Path) -> None:
    study = from_mapping(
        {"name": "a", "task": "image-classification", "data": {"train": folder / "train"}, "base_models": ["base"]},
        folder,
    )
    assert study.base_models[0].path == folder / "base"
    with pytest.raises(StudyError, match=r"study: data\.trian: unknown key"):
        from_mapping({"name": "a", "task": "image-classification", "data": {"trian": "train"}}, folder)
