from __future__ import annotations

import json
import textwrap

import pytest

from tests.supply.small_models import known_text
from touchstone.supply.licences import recognition
from touchstone.supply.licences.recognition import INDEX, TEXTS, id_of, index_of, recognise
from touchstone.supply.licences.table import table

IDS = sorted(path.stem for path in TEXTS.glob("*.txt"))


@pytest.mark.parametrize("name", IDS)
def test_every_known_text_is_recognised_and_in_the_table(name: str) -> None:
    found = recognise(known_text(name))
    assert (found.id, found.is_same) == (id_of(name), True)
    assert id_of(name) in table().licences


def test_the_index_is_that_of_the_texts() -> None:
    assert json.loads(INDEX.read_text()) == index_of(TEXTS), "run: python scripts/write_licence_index.py"


def test_no_two_texts_have_the_same_words() -> None:
    assert len(recognition.exact()) == len(IDS)


@pytest.mark.parametrize("name", ["MIT", "Apache-2.0", "BSD-3-Clause", "CC-BY-4.0"])
def test_holders_layout_case_and_title_do_not_matter(name: str) -> None:
    text = known_text(name)
    dressed = f"The {name} License\n\nCopyright (c) 2024 Ada Lovelace\nAll rights reserved.\n\n" + "\n\n".join(
        textwrap.fill(part.upper(), 60) for part in text.split("\n\n")
    )
    found = recognise(dressed)
    assert (found.id, found.is_same) == (name, True)


def test_the_appendix_may_be_left_out() -> None:
    found = recognise(known_text("Apache-2.0").split("APPENDIX")[0])
    assert (found.id, found.is_same) == ("Apache-2.0", True)


ADDITIONS = (
    "The Software may be used for non-commercial purposes only.",
    "Military use is prohibited.",
    "Commons Clause: the grant does not include the right to sell the Software.",
    "You must obtain permission from the authors before deploying it.",
    "This grant ends for companies with more revenue than one million dollars.",
)


@pytest.mark.parametrize("added", ADDITIONS)
@pytest.mark.parametrize("name", ["MIT", "Apache-2.0", "BSD-3-Clause"])
def test_a_known_text_with_terms_added_is_in_doubt(name: str, added: str) -> None:
    for text in (known_text(name) + "\n" + added, added + "\n" + known_text(name)):
        found = recognise(text)
        assert not found.is_same
        assert found.added


def test_terms_on_the_line_of_the_holder_are_seen() -> None:
    found = recognise("Copyright (c) 2024 Acme. Commercial use prohibited.\n\n" + known_text("MIT"))
    assert not found.is_same


def test_one_word_swapped_inside_is_in_doubt() -> None:
    text = known_text("MIT").replace("without restriction", "for research only")
    found = recognise(text)
    assert (found.id, found.is_same) == ("MIT", False)


def test_half_a_text_is_in_doubt() -> None:
    text = known_text("Apache-2.0")
    assert not recognise(text[: len(text) // 2]).is_same


@pytest.mark.parametrize(
    "text", ["", "All rights reserved.", "word " * 500, "Licensed under the Apache License, Version 2.0", "\x00\u202e"]
)
def test_other_texts_are_not_known(text: str) -> None:
    found = recognise(text)
    assert not found.is_same
    assert found.id is None
