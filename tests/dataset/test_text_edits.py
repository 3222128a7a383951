from __future__ import annotations

import numpy as np
import pytest

from tests.dataset.conftest import sentence
from touchstone.dataset.text_edits import edit_candidates, edits, is_edit, is_slip, list_words, other_numbers

QUESTION = ["where", "has", "my", "second", "new", "card", "gone"]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ("where has my secnod new card goen", True),
        ("where has m ysecond new card gone", True),
        ("where has my seconds new crad gone", True),
        ("new card gone where has my second", True),
        ("where has my card second new gone", False),
        ("where has my second old card gone", False),
        ("where has my second new cash gone", False),
        ("where has my sceond enw crad goen", False),
    ],
)
def test_short_texts_are_edits_only_by_slips_and_order(changed: str, expected: bool) -> None:
    assert is_edit(QUESTION, changed.split()) is expected
    assert is_edit(changed.split(), QUESTION) is expected


def test_numbers_are_no_slips() -> None:
    assert not is_slip("10234", "10243")
    assert not is_edit(["invoice", "number", "10234", "of", "may"], ["invoice", "number", "10243", "of", "may"])


def test_two_words_of_many_are_an_edit_and_three_are_not() -> None:
    words = sentence(1, 18).split()
    assert is_edit(words, [*words[:3], "really", "maybe", *words[5:]])
    assert not is_edit(words, ["well", "really", "maybe", *words[3:]])


def test_candidates_are_the_same_whatever_the_order() -> None:
    texts = [sentence(seed, 8) for seed in range(60)]
    texts += [" ".join(sorted(text.split()[1:])) for text in texts[:20]]
    pairs = {frozenset((texts[a], texts[b])) for a, b in edit_candidates(list_words(texts))}
    turned = texts[::-1]
    assert pairs == {frozenset((turned[a], turned[b])) for a, b in edit_candidates(list_words(turned))}
    assert {frozenset((texts[i], texts[60 + i])) for i in range(20)} <= pairs


def test_texts_of_no_words_have_no_candidates() -> None:
    assert len(edit_candidates(list_words(["", "!!", "one", "two words"]))) == 0
    assert len(edits([], edit_candidates([]))[0]) == 0


def test_short_texts_that_name_other_numbers_are_two_things() -> None:
    assert other_numbers(["room", "12", "is", "cold"], ["room", "14", "is", "cold"])
    assert not other_numbers(["room", "12", "is", "cold"], ["room", "12", "is", "still", "cold", "at", "9"])
    words = sentence(1, 50).split()
    assert not other_numbers(["page", "1", *words], ["page", "2", *words])


def test_texts_that_all_resemble_each_other_are_not_all_compared() -> None:
    rng = np.random.default_rng(1)
    texts = [" ".join(rng.choice(["pay", "card", "bank", "open", "red", "blue"], 9)) for _ in range(2000)]
    pairs = edit_candidates(list_words(texts))
    assert np.bincount(pairs.ravel()).max() <= 80
