"""The page: what it says, that it stands alone, and that nothing in it runs."""

from __future__ import annotations

import copy
import dataclasses
import json
import re

import pytest

from tests.report import told_runs
from tests.report.hostile_runs import PAYLOADS
from tests.report.page_reading import Page
from tests.report.told_runs import ToldRun
from touchstone.report import gallery as g
from touchstone.report.gallery import Gallery
from touchstone.report.gallery_file import from_json, to_json
from touchstone.report.html import render

RUNS = ("ship", "hold", "reject")


@pytest.fixture(scope="module")
def pages(texts: dict[str, str]) -> dict[str, Page]:
    return {name: Page(text) for name, text in texts.items()}


def text_of(run: ToldRun) -> str:
    return render(run.evidence, run.gallery, run.study)


@pytest.mark.parametrize("name", RUNS)
def test_is_well_formed_and_nothing_in_it_runs_or_loads(pages: dict[str, Page], name: str) -> None:
    page = pages[name]
    assert page.faults == []
    assert [
        address
        for address in page.addresses
        if not address.startswith(("#", "data:image/png;base64,", "data:image/jpeg;base64,"))
    ] == []


@pytest.mark.parametrize("name", RUNS)
def test_ids_stand_once_and_every_link_inside_the_page_finds_its_place(pages: dict[str, Page], name: str) -> None:
    page = pages[name]
    assert [id for id, times in page.ids.items() if times > 1] == []
    assert {address[1:] for address in page.addresses if address.startswith("#")} <= set(page.ids)


@pytest.mark.parametrize("name", RUNS)
def test_forbids_everything_but_its_own_styles_and_pictures(texts: dict[str, str], name: str) -> None:
    text = texts[name]
    assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'" in text
    assert text.index("Content-Security-Policy") < text.index("<title>")
    assert len(text) < 3_000_000


def test_equal_runs_give_equal_bytes(texts: dict[str, str]) -> None:
    assert text_of(told_runs.ship()) == texts["ship"]


def test_what_was_given_is_left_as_it_was() -> None:
    run = told_runs.hold()
    evidence, study = copy.deepcopy(run.evidence), copy.deepcopy(run.study)
    text_of(run)
    assert (run.evidence, run.study) == (evidence, study)


def test_the_first_screen_says_how_good_better_than_what_in_doubt_and_what_next(pages: dict[str, Page]) -> None:
    text = pages["ship"].text
    start = text[: text.index("Better than what?")]
    assert "Ship Ready to use." in start
    assert (
        "Of 100 new examples like these it gets about 92 right (likely between 90 and 93), measured on 1,200 sealed test examples"
        in start
    )
    assert "3.7 points of macro F1 better than the frozen base with a linear probe (2.1 to 5.3)" in start
    assert "about 420 more labelled test pictures of that camera would decide" in start
    assert "The model is ready in model/" in start
    assert "self-signed" in start.lower()


def test_a_study_that_is_held_says_what_failed_what_is_open_and_the_common_cause(pages: dict[str, Page]) -> None:
    text = pages["hold"].text
    start = text[: text.index("Better than what?")]
    assert "Hold Not yet. Fine-tuning overwrote useful knowledge" in start
    assert "Still open: whether the study's thresholds are met and who signs for it." in start
    assert "4.6 points of macro F1 worse than the frozen base" in start
    assert "Not better than a simple model without pretraining (−7.2 to +9.6 points of macro F1)" in start
    assert "too many layers were thawed for 240 pictures" in start
    assert "It beats always guessing one class by at least 32 points." in start


def test_an_early_stop_is_told_without_empty_parts(pages: dict[str, Page]) -> None:
    text = pages["reject"].text
    assert "Reject Do not use this. A model file is unsafe or broken." in text
    assert "Not measured: the run stopped before any model was tested." in text
    assert "Use a base that comes as safetensors." in text
    for absent in (
        "Which base model?",
        "Where it goes wrong",
        "How it learned",
        "Was the race fair?",
        "Better than what?",
    ):
        assert absent not in text


def test_findings_come_failed_then_in_doubt_then_passed_the_gravest_first(pages: dict[str, Page]) -> None:
    text = pages["hold"].text[pages["hold"].text.index("Open questions, the most") :]
    places = [text.index(mark) for mark in ("Failed 4", "In doubt 9", "Failed, but of little weight 3", "Passed 4")]
    assert places == sorted(places)
    doubts = text[places[1] : places[2]]
    assert doubts.index("Your own thresholds") < doubts.index("Same result again")


def test_a_failed_finding_of_no_weight_is_not_shown_as_a_failure(pages: dict[str, Page]) -> None:
    assert "Failed 2" not in pages["ship"].text
    assert "Failed, but of little weight 2" in pages["ship"].text


def test_checks_that_exist_in_name_only_are_named_once_as_not_measured(pages: dict[str, Page]) -> None:
    text = pages["ship"].text
    aside = text[text.index("Not measured by this version") :]
    assert "No hidden triggers" in aside[:900]
    assert text.count("No hidden triggers") == 1


def test_a_waiver_stands_on_the_first_screen() -> None:
    run = told_runs.hold()
    run.evidence["findings"][5]["details"]["waiver"] = {"reason": "pilot in one ward", "to": "2026-06-30"}
    text = Page(text_of(run)).text
    assert text.index("Waivers that are in force") < text.index("What was checked")
    assert "pilot in one ward" in text


def test_nothing_but_evidence_is_needed() -> None:
    run = told_runs.ship()
    assert Page(render(run.evidence, Gallery(), {})).faults == []
    empty = {"schema": "touchstone/evidence/1", "study": {"name": "n", "digest": "sha256:0"}, "verdict": "hold", "reasons": [], "findings": [],
             "comparison": [], "bases": [], "chosen": None, "cost": {"seconds": 0, "stages": {}}}  # fmt: skip
    page = Page(render(empty, Gallery(), {}))
    assert page.faults == [] and "No check has spoken." in page.text


def test_stages_that_add_up_to_more_than_the_clock_are_explained() -> None:
    run = told_runs.ship()
    gallery = dataclasses.replace(
        run.gallery, stages=(g.StageCost("references", 600.0), g.StageCost("adaptation", 700.0))
    )
    told = "Trainings stood side by side"
    assert told in Page(render(run.evidence, gallery, run.study)).text
    run.evidence["cost"]["seconds"] = 1300.0
    assert told not in Page(render(run.evidence, gallery, run.study)).text


@pytest.mark.parametrize("part", [field.name for field in dataclasses.fields(Gallery)])
def test_every_part_of_the_gallery_can_be_missing(part: str) -> None:
    run = told_runs.hold()
    default = next(field.default for field in dataclasses.fields(Gallery) if field.name == part)
    bare = {
        "curves": (),
        "reliability": (),
        "learning": (),
        "latency": None,
    }  # drawn parts take time; each is left out once above
    gallery = dataclasses.replace(run.gallery, **{**bare, part: default})
    assert Page(render(run.evidence, gallery, run.study)).faults == []


def test_numbers_without_a_value_or_an_interval_are_shown_as_such() -> None:
    run = told_runs.hold()
    for row in run.evidence["comparison"]:
        row["interval"] = None
    for finding in run.evidence["findings"]:
        finding["value"] = finding["interval"] = finding["n"] = finding["remedy"] = None
    run.evidence["comparison"][0]["value"] = None
    page = Page(text_of(run))
    assert page.faults == [] and "nan" not in re.findall(r"[a-z]+", page.text.lower())


@pytest.mark.parametrize("name", ["hostile", "steered"])
def test_every_string_may_be_an_attack(texts: dict[str, str], pages: dict[str, Page], name: str) -> None:
    text, page = texts[name], pages[name]
    assert page.faults == []
    assert all(
        address.startswith(("#", "data:image/png;base64,", "data:image/jpeg;base64,")) for address in page.addresses
    )
    assert "<script" not in text.lower()
    assert not any(mark in text for mark in ("\u202e", "\x00", "\ud800"))
    assert "{{ 7*7 }}" in page.text
    text.encode("utf-8")


def test_each_payload_is_harmless_as_the_name_of_a_study() -> None:
    run = told_runs.reject()
    for payload in PAYLOADS:
        run.evidence["study"]["name"] = run.study["name"] = payload
        assert Page(text_of(run)).faults == [], payload


def test_a_picture_that_is_no_picture_is_not_shown() -> None:
    run = told_runs.ship()
    mistake = g.Mistake("a.svg", "x", "y", 0.9, b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>")
    text = render(run.evidence, dataclasses.replace(run.gallery, mistakes=[mistake]), run.study)
    assert "<img" not in text and "onload" not in text


def test_ten_thousand_classes_with_endless_names_stay_readable() -> None:
    run = told_runs.ship()
    names = tuple(f"{i}-" + "x" * 1000 for i in range(10_000))
    gallery = Gallery(
        classes=names,
        confused_pairs=[g.ConfusedPair(names[i], names[i + 1], 5, 20) for i in range(200)],
        per_class=[
            g.ClassScore(name, 20, g.Measured(0.5), g.Measured(i / 1e4), g.Measured(None))
            for i, name in enumerate(names)
        ],
        splits=[g.SplitSize("train", 200_000, tuple(range(10_000)))],
    )
    for name in names[:3000]:
        run.evidence["findings"].append(
            told_runs.finding(
                "evaluate.per_class", f"class={name}", "fail", f"{name} is failed", examples=list(names[:30])
            )
        )
    text = render(run.evidence, gallery, run.study)
    page = Page(text)
    assert page.faults == [] and len(text) < 400_000
    assert "9,980 classes with a higher recall are not shown." in page.text
    assert "x" * 900 not in text


def test_pictures_stop_where_the_page_would_grow_too_large() -> None:
    run = told_runs.ship()
    heavy = told_runs.thumbnail(1) + b"\0" * 400_000
    mistakes = [g.Mistake(str(i), "a", "b", 0.9, heavy) for i in range(24)]
    text = render(run.evidence, dataclasses.replace(run.gallery, mistakes=mistakes), run.study)
    assert 2 <= text.count("<img") < 24 and len(text) < 3_000_000


def test_evidence_and_gallery_read_back_from_their_files_give_the_same_page(texts: dict[str, str]) -> None:
    run = told_runs.hold()
    assert render(json.loads(json.dumps(run.evidence)), from_json(to_json(run.gallery)), run.study) == texts["hold"]


def with_recipe_aside() -> told_runs.ToldRun:
    run = told_runs.ship()
    more = [
        told_runs.finding(
            check,
            f"hot100@{run.evidence['chosen']['base']}",
            status,
            said,
            severity="info",
            for_information="not chosen",
        )
        for check, status, said in (
            ("compare.majority", "fail", "The model learnt next to nothing."),
            ("evaluate.calibration", "inconclusive", "Perhaps."),
            ("evaluate.shift", "pass", "It holds."),
        )
    ]
    run.evidence["findings"] = [*run.evidence["findings"], *more]
    return run


def test_what_was_found_about_a_recipe_that_is_not_chosen_is_folded_under_its_name() -> None:
    text = Page(text_of(with_recipe_aside())).text
    assert "Failed, but of little weight 2" in text
    assert "hot100 : 1 failed, 1 in doubt and 1 passed Better than guessing The model learnt next to nothing." in text
    assert text.count("learnt next to nothing") == 1


def test_many_requirements_are_all_there_the_missed_ones_first() -> None:
    run = told_runs.ship()
    for place in range(25):
        status = "fail" if place == 24 else "pass"
        said = f"{'Missed' if status == 'fail' else 'Met'}: number {place} was asked."
        run.evidence["findings"].append(told_runs.finding("evaluate.requirements", "x", status, said))
    text = Page(text_of(run)).text
    asked = text[text.index("What was asked for") :]
    assert all(f"number {place} was asked" in asked for place in range(25))
    assert asked.index("number 24") < asked.index("number 0 ")
    assert "and 15 more, all met" in asked


def test_a_path_may_break_after_a_slash() -> None:
    run = told_runs.ship()
    run.evidence["chosen"]["base"] = "/srv/<b>/base"
    assert "/<wbr>srv/<wbr>&lt;b&gt;/<wbr>base" in text_of(run)


def test_a_failure_under_a_waiver_is_not_counted_among_those_that_decide() -> None:
    text = Page(text_of(told_runs.waived())).text
    assert "Failed, carried under a waiver 1" in text
    assert "Waived by Maria (risk) until 2026-12-24: a pilot." in text
    assert "renewal" not in text
