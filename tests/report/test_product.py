"""The product owner's page: plain words, coloured by the worst, and nothing from outside can break it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from touchstone.report.product import as_html, as_markdown, told

HOSTILE = "<script>alert(1)</script> [x](javascript:y) \u202e\x1b[2J"


def plain(**more: Any) -> dict[str, Any]:
    signed = {"who": "eve", "role": "reviewer", "decision": "approve", "on": "2026-05-01", "until": "2026-10-01", "stands": "",
              "reason": "read it", "break_glass": False}  # fmt: skip
    base = {"name": "models/base", "publisher": "acme", "license": "MIT", "looked_at": "2026-05-01", "steps": 1}
    run = {"name": "waste", "verdict": "ship", "on": "2026-05-01", "signed": [signed], "waived": []}
    found: dict[str, Any] = {
        "product": {"name": "shop", "state": "active", "until": ""}, "on": "2026-05-04", "owner": "dora", "criticality": 4, "users": 1000,
        "deployments": [{"where": "production", "since": "2026-05-02"}],
        "models": [{"name": "waste", "runs": [run], "made_from": [base]}], "due": [], "advisories": [], "substitutes": [],
        "history": [{"on": "2026-05-02", "who": "ann", "role": "steward", "did": "register"}], "log": {"event": 12, "hash": "ab" * 32},
    }  # fmt: skip
    return found | more


ADVISORY = {"name": "TS-1", "severity": "blocker", "statement": "a trigger was found", "mitigation": "use another base", "due": "2026-05-11",
            "answer": "affected", "answered": None, "settled": False}  # fmt: skip
LATE = {"day": "2026-05-01", "what": "licence of base is 180 days old", "do": "touchstone vet base", "overdue": True}


def test_what_is_in_order_says_who_signed_and_until_when() -> None:
    page = told(plain())
    assert (page.verdict, page.word) == ("ship", "In order")
    text = as_markdown(plain())
    for said in ("eve (reviewer) approved on 2026-05-01, until 2026-10-01. Because: read it", "published by acme, licence MIT",
                 "Owner: dora", "production since 2026-05-02", "4 of 5: many people are hit"):  # fmt: skip
        assert said in text


@pytest.mark.parametrize(
    ("more", "verdict", "said"),
    [
        ({"due": [LATE]}, "hold", "Licence of base is 180 days old and should have been looked at by 2026-05-01."),
        ({"advisories": [ADVISORY]}, "hold", "The advisory TS-1 waits for an answer until 2026-05-11."),
        (
            {"product": {"name": "shop", "state": "suspended", "until": ""}, "advisories": [ADVISORY]},
            "reject",
            "The advisory TS-1",
        ),
        ({"product": {"name": "shop", "state": "retired", "until": "2026-05-03"}}, "hold", "It ended on 2026-05-03."),
    ],
)
def test_what_is_wrong_stands_first(more: dict[str, Any], verdict: str, said: str) -> None:
    page = told(plain(**more))
    assert page.verdict == verdict
    assert page.headline.startswith(said)


def test_an_approval_that_ran_out_is_no_approval() -> None:
    found = plain()
    found["models"][0]["runs"][0]["signed"][0]["stands"] = "has run out"
    assert told(found).verdict == "hold"
    assert "until 2026-10-01. It has run out." in as_markdown(found)


def test_the_page_is_complete_in_itself_and_hostile_strings_are_only_text() -> None:
    advisory = {**ADVISORY, "statement": HOSTILE, "name": HOSTILE}
    found = plain(
        product={"name": HOSTILE, "state": "active", "until": HOSTILE},
        owner=HOSTILE,
        advisories=[advisory],
        substitutes=[HOSTILE],
    )
    html, text = as_html(found), as_markdown(found)
    for page in (html, text):
        assert "<script" not in page
        assert "\x1b" not in page
        assert "\u202e" not in page
    assert not re.search(r"(?:src|href)=", html)
    assert "](javascript:" not in text


def test_equal_facts_give_equal_bytes() -> None:
    assert as_html(plain()) == as_html(plain())


def test_an_approval_does_not_count_while_something_is_overdue() -> None:
    assert "It does not count while something is overdue." in as_markdown(plain(due=[LATE]))
    assert "does not count" not in as_markdown(plain())
