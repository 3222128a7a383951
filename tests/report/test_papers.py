from __future__ import annotations

from typing import Any

from touchstone.report import html, model_card
from touchstone.report.gallery import Gallery
from touchstone.report.papers import told
from touchstone.report.reading import Reading


def run(training_data: str | None, limits: str | None, chosen: str | None = None) -> tuple[dict[str, Any], Any, Any]:
    findings = [
        {"check": "supply.documentation", "subject": base, "status": "pass", "severity": "minor", "statement": "Told.",
         "details": {"training_data": training_data, "limits": limits}}
        for base in ("models/a", "models/b")
    ]  # fmt: skip
    evidence: dict[str, Any] = {"study": {"name": "s"}, "verdict": "hold", "reasons": [], "findings": findings}
    evidence |= {"comparison": [], "bases": [], "chosen": {"candidate": "x", "base": chosen} if chosen else None}
    return evidence, Gallery(), {"task": "image-classification"}


def test_the_chosen_base_is_quoted_alone() -> None:
    assert [one.base for one in told(Reading(*run("birds", "night")))] == ["models/a", "models/b"]
    assert [one.base for one in told(Reading(*run("birds", "night", chosen="models/b")))] == ["models/b"]


def test_report_and_card_show_training_data_and_limits() -> None:
    parts = run("3,000 photographs of birds", "<img src=x onerror=alert(1)>", chosen="models/b")
    page, card = html.render(*parts), model_card.render(*parts)
    assert "3,000 photographs of birds" in page and "3,000 photographs of birds" in card
    assert "<img src=x" not in page and "<img src=x" not in card


def test_what_is_not_told_is_said() -> None:
    assert "not told" in html.render(*run(None, None, chosen="models/b"))
