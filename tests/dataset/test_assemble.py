from __future__ import annotations

import json
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.dataset.conftest import encoded, picture, sentence
from touchstone.core.errors import DatasetError
from touchstone.dataset.leaks import find_crossings


def csv_of(path: Path, rows: list[tuple[str, ...]], header: str = "text,label") -> Path:
    path.write_text("\n".join([header, *(",".join(row) for row in rows)]) + "\n")
    return path


def sentences(n: int, classes: int = 2, first: int = 0) -> list[tuple[str, str]]:
    return [(sentence(first + i), f"c{i % classes}") for i in range(n)]


def test_a_folder_per_class_becomes_three_splits(class_folders, read) -> None:
    data = read(train=str(class_folders({"cat": 30, "dog": 30})))
    assert data.classes == ("cat", "dog")
    assert data.made_here == {"test", "validation"}
    assert data.n_read == len(data.train) + len(data.validation) + len(data.test) == 60
    assert set(data.validation.labels.tolist()) == {0, 1}
    image = data.train.inputs[0]
    assert (image.mode, image.size) == ("RGB", (48, 40))
    assert {one.split for one in data.assignments} == {"train", "validation", "test"}
    assert len(data.assignments) == 60


def test_a_zip_reads_like_its_folder(class_folders, read, tmp_path: Path) -> None:
    folder = class_folders({"cat": 12, "dog": 12})
    for top in ("", "pets/"):
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            for path in sorted(folder.rglob("*.png")):
                archive.write(path, top + path.relative_to(folder).as_posix())
        zipped, plain = read(train="a.zip"), read(train=str(folder))
        assert zipped.train.names == plain.train.names
        assert zipped.digest == plain.digest


def test_no_test_label_is_reachable_before_the_seal_is_opened(class_folders, read) -> None:
    data = read(train=str(class_folders({"cat": 30, "dog": 30})))
    assert set(data.test.labels.tolist()) == {-1}
    tested = {one.example for one in data.assignments if one.split == "test"}
    shown = {n for n, y in zip(data.given["train"].names, data.given["train"].labels, strict=True) if y >= 0}
    assert not tested & shown
    labels = data.seal.open("study")["test"]
    assert [data.classes[y] for y in labels] == [name.split("/")[0] for name in data.test.names]


def test_what_cannot_be_used_is_set_aside_with_its_reason(class_folders, read) -> None:
    folder = class_folders({"cat": 20, "dog": 20, "eel": 1})
    whole = encoded(picture(99, (200, 200)), "JPEG")
    (folder / "cat" / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    (folder / "cat" / "empty.png").write_bytes(b"")
    (folder / "stray.png").write_bytes(encoded(picture(98)))
    (folder / "notes.txt").write_text("not an example")
    data = read(train=str(folder))
    assert {one.example: one.kind for one in data.unreadable} == {
        "cat/cut.jpg": "corrupt", "cat/empty.png": "empty", "stray.png": "unlabelled", "eel/000.png": "class_seen_once",
    }  # fmt: skip
    assert data.n_read == 44
    assert Counter(one.split for one in data.assignments)["left_out"] == 4


def test_a_table_with_a_zip_names_what_is_missing(read, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "images.zip", "w") as archive:
        for i in range(20):
            archive.writestr(f"pics/{i}.png", encoded(picture(i)))
    rows = [(f"{i}.png", f"c{i % 2}", f"cam{i % 3}") for i in range(22)] + [("3.png", "", "cam0")]
    csv_of(tmp_path / "labels.csv", rows, "file,label,camera")
    data = read(train={"table": "labels.csv", "files": "images.zip"}, slices=["camera"])
    assert sorted((one.example, one.kind) for one in data.unreadable) == [
        ("20.png", "missing"), ("21.png", "missing"), ("3.png", "unlabelled"),
    ]  # fmt: skip
    assert set(data.train.columns) == {"camera"}
    assert any("'file' was taken as the input" in guess for guess in data.guesses)


def test_exact_and_near_copies_stay_together(class_folders, read) -> None:
    folder = class_folders({"cat": 40, "dog": 40})
    for i in range(20):
        image = Image.open(folder / "cat" / f"{i:03d}.png")
        (folder / "cat" / f"{i:03d}-copy.bmp").write_bytes(encoded(image, "BMP"))
        (folder / "cat" / f"{i:03d}-small.jpg").write_bytes(encoded(image.resize((40, 34)), "JPEG", quality=60))
    data = read(train=str(folder))
    where = {one.example: one.split for one in data.assignments}
    for i in range(20):
        assert where[f"cat/{i:03d}.png"] == where[f"cat/{i:03d}-copy.bmp"]
    # The hash may miss one copy in twenty of pictures as small as these.
    assert sum(where[f"cat/{i:03d}.png"] != where[f"cat/{i:03d}-small.jpg"] for i in range(20)) <= 1
    assert not find_crossings({"train": data.train, "test": data.test, "validation": data.validation}, data.near)


def test_copies_of_train_are_left_out_of_a_given_test_and_listed(class_folders, read) -> None:
    train = class_folders({"cat": 30, "dog": 30})
    test = class_folders({"cat": 20, "dog": 20}, "test", first=500)
    (test / "cat" / "leak.png").write_bytes((train / "cat" / "003.png").read_bytes())
    mirrored = Image.open(train / "dog" / "004.png").transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    (test / "dog" / "leak.png").write_bytes(encoded(mirrored))
    data = read(train=str(train), test=str(test))
    assert len(data.test) == 40
    assert len(data.given["test"]) == 42
    assert data.left_out is not None
    assert data.left_out.names == ("cat/leak.png", "dog/leak.png")
    assert data.seal.open("a")["left_out"].tolist() == [0, 1]
    found = {(one.second, one.first, one.kind) for one in find_crossings(data.given, data.near)}
    assert found == {("cat/leak.png", "cat/003.png", "exact"), ("dog/leak.png", "dog/004.png", "mirror")}
    why = {one.example: one.why for one in data.assignments if one.split == "left_out"}
    assert why["cat/leak.png"] == "copy of cat/003.png in train"


def test_a_test_set_that_is_all_leaked_is_kept_and_said(read, tmp_path: Path) -> None:
    rows = sentences(80)
    csv_of(tmp_path / "train.csv", rows)
    csv_of(tmp_path / "test.csv", rows[:30])
    data = read("text-classification", train="train.csv", test="test.csv")
    assert len(data.test) == 30
    assert data.left_out is None
    assert any("too little would remain" in guess for guess in data.guesses)


def test_labels_that_training_does_not_know_are_set_aside(read, tmp_path: Path) -> None:
    csv_of(tmp_path / "train.csv", sentences(60))
    csv_of(tmp_path / "test.csv", [*sentences(20, first=100), (sentence(200), "new")])
    csv_of(tmp_path / "later.csv", [*sentences(10, first=300), (sentence(400), "newer")])
    data = read("text-classification", train="train.csv", test="test.csv", shift={"later": "later.csv"})
    assert [(one.split, one.example, one.kind) for one in data.unreadable] == [
        ("test", "20", "class_not_in_training"), ("later", "10", "class_not_in_training"),
    ]  # fmt: skip
    assert set(data.shift["later"].labels.tolist()) == {-1}
    assert len(data.seal.open("a")["later"]) == 10


def test_groups_named_in_the_study_stay_together(read, tmp_path: Path) -> None:
    rows = [(sentence(i), f"c{i % 2}", f"author{i % 15}") for i in range(150)]
    csv_of(tmp_path / "a.csv", rows, "text,label,author")
    unnamed = read("text-classification", train="a.csv")
    assert any("'author' looks like a group" in guess for guess in unnamed.guesses)
    data = read("text-classification", train="a.csv", columns={"group": "author"})
    groups = [set(part.groups or ()) for part in (data.train, data.validation, data.test)]
    assert all(groups)
    assert len(groups[0] | groups[1] | groups[2]) == sum(map(len, groups))


def test_the_order_of_rows_changes_neither_splits_nor_digest(read, tmp_path: Path) -> None:
    rows = sentences(100)
    csv_of(tmp_path / "a.csv", rows)
    one = read("text-classification", train="a.csv")
    csv_of(tmp_path / "a.csv", rows[::-1])
    other = read("text-classification", train="a.csv")
    assert sorted(one.test.digests) == sorted(other.test.digests)
    assert (one.digest, one.seal.digest) == (other.digest, other.seal.digest)
    csv_of(tmp_path / "a.csv", [(rows[0][0], "c1"), *rows[1:]])
    assert read("text-classification", train="a.csv").digest != one.digest


def test_parquet_with_pictures_inside_and_json_lines_read_alike(read, tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as parquet

    cells = [{"bytes": encoded(picture(i)), "path": None} for i in range(24)] + [{"bytes": b"broken", "path": None}]
    labels = [f"c{i % 2}" for i in range(25)]
    parquet.write_table(pa.table({"image": cells, "label": labels}), tmp_path / "a.parquet", row_group_size=7)
    data = read(train="a.parquet")
    assert [(one.example, one.kind) for one in data.unreadable] == [("24", "corrupt")]
    row = int(data.train.names[0])
    assert np.array_equal(np.asarray(data.train.inputs[0]), np.asarray(picture(row)))
    lines = [json.dumps({"sentence": sentence(i), "target": i % 2}) for i in range(40)]
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    assert read("text-classification", train="a.jsonl").classes == ("0", "1")


def test_a_saved_dataset_of_several_splits_fills_them_by_itself(read, tmp_path: Path) -> None:
    import pyarrow as pa

    info = {"info": {"features": {"label": {"names": ["no", "yes"], "_type": "ClassLabel"}}}}
    for split, first, n in (("train", 0, 40), ("test", 100, 20)):
        folder = tmp_path / "saved" / split
        folder.mkdir(parents=True)
        table = pa.table({"text": [sentence(first + i) for i in range(n)], "label": [i % 2 for i in range(n)]})
        table = table.replace_schema_metadata({"huggingface": json.dumps(info)})
        with (
            pa.OSFile(str(folder / "data-00000-of-00001.arrow"), "wb") as file,
            pa.ipc.new_stream(file, table.schema) as out,
        ):
            out.write_table(table)
        (folder / "state.json").write_text(json.dumps({"_data_files": [{"filename": "data-00000-of-00001.arrow"}]}))
    (tmp_path / "saved" / "dataset_dict.json").write_text(json.dumps({"splits": ["train", "test"]}))
    data = read("text-classification", train="saved")
    assert data.classes == ("no", "yes")
    assert (len(data.test), data.made_here) == (20, {"validation"})


@pytest.mark.parametrize(
    ("rows", "header", "words"),
    [
        ([("a b c", "x"), ("d e f", "x")], "text,label", "only one class"),
        ([("a b c", ""), ("d e f", "")], "text,label", "no labelled example"),
        ([(sentence(i), str(i)) for i in range(9)], "text,label", "fewer than two are seen twice"),
        ([(sentence(i), "c") for i in range(9)], "words,label", "no column looks like the input"),
        ([("", "c"), ("", "d")], "text,label", "none of the 2 examples"),
        ([], "text,label", "no example in train"),
        ([(sentence(i), f"c{i % 2}") for i in range(4)], "text,label", "leave none for validation"),
        ([(sentence(1), f"c{i % 2}") for i in range(40)], "text,label", "as only 1 of them differ"),
    ],
)
def test_what_cannot_be_a_task_is_one_clear_line(read, tmp_path: Path, rows, header: str, words: str) -> None:
    csv_of(tmp_path / "a.csv", rows, header)
    with pytest.raises(DatasetError, match=words) as caught:
        read("text-classification", train="a.csv")
    assert "\n" not in str(caught.value)


def test_every_missing_column_is_named_at_once(read, tmp_path: Path) -> None:
    csv_of(tmp_path / "a.csv", sentences(10))
    with pytest.raises(DatasetError) as caught:
        read("text-classification", train="a.csv", columns={"group": "author", "time": "when"})
    assert len(caught.value.faults) == 2
    with pytest.raises(DatasetError, match="to slice by"):
        read("text-classification", train="a.csv", slices=["camera"])


def test_folders_named_like_splits_are_no_classes(class_folders, read, tmp_path: Path) -> None:
    class_folders({"cat": 3, "dog": 3}, "d/train")
    class_folders({"cat": 3, "dog": 3}, "d/test")
    with pytest.raises(DatasetError, match="are splits"):
        read(train=str(tmp_path / "d"))


def test_unlabelled_data_need_no_labels(class_folders, read, tmp_path: Path) -> None:
    (tmp_path / "incoming").mkdir()
    for i in range(5):
        (tmp_path / "incoming" / f"{i}.png").write_bytes(encoded(picture(900 + i)))
    data = read(train=str(class_folders({"cat": 20, "dog": 20})), unlabelled="incoming")
    assert data.unlabelled is not None
    assert len(data.unlabelled) == 5


def test_a_table_becomes_rows(read, tmp_path: Path) -> None:
    csv_of(tmp_path / "a.csv", [(str(i), f"s{i % 4}", f"c{i % 2}") for i in range(40)], "age,site,label")
    data = read("tabular-classification", train="a.csv")
    assert set(data.train.inputs[0]) == {"age", "site"}
    assert isinstance(data.train.inputs[0]["age"], float)


def test_a_class_that_appears_after_training_ends_is_set_aside(read, tmp_path: Path) -> None:
    rows = [
        (sentence(i), f"c{i % 2}" if i < 190 else "late", f"2020-01-01 {i // 60:02d}:{i % 60:02d}") for i in range(200)
    ]
    csv_of(tmp_path / "a.csv", rows, "text,label,when")
    data = read("text-classification", train="a.csv", columns={"time": "when"})
    assert data.classes == ("c0", "c1")
    assert Counter(one.kind for one in data.unreadable) == {"class_not_in_training": 10}
    assert data.train.times is not None
    assert data.test.times is not None
    assert data.train.times.max() < data.test.times.min()
    assert set(data.seal.open("a")["test"].tolist()) == {0, 1}
