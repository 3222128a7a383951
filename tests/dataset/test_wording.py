from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from touchstone.dataset.wording import MAX_CHARACTERS, digest, fault, normal_form


def test_case_width_and_spacing_do_not_matter() -> None:
    assert digest("Straße  No.1\n") == digest("STRASSE no.１") == digest("strasse\tno.1\u200b")
    assert digest("a") != digest("b")


def test_a_text_without_a_visible_character_is_empty() -> None:
    for text in ("", " \n\t", "\u200b\u200b"):
        found = fault(text)
        assert found is not None
        assert found[0] == "empty"


def test_a_megabyte_of_text_is_too_large_and_a_long_page_is_not() -> None:
    found = fault("a" * (MAX_CHARACTERS + 1))
    assert found is not None
    assert found[0] == "too_large"
    assert fault("word " * 20_000) is None


@given(st.text())
def test_the_normal_form_is_its_own(text: str) -> None:
    assert normal_form(normal_form(text)) == normal_form(text)
