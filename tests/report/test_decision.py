"""The decision record: options, decision, reasons, and what was accepted with it."""

from __future__ import annotations

import re

import pytest
from markdown_it import MarkdownIt

from tests.report import told_runs
from tests.report.hostile_runs import PAYLOADS, hostile
from tests.report.told_runs import ToldRun
from touchstone.report.decision import render
from touchstone.report.gallery import Gallery


def text_of(run: ToldRun) -> str:
    return render(run.evidence, run.gallery, run.study)


def section(text: str, title: str) -> str:
    return text.split(f"## {title}\n")[1].split("\n## ")[0]


def test_names_status_date_deciders_and_context() -> None:
    text = text_of(told_runs.hold())
    assert text.startswith("# Hold: blood-cells\n")
    assert "- Status: proposed, held back" in text
    assert "- Date: 2026-03-14" in text
    assert "haematology lab (owner)" in text
    assert "macro F1 at least 0.75" in section(text, "Context")


def test_every_candidate_is_an_option_and_the_chosen_one_is_marked() -> None:
    options = section(text_of(told_runs.hold()), "Options")
    assert "| full **(chosen)** | models/resnet18 | 0.672 | 0.582 to 0.762 |" in options
    assert options.count("\n|") == 2 + 5


def test_reasons_carry_the_ids_of_the_checks_that_decided() -> None:
    run = told_runs.hold()
    reasons = section(text_of(run), "Reasons")
    assert all(f"- {check} (" in reasons for check in run.evidence["reasons"])


def test_open_questions_of_weight_that_do_not_hold_are_risks_carried_openly() -> None:
    risks = section(text_of(told_runs.hold()), "Risks carried openly")
    assert "adapt.stability: three seeds spread over 5.1 points" in risks
    assert "evaluate.requirements" not in risks
    assert "Not measured by this version: supply.backdoor" in risks


def test_a_waiver_and_a_licence_s_obligations_are_written_down() -> None:
    run = told_runs.hold()
    run.evidence["findings"][5]["details"]["waiver"] = {"reason": "pilot", "to": "2026-06-30"}
    run.evidence["findings"].append(
        told_runs.finding("supply.license", "models/resnet18", "pass", "allowed", obligations=["name the authors"])
    )
    text = text_of(run)
    assert "Waived until 2026-06-30: pilot." in section(text, "Waivers")
    assert "name the authors" in section(text, "Obligations from licences")


def test_what_is_not_known_is_said_and_not_invented() -> None:
    text = render(told_runs.reject().evidence, Gallery(), {})
    assert "- Date: not recorded" in text
    assert "No candidate was compared: the run stopped before." in text
    assert "No threshold was fixed in the study." in text


def test_equal_runs_give_equal_bytes() -> None:
    assert text_of(told_runs.ship()) == text_of(told_runs.ship())


@pytest.mark.parametrize("steer", [False, True])
def test_no_string_becomes_markup(steer: bool) -> None:
    text = text_of(hostile(steer=steer))
    page = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
    assert set(re.findall(r"<(\w+)", page)) <= {
        "h1",
        "h2",
        "p",
        "ul",
        "li",
        "strong",
        "code",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
    }
    text.encode()


def test_each_payload_stays_one_line_of_plain_text() -> None:
    run = told_runs.reject()
    lines = len(text_of(run).splitlines())
    for payload in PAYLOADS:
        run.study["intended_use"]["owner"] = run.evidence["findings"][0]["statement"] = payload
        assert len(text_of(run).splitlines()) in (lines, lines + 1)
