"""Waivers and obligations as sentences."""

from __future__ import annotations

from touchstone.report import carried


def test_a_waiver_is_a_sentence_that_names_who_until_when_and_why() -> None:
    waiver = {"by": "Maria", "role": "risk", "requested_by": "Jan", "reason": "my own plant", "control": "a guard looks on",
              "from": "2026-11-21", "until": "2026-12-24", "renewal": 1, "self_signed": False}  # fmt: skip
    assert carried.told(waiver) == (
        "Waived by Maria (risk) until 2026-12-24: my own plant. Asked for by Jan. Meanwhile: a guard looks on. Renewed once."
    )
    assert carried.told("by word of mouth") == "By word of mouth."
    assert carried.told({}) == ""


def test_an_obligation_names_its_licence_what_it_asks_and_how_to_meet_it() -> None:
    told = {"licence": "Apache-2.0", "code": "text", "section": "4(a)", "text": "give a copy", "meet": "ship LICENSE"}
    assert carried.obligation(told) == "Apache-2.0, section 4(a): give a copy. To meet it: ship LICENSE."
    assert carried.obligation("name the authors") == "name the authors"
