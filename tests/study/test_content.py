"""What a column holds is told by its cells, whatever it is called."""

from __future__ import annotations

from pathlib import Path

import pytest

from touchstone.study.content import holds_pictures, holds_prose, telling_column
from touchstone.study.draft import look
from touchstone.study.model import Columns
from touchstone.study.paths import study_of_paths

PROSE = [f"the {w} arrived late and nobody said why" for w in ("train", "plane", "parcel", "letter", "bus", "guest")]
KOREAN = [
    "오늘은날씨가정말좋아서산책을했다", "기차가늦어서회의에못갔다고말했다", "저녁에친구와영화를보러갔었다",
    "새로산책이생각보다재미있었다", "아침부터비가내려서길이막혔다",
]  # fmt: skip
OTHERS = {
    "numbers": ["1.5", "2", "3e4", "-7", "0"], "dates": [f"Mon Aug {d} 2015 10:00" for d in range(1, 8)],
    "names": ["Ann Lee", "Bob Ray", "Eve Fox", "Dan Poe", "Kim Oh"], "codes": [f"A{i}-33 B{i} 7{i}" for i in range(9)],
    "categories": ["Grand Theft in the 3rd Degree", "Driving While License Revoked"] * 20, "empty": [""] * 9,
}  # fmt: skip


@pytest.mark.parametrize("name", ["Tuit", "review", "body", "Beschreibung", "q"])
@pytest.mark.parametrize("mark", [",", ";", "|", "\t"])
def test_a_text_under_any_name_is_a_text(name: str, mark: str, tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    rows = [mark.join((str(i), text, "ab"[i % 2])) for i, text in enumerate(PROSE * 3)]
    rows = [row.replace("late", f"late {i}") for i, row in enumerate(rows)]
    table.write_text("\n".join([mark.join(("nr", name, "label")), *rows]))
    study = study_of_paths([table])
    assert (study.task, study.data.columns.input) == ("text-classification", name)


def test_a_named_column_of_words_is_a_text_and_one_of_numbers_is_not(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("x,word,label\n" + "".join(f"{i},{['yes', 'no'][i % 2]},{i % 2}\n" for i in range(20)))
    assert look(table, Columns(input="word")).task == "text-classification"
    assert look(table, Columns(input="x")).task == "tabular-classification"
    assert look(table).task == "tabular-classification"


def test_prose_is_told_from_what_is_none() -> None:
    assert holds_prose(PROSE)
    assert holds_prose(KOREAN)
    assert [name for name, cells in OTHERS.items() if holds_prose(cells)] == []


def test_paths_of_pictures_are_told_in_any_column() -> None:
    assert holds_pictures(["a/1.jpg", "b/2.PNG", "c.webp"])
    assert not holds_pictures(["1.txt", "2.jpg"])
    assert telling_column({**OTHERS, "Foto": ["x/1.jpg", "x/2.jpg"]}) == ("image-classification", "Foto")
    assert telling_column(OTHERS) is None


def test_the_label_is_never_the_input(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("x,Frage\n" + "".join(f'{i},"{text} {i}"\n' for i, text in enumerate(PROSE * 2)))
    assert look(table, Columns(label="Frage")).task == "tabular-classification"


def test_parquet_is_looked_into(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as parquet

    parquet.write_table(
        pa.table({"nr": list(range(6)), "Tuit": PROSE, "label": list("ababab")}), tmp_path / "t.parquet"
    )
    seen = look(tmp_path / "t.parquet")
    assert (seen.task, seen.input) == ("text-classification", "Tuit")
