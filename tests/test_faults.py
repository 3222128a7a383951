"""The benchmark of planted faults: its families are whole, and grading counts what the checks say."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks.faults import asking
from benchmarks.faults.__main__ import PAGE
from benchmarks.faults.asking import Asking
from benchmarks.faults.counts import Counted, keep, kept
from benchmarks.faults.family import STRENGTHS, Family, families
from benchmarks.faults.grading import Grade, grade
from benchmarks.faults.page import page

from touchstone.core import catalogue

EVERY = families()


@pytest.mark.parametrize("name", EVERY)
def test_a_family_is_whole(name: str) -> None:
    family = EVERY[name]
    assert family.check in catalogue.rows()
    assert tuple(family.plants) == tuple(family.says) == STRENGTHS
    assert family.hard
    assert set(family.about) <= set(family.kinds)


def test_kinds_of_one_study_differ_in_what_they_are_about() -> None:
    for family in EVERY.values():
        asked = [(asking.name_of(plant), family.about.get(kind)) for kind, plant in family.kinds.items()]
        assert len(set(asked)) == len(asked)


def test_grading_tells_planted_from_clean(tmp_path: Path) -> None:
    family = EVERY["two_labels"]
    found = grade("two_labels", family, 2, Asking(tmp_path))
    assert [(one.kind, one.failed) for one in found[:4]] == [("weak", 2), ("medium", 2), ("strong", 2), ("clean", 0)]
    assert found[3].ends[1] > 0.8  # two studies prove little, and the interval says so
    text = page({"two_labels": Counted("abc1234", tuple(found))}, {"two_labels": family})
    assert (
        "| `data.duplicates` | one text with two labels, weak: 1 of 500 | 2 of 2 | 16% to 100% | 0 | abc1234 |" in text
    )


def test_counts_are_kept_family_by_family(tmp_path: Path) -> None:
    one, two = (
        Counted(version, (Grade(name, EVERY[name].check, "weak", True, 1, 0, 2, 1.5),))
        for name, version in (("two_labels", "abc1234"), ("undocumented", "def5678+"))
    )
    for name, counted in (("undocumented", two), ("two_labels", one)):
        keep(name, counted, tmp_path)
    assert list(kept(list(EVERY), tmp_path).values()) == [one, two]


def test_the_page_tells_the_counts_that_are_kept() -> None:
    """Whoever adds a family or counts one again writes the page too."""
    assert PAGE.read_text(encoding="utf-8") == page(kept(list(EVERY)), EVERY)


def test_a_study_is_asked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    family = EVERY["undocumented"]
    assert Asking(tmp_path, seconds=0).said(family.verb, family.check, family.plants["strong"], 0) is None
    said = Asking(tmp_path).said(family.verb, family.check, family.plants["strong"], 0)
    assert said is not None
    assert {f["status"] for f in said.findings if f["check"] == family.check} == {"fail"}
    monkeypatch.setattr(asking, "_ask", lambda *_: pytest.fail("asked again"))
    assert Asking(tmp_path).said(family.verb, family.check, family.plants["strong"], 0) == said
    assert [(one.kind, one.n) for one in grade("undocumented", family, 2, Asking(tmp_path, seconds=0))] == [
        ("strong", 1)
    ]


def test_findings_of_other_code_are_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    family = EVERY["undocumented"]
    Asking(tmp_path).said(family.verb, family.check, family.clean, 0)
    monkeypatch.setattr(asking, "code", lambda: "sha256:other")
    Asking(tmp_path).said(family.verb, family.check, family.clean, 0)
    assert len(list(tmp_path.iterdir())) == 2


def test_only_what_a_kind_is_about_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    about = {"weak": "fair@", "medium": "hot@", "strong": "accuracy"}
    findings = [
        {"check": "adapt.learning_rate", "subject": "fair@base", "status": "pass", "details": {}},
        {"check": "adapt.learning_rate", "subject": "hot@base", "status": "inconclusive", "details": {}},
        {
            "check": "adapt.learning_rate",
            "subject": "last-layer@base",
            "status": "fail",
            "details": {"metric": "accuracy"},
        },
        {"check": "adapt.stability", "subject": "fair@base", "status": "fail", "details": {}},
    ]
    monkeypatch.setattr(asking, "_ask", lambda *_: findings)
    shared = EVERY["undocumented"].clean
    family = Family("adapt.learning_rate", "", dict.fromkeys(STRENGTHS, shared), {}, shared, about=about, verb="vet")
    found = [(one.failed, one.doubtful) for one in grade("one", family, 1, Asking(tmp_path))]
    assert found == [(0, 0), (0, 1), (1, 0), (1, 0)]
