from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from touchstone.core.errors import DatasetError
from touchstone.dataset import columns
from touchstone.study import draft as drafting
from touchstone.study.draft import draft
from touchstone.study.model import Study
from touchstone.study.parse import parse


def drafted(data: Path, tmp_path: Path, bases: tuple[str, ...] = ()) -> Study:
    path = tmp_path / "study.yaml"
    path.write_text(draft(data, bases), encoding="utf-8")
    return parse(path)


def test_guesses_by_the_same_names_as_the_reader() -> None:
    assert drafting.IMAGE_INPUTS == columns.IMAGE_INPUTS
    assert drafting.TEXT_INPUTS == columns.TEXT_INPUTS
    assert drafting.LABELS == columns.LABELS


def test_a_folder_per_class_becomes_an_image_study(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        (tmp_path / "pets" / name).mkdir(parents=True)
        (tmp_path / "pets" / name / "1.jpg").touch()
    (tmp_path / "base model").mkdir()
    study = drafted(tmp_path / "pets", tmp_path, ("base model",))
    assert (study.task, study.name) == ("image-classification", "pets")
    assert study.base_models[0].written == "base model"


def test_a_folder_of_splits_fills_each_split(tmp_path: Path) -> None:
    for split in ("train", "val", "test"):
        (tmp_path / "d" / split / "cat").mkdir(parents=True)
    study = drafted(tmp_path / "d", tmp_path)
    assert study.data.validation is not None
    assert study.data.validation.path.name == "val"
    assert study.data.test is not None


def test_a_table_beside_a_zip_is_one_source(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "labels.csv").write_text("file,label,camera\na.jpg,x,1\nb.jpg,y,1\nc.jpg,y,2\nd.jpg,x,2\n")
    with zipfile.ZipFile(tmp_path / "d" / "images.zip", "w") as archive:
        archive.writestr("a.jpg", b"")
    study = drafted(tmp_path / "d", tmp_path)
    assert study.data.train.files == tmp_path / "d" / "images.zip"
    assert (study.data.columns.input, study.data.columns.label) == ("file", "label")


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".tsv"])
def test_a_table_of_texts_becomes_a_text_study(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"tweets{ending}"
    mark = "\t" if ending == ".tsv" else ","
    lines = [json.dumps({"text": "hi", "label": "no"})] if ending == ".jsonl" else [f"text{mark}label", f"hi{mark}no"]
    path.write_text("\n".join(lines) + "\n")
    study = drafted(path, tmp_path)
    assert study.task == "text-classification"
    assert study.data.columns.input == "text"


def test_hostile_names_end_no_comment_and_break_no_yaml(tmp_path: Path) -> None:
    path = tmp_path / 'a"b: {c} #d\n e.csv'
    path.write_text('text,"la\nbel: x",label\nhi,2,"evil\npolicy: team"\n')
    study = drafted(path, tmp_path)
    assert study.policy == "default"
    assert study.data.train.path == path


def test_says_what_is_wrong_with_data_that_cannot_be_looked_at(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no such path"):
        draft(tmp_path / "none")
    (tmp_path / "a.docx").touch()
    with pytest.raises(DatasetError, match="not data"):
        draft(tmp_path / "a.docx")
    (tmp_path / "a.zip").write_bytes(b"PK")
    with pytest.raises(DatasetError, match="not a zip"):
        draft(tmp_path / "a.zip")


def test_a_megabyte_in_one_cell_is_no_obstacle(tmp_path: Path) -> None:
    table = tmp_path / "texts.csv"
    table.write_text("text,label\n" + "a b " * 250_000 + ",x\nshort,y\n")
    assert "label" in draft(table)
