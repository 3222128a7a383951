from __future__ import annotations

import dataclasses

from tests.report import told_runs
from tests.report.hostile_runs import PAYLOADS
from tests.report.page_reading import Page
from touchstone.report import gallery as g
from touchstone.report.gallery_file import from_json, to_json
from touchstone.report.html import render
from touchstone.report.pointed import MOST_PICTURE_BYTES, parts


def pair(check: str, i: int, picture: bytes | None = None, text: str | None = None) -> g.Pointed:
    first, second = (
        g.Looked(f"{name}{i}.png", split, "rose", picture, text) for name, split in (("a", "train"), ("b", "test"))
    )
    return g.Pointed(check, "near copy, likeness 0.97", first, second)


def page(pointed: list[g.Pointed]) -> str:
    run = told_runs.ship()
    return render(run.evidence, dataclasses.replace(run.gallery, pointed=pointed), run.study)


def test_pairs_stand_side_by_side_and_every_check_has_its_part() -> None:
    found = [pair("data.leakage", i, told_runs.thumbnail(i)) for i in range(3)]
    found += [
        g.Pointed("data.label_noise", "labelled cat, looks like dog", g.Looked("7", "train", "cat", None, "woof"))
    ]
    found += [g.Pointed("moved", "from test to train: a copy of it", g.Looked("9", "test", "cat", None, "miaow"))]
    text = page(found)
    read = Page(text)
    assert read.faults == []
    for title in (
        "Look for yourself",
        "Copies on both sides of a split",
        "Labels that look wrong",
        "Examples that the repaired split moves",
    ):
        assert title in read.text
    first = parts(g.Gallery(pointed=found))[0]
    assert [len(item.sides) for item in first.items] == [2, 2, 2]
    assert "test: b0.png" in read.text and "woof" in read.text


def test_without_anything_to_show_there_is_no_section() -> None:
    assert "Look for yourself" not in page([])


def test_nothing_hostile_gets_through() -> None:
    found = [
        g.Pointed("data.leakage", payload, g.Looked(payload, payload, payload, b"<svg onload=alert(1)>", payload))
        for payload in PAYLOADS
    ]
    read = Page(page(found))
    assert read.faults == []
    assert all(address.startswith(("#", "data:image/")) for address in read.addresses)


def test_pictures_stop_where_the_page_would_grow_too_large() -> None:
    heavy = told_runs.thumbnail(1) + b"\0" * (MOST_PICTURE_BYTES // 5)
    (part,) = parts(g.Gallery(pointed=[pair("data.duplicates", i, heavy) for i in range(8)]))
    shown = [bool(item.sides[0].picture) for item in part.items]
    assert shown == [True, True] + [False] * 6


def test_reads_back_from_its_file() -> None:
    gallery = g.Gallery(pointed=(pair("data.leakage", 1, told_runs.thumbnail(1), "text"),))
    assert from_json(to_json(gallery)) == gallery
