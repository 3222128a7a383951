from __future__ import annotations

from pathlib import Path

import pytest

from tests.checks.supply.papers_desk import NOWHERE, one
from tests.supply.small_models import CARD, known_text, vetted, write_model
from tests.supply.test_card import TEMPLATE
from touchstone.checks.supply.documentation import Documentation
from touchstone.core.finding import Severity, Status

SEVERITIES = [
    ("research", Severity.MINOR),
    ("internal", Severity.MINOR),
    ("commercial", Severity.MAJOR),
    ("redistribution", Severity.MAJOR),
]


@pytest.mark.parametrize(("use", "severity"), SEVERITIES)
@pytest.mark.parametrize(
    "card", [None, "", TEMPLATE, "# A model\n\nIt is good.", "## Limitations\n\nIt fails in the dark of night."]
)
def test_trips_on_an_empty_or_missing_card(tmp_path: Path, card: str | None, use: str, severity: Severity) -> None:
    found = one(Documentation(), vetted(write_model(tmp_path / "m", card=card), tmp_path / "home"), use)
    assert (found.status, found.severity) == (Status.FAIL, severity)


@pytest.mark.parametrize(("use", "severity"), SEVERITIES)
def test_stays_silent_on_a_card_that_tells_both(tmp_path: Path, use: str, severity: Severity) -> None:
    found = one(Documentation(), vetted(write_model(tmp_path / "m", card=CARD), tmp_path / "home"), use)
    assert (found.status, found.severity) == (Status.PASS, Severity.MINOR)
    assert found.details["training_data"].startswith("Trained on 3,000")
    assert found.details["verified"] == ["library_name"]


def test_is_inconclusive_where_the_files_contradict_the_card(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m", card=CARD, license=known_text("MIT"))
    found = one(Documentation(), vetted(folder, tmp_path / "home"))
    assert found.status is Status.INCONCLUSIVE
    assert "licence text is MIT" in found.statement


def test_says_when_nothing_was_there() -> None:
    assert one(Documentation(), NOWHERE).status is Status.INCONCLUSIVE
