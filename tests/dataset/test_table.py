from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from touchstone.core.errors import DatasetError
from touchstone.dataset.table import cell_text, read_table


def test_reads_csv_with_quotes_line_breaks_and_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes('\ufefftext,label\n"a, ""b""\nc",x\n,y\n'.encode())
    table = read_table(path)
    assert table.names == ("text", "label")
    assert table.columns["text"] == ['a, "b"\nc', None]


@pytest.mark.parametrize(("name", "mark"), [("a.csv", ";"), ("a.tsv", "\t"), ("a.csv", "\t"), ("a.tsv.gz", "\t")])
def test_finds_the_delimiter(tmp_path: Path, name: str, mark: str) -> None:
    data = f"text{mark}label\nhello, you{mark}x\n".encode()
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    assert read_table(tmp_path / name).columns["text"] == ["hello, you"]


def test_rows_of_another_width_are_set_aside_and_keep_their_number(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,label\na,x\nb,y,z\nc\nd,x\n")
    table = read_table(path)
    assert sorted(table.faults) == [1, 2]
    assert table.n_rows == 4


def test_a_text_of_a_megabyte_in_a_cell_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,label\n" + "x" * 2_000_000 + ",y\n")
    assert len(read_table(path).columns["text"][0]) == 2_000_000


def test_another_encoding_is_read_and_said(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("text,label\ncafé,x\n".encode("cp1252"))
    table = read_table(path)
    assert table.columns["text"] == ["café"]
    assert "Windows-1252" in table.notes[0]


def test_json_lines_keep_broken_lines_as_faults(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"text": "a", "label": 1}) + "\n{broken\n[1]\n" + json.dumps({"text": "b"}) + "\n")
    table = read_table(path)
    assert sorted(table.faults) == [1, 2]
    assert table.columns["label"] == [1, None, None, None]


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.csv", b"", "empty"),
        ("a.csv", b"a,a\n1,2\n", "two columns"),
        ("a.csv.gz", b"not gzip", "cannot be read"),
        ("a.csv.gz", gzip.compress(b"a,b\n" * 100, mtime=0)[:20], "cannot be read"),
        ("a.json", b"[1,", "not JSON"),
        ("a.parquet", b"PAR1", "not Parquet"),
        ("a.arrow", b"nothing", "not Arrow"),
        ("a.docx", b"", "not a table"),
    ],
)
def test_what_is_no_table_is_one_clear_line(tmp_path: Path, name: str, data: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(DatasetError, match=words) as caught:
        read_table(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_cells_read_as_people_write_them() -> None:
    cells = [1.0, 2.5, True, None, float("nan"), "x", 3]
    assert [cell_text(cell) for cell in cells] == ["1", "2.5", "true", None, None, "x", "3"]
