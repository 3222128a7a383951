from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from touchstone.core.errors import DatasetError, ModelFilesError
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


def test_a_folder_per_class_becomes_an_image_study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
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


def test_paths_are_written_as_seen_from_where_the_file_will_stand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "models" / "one").mkdir(parents=True)
    (tmp_path / "mail.csv").write_text("text,label\na,b\nc,d\n")
    (tmp_path / "plans" / "june").mkdir(parents=True)
    written = draft(Path("mail.csv"), ("models/one", f"org/name@{'a' * 40}"), folder=Path("plans/june"))
    path = tmp_path / "plans" / "june" / "study.yaml"
    path.write_text(written)
    study = parse(path)
    assert study.data.train is not None and study.data.train.path.resolve() == tmp_path / "mail.csv"
    assert [base.written for base in study.base_models] == ["../../models/one", f"org/name@{'a' * 40}"]


def test_an_empty_folder_and_a_base_that_is_not_there_are_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match="the folder is empty"):
        draft(tmp_path / "empty")
    (tmp_path / "mail.csv").write_text("text,label\na,b\n")
    with pytest.raises(ModelFilesError, match="no such base model"):
        draft(tmp_path / "mail.csv", ("models/none",))


@pytest.mark.parametrize(("header", "encoding"), [("text,label", "utf-16"), (" Text ,Label", "utf-8")])
def test_texts_are_known_whatever_their_encoding_and_the_spaces_of_their_header(
    tmp_path: Path, header: str, encoding: str
) -> None:
    (tmp_path / "mail.csv").write_text(f"{header}\nhello,b\nbye,d\n", encoding=encoding)
    assert drafting.look(tmp_path / "mail.csv").task == "text-classification"
