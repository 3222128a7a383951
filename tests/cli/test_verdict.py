"""The page that ends a verb: what failed, what is in doubt, each thing said once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from touchstone.cli.status import Exit
from touchstone.cli.verdict import show


def finding(
    check: str, status: str, severity: str = "major", statement: str = "Not measured: no base."
) -> dict[str, Any]:
    return {
        "check": check, "subject": "run", "status": status, "severity": severity, "statement": statement, "remedy": "mend it",
    }  # fmt: skip


def page(capsys: pytest.CaptureFixture[str], *findings: dict[str, Any]) -> tuple[Exit, str]:
    evidence = {
        "verdict": "hold", "reasons": ["adapt.stability"], "bases": [], "comparison": [], "chosen": None,
        "findings": list(findings),
    }  # fmt: skip
    status = show(evidence, as_json=False, text="", folder=Path("nowhere"))
    return status, " ".join(capsys.readouterr().out.split())


def test_checks_that_say_the_same_are_named_together_and_it_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    status, text = page(
        capsys,
        finding("adapt.stability", "inconclusive"),
        finding("adapt.forgetting", "inconclusive"),
        finding("compare.scratch", "inconclusive", severity="blocker"),
        finding("data.size", "fail", statement="Too few."),
    )
    assert status == Exit.HOLD
    assert "adapt.stability run and, for the same reason, adapt.forgetting" in text
    assert text.count("Not measured: no base.") == 2
    assert text.index("data.size") < text.index("compare.scratch") < text.index("adapt.stability")


def test_what_a_label_says_is_shown_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    _, text = page(capsys, finding("data.size", "fail", statement="class \x1b[31m[red]x[/red] is rare"))
    assert "[red]x[/red] is rare" in text
    assert "\x1b[31m" not in text
